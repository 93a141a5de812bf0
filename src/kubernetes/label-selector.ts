import { KubeInformerError } from '../runtime/index.ts';
import { integerOf, parseLabelRequirements } from './label-selector-parser.ts';
import { faultOfLabelKey, faultOfLabelValue } from './validation.ts';

/** One term of a label selector. `=` and `==` are `In` with one value, `!=` is `NotIn` with one value. */
export interface LabelRequirement {
  readonly key: string;
  readonly operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist' | 'Gt' | 'Lt';
  /** At least one for `In` and `NotIn`, exactly one integer for `Gt` and `Lt`, none for the others. */
  readonly values: readonly string[];
}

/** The structured form, as it stands in the specs of Services, Deployments and others. */
export interface LabelSelectorObject {
  readonly matchLabels?: Readonly<Record<string, string>> | undefined;
  readonly matchExpressions?:
    | readonly { readonly key: string; readonly operator: string; readonly values?: readonly string[] | undefined }[]
    | undefined;
}

/** Labels of an object; `undefined` is the same as none. */
export type Labels = Readonly<Record<string, string>> | undefined;

/** A label selector, parsed. All its terms must hold. Made by `parseLabelSelector` and `toLabelSelector`. */
export interface LabelSelector {
  /** In canonical order, without duplicates. */
  readonly requirements: readonly LabelRequirement[];
  /** `true` if it selects everything. */
  readonly isEmpty: boolean;
  matches(labels: Labels): boolean;
  /** The canonical text: selectors that differ only in order, blanks or spelling of operators print the same. */
  toString(): string;
}

/**
 * Reads a label selector in the syntax of the API: `app=web,tier in (front,back),!legacy,generation>3`.
 *
 * @throws KubeInformerError `InvalidSelector`, with the position of the fault.
 * @example parseLabelSelector('b=2, a==1').toString() // 'a=1,b=2'
 */
export function parseLabelSelector(text: string): LabelSelector {
  return compile(parseLabelRequirements(text));
}

/**
 * A label selector from any of its forms: text, the structured form, or a selector itself. An empty structured form
 * selects everything.
 *
 * @throws KubeInformerError `InvalidSelector`
 */
export function toLabelSelector(input: string | LabelSelectorObject | LabelSelector): LabelSelector {
  if (typeof input === 'string') return parseLabelSelector(input);
  if ('matches' in input) return input;
  const requirements: LabelRequirement[] = [];
  for (const [key, value] of Object.entries(input.matchLabels ?? {})) {
    requirements.push(checked({ key, operator: 'In', values: [value] }));
  }
  for (const { key, operator, values } of input.matchExpressions ?? []) {
    requirements.push(checked({ key, operator, values: values ?? [] }));
  }
  return compile(requirements);
}

function checked(term: { key: string; operator: string; values: readonly string[] }): LabelRequirement {
  const { key, operator, values } = term;
  const fault = faultOfLabelKey(key);
  if (fault) throw invalid(`key '${key}' ${fault}`);
  for (const value of values) {
    const faultOfValue = faultOfLabelValue(value);
    if (faultOfValue) throw invalid(`value '${value}' of '${key}' ${faultOfValue}`);
  }
  switch (operator) {
    case 'In':
    case 'NotIn':
      if (values.length === 0) throw invalid(`operator ${operator} of '${key}' needs at least one value`);
      return { key, operator, values };
    case 'Exists':
    case 'DoesNotExist':
      if (values.length > 0) throw invalid(`operator ${operator} of '${key}' takes no values`);
      return { key, operator, values };
    default:
      throw invalid(`'${operator}' of '${key}' is no operator`);
  }
}

function invalid(problem: string): KubeInformerError {
  return new KubeInformerError('InvalidSelector', `label selector: ${problem}`, {
    hint: 'Operators of matchExpressions are In, NotIn (with values), Exists and DoesNotExist (without).',
  });
}

function compile(requirements: readonly LabelRequirement[]): LabelSelector {
  const byText = new Map<string, LabelRequirement>();
  for (const requirement of requirements) {
    const values = [...new Set(requirement.values)].sort();
    const normal: LabelRequirement = { key: requirement.key, operator: requirement.operator, values };
    byText.set(textOf(normal), normal);
  }
  const sorted = [...byText].sort(([aText, a], [bText, b]) => compareText(a.key, b.key) || compareText(aText, bText));
  return new CompiledLabelSelector(
    sorted.map(([, requirement]) => requirement),
    sorted.map(([text]) => text).join(','),
  );
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function textOf({ key, operator, values }: LabelRequirement): string {
  switch (operator) {
    case 'In':
      return values.length === 1 ? `${key}=${values[0]}` : `${key} in (${values.join(',')})`;
    case 'NotIn':
      return values.length === 1 ? `${key}!=${values[0]}` : `${key} notin (${values.join(',')})`;
    case 'Exists':
      return key;
    case 'DoesNotExist':
      return `!${key}`;
    case 'Gt':
      return `${key}>${values[0]}`;
    case 'Lt':
      return `${key}<${values[0]}`;
  }
}

type Check = (value: string | undefined) => boolean;

class CompiledLabelSelector implements LabelSelector {
  readonly requirements: readonly LabelRequirement[];
  readonly isEmpty: boolean;
  readonly #text: string;
  readonly #keys: readonly string[];
  /** One for each of `#keys`. */
  readonly #checks: readonly Check[];

  constructor(requirements: readonly LabelRequirement[], text: string) {
    this.requirements = requirements;
    this.isEmpty = requirements.length === 0;
    this.#text = text;
    this.#keys = requirements.map(({ key }) => key);
    this.#checks = requirements.map(checkOf);
  }

  matches(labels: Labels): boolean {
    const keys = this.#keys;
    for (let i = 0; i < keys.length; i++) {
      const value = labels?.[keys[i] as string];
      // A label may be called `constructor`; what an object inherits is no label.
      if (!(this.#checks[i] as Check)(typeof value === 'string' ? value : undefined)) return false;
    }
    return true;
  }

  toString(): string {
    return this.#text;
  }
}

function checkOf({ operator, values }: LabelRequirement): Check {
  const only = values[0];
  const set = new Set<string | undefined>(values);
  switch (operator) {
    case 'In':
      return values.length === 1 ? (value) => value === only : (value) => set.has(value);
    case 'NotIn':
      return values.length === 1 ? (value) => value !== only : (value) => !set.has(value);
    case 'Exists':
      return (value) => value !== undefined;
    case 'DoesNotExist':
      return (value) => value === undefined;
    case 'Gt':
    case 'Lt': {
      const bound = integerOf(only as string) as bigint;
      return (value) => {
        const number = value === undefined ? undefined : integerOf(value);
        if (number === undefined) return false;
        return operator === 'Gt' ? number > bound : number < bound;
      };
    }
  }
}
