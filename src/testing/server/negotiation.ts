import { MetadataOnly, type Representation, WholeObjects } from './representation.ts';
import type { ResourceType } from './resource-type.ts';
import { failure, notAcceptable } from './status.ts';
import { TableRows } from './table.ts';

/** One media type of an `Accept` header. */
interface MediaType {
  readonly type: string;
  readonly parameters: Readonly<Record<string, string>>;
}

const served = ['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf'];
const anyJson = new Set(['application/json', 'application/*', '*/*']);

export function parseAccept(header: string | undefined): MediaType[] {
  const clauses = (header ?? '').split(',').filter((clause) => clause.trim() !== '');
  if (clauses.length === 0) return [{ type: '*/*', parameters: {} }];
  return clauses.map((clause) => {
    const [type = '', ...parameters] = clause.split(';').map((part) => part.trim());
    return { type, parameters: Object.fromEntries(parameters.map((text) => splitOnce(text))) };
  });
}

function splitOnce(text: string): [string, string] {
  const at = text.indexOf('=');
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}

export type Shape = 'object' | 'list' | 'watch';

/** Chooses the first form that the client accepts and the server has; 406 if there is none. */
export function negotiate(
  type: ResourceType,
  accept: string | undefined,
  shape: Shape,
  options: { readonly includeObject: string | null; readonly now: number },
): Representation {
  const wanted = parseAccept(accept);
  let understood = false;
  for (const media of wanted) {
    if (served.includes(media.type)) understood = true;
    if (!anyJson.has(media.type)) continue;
    const { as, g, v } = media.parameters;
    if (as === undefined) return new WholeObjects(type);
    if (g !== 'meta.k8s.io' || (v !== 'v1' && v !== 'v1beta1')) continue;
    if (as === 'Table') return new TableRows(type, options.includeObject ?? 'Metadata', options.now);
    if (as === 'PartialObjectMetadata') {
      if (shape === 'list')
        throw wrongShape(`you requested ${as}, but the requested object is a list (*${goType(type, 'List')})`);
      return new MetadataOnly();
    }
    if (as === 'PartialObjectMetadataList') {
      if (shape === 'object') {
        throw wrongShape(`you requested ${as}, but the requested object is not a list (*${goType(type, '')})`);
      }
      return new MetadataOnly();
    }
  }
  if (understood) throw notAcceptable(served);
  const available = shape === 'object' ? served : [...served, ...streamed];
  const message = `406: Not Acceptable\n\nAvailable representations: ${available.join(', ')}`;
  throw failure(406, 'NotAcceptable', message, {});
}

const streamed = ['application/json;stream=watch', 'application/vnd.kubernetes.protobuf;stream=watch'];

function wrongShape(message: string) {
  return failure(406, 'NotAcceptable', message);
}

/** The name under which messages of a cluster speak of a built-in type. */
function goType(type: ResourceType, suffix: string): string {
  return `${type.group === '' ? 'core' : (type.group.split('.')[0] ?? '')}.${type.kind}${suffix}`;
}
