import { type ApiResource, apiVersionOf } from '../../index.ts';
import { type Catalogue, refusal } from '../cache/index.ts';
import { type Answer, jsonAnswer, statusAnswer } from './answer.ts';
import type { ReadTarget } from './target.ts';

/** What can be done with a cached resource. */
const verbs = ['get', 'list', 'watch'];

/** The discovery of what can be read here: what the cluster serves and lets itself be watched, without anything that writes. */
export function discoveryAnswer(catalogue: Catalogue, target: Exclude<ReadTarget, { type: 'objects' }>): Answer {
  const readable = catalogue.resources.filter((resource) => resource.verbs.includes('watch'));
  switch (target.type) {
    case 'versions':
      return jsonAnswer({
        kind: 'APIVersions',
        versions: [...new Set(readable.filter(({ group }) => group === '').map(({ version }) => version))],
        serverAddressByClientCIDRs: [],
      });
    case 'groups': {
      const groups = [...new Set(readable.map(({ group }) => group))].filter((group) => group !== '');
      return jsonAnswer({
        kind: 'APIGroupList',
        apiVersion: 'v1',
        groups: groups.map((group) => groupOf(readable, group)),
      });
    }
    case 'group': {
      if (!readable.some(({ group }) => group === target.group)) return notFound();
      return jsonAnswer({ kind: 'APIGroup', apiVersion: 'v1', ...groupOf(readable, target.group) });
    }
    case 'resources': {
      const resources = readable.filter(({ group, version }) => group === target.group && version === target.version);
      if (resources.length === 0) return notFound();
      return jsonAnswer({
        kind: 'APIResourceList',
        apiVersion: 'v1',
        groupVersion: apiVersionOf(target),
        resources: resources.map(({ resource, singular, namespaced, kind, shortNames, categories }) => ({
          name: resource,
          singularName: singular,
          namespaced,
          kind,
          verbs,
          ...(shortNames.length > 0 && { shortNames }),
          ...(categories.length > 0 && { categories }),
        })),
      });
    }
  }
}

/** The versions of a group: the one that the server prefers comes first. */
function groupOf(resources: readonly ApiResource[], name: string): object {
  const versions = [...new Set(resources.filter(({ group }) => group === name).map(({ version }) => version))];
  const described = versions.map((version) => ({ groupVersion: apiVersionOf({ group: name, version }), version }));
  return { name, versions: described, preferredVersion: described[0] };
}

function notFound(): Answer {
  return statusAnswer(refusal(404, 'NotFound', 'the server could not find the requested resource').status);
}
