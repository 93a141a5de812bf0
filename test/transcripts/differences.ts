/** Why the embedded server answers a case otherwise. */
export interface Difference {
  /** `differs`: on purpose. `missing`: not done. */
  readonly verdict: 'differs' | 'missing';
  readonly why: string;
}

const json: Difference = {
  verdict: 'differs',
  why: 'It speaks JSON only. Who asks for nothing else gets 406, in JSON; who accepts JSON, too, gets that, as from resources without the other form.',
};
const cached: Difference = {
  verdict: 'differs',
  why: 'It always behaves as a server with a watch cache, which is how clusters run.',
};
const shapes: Difference = {
  verdict: 'missing',
  why: 'It does not know the fields of built-in kinds below the top: what is sent is stored and given back as it came.',
};

/** By section and title of the case. A case that is not named here must be the same. */
export const differences: Readonly<Record<string, Readonly<Record<string, Difference>>>> = {
  discovery: {
    'the groups': {
      verdict: 'differs',
      why: 'It has `apiVersion` in the document, as it comes from the aggregator of a cluster, which the test server lacks.',
    },
  },
  creation: {
    'a structure that is printed though it is empty': shapes,
    'an unknown field deep inside': shapes,
    'an unknown field in the spec of a Deployment, strictly': shapes,
  },
  'custom-writes': {
    'a rule in CEL that fails': {
      verdict: 'missing',
      why: 'Rules in CEL are not evaluated; schemas are.',
    },
  },
  forms: {
    protobuf: json,
    'protobuf of custom objects': json,
    YAML: json,
    'a failure in protobuf': json,
  },
  watches: { 'in protobuf': json, 'in YAML': json },
  'no-cache': {
    'any version with a limit': cached,
    'in the future': cached,
    'not older than the future': cached,
    'exactly in the future': cached,
    'no bookmarks': cached,
  },
};
