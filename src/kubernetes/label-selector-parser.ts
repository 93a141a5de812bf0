import { KubeInformerError } from '../runtime/index.ts';
import type { LabelRequirement } from './label-selector.ts';
import { faultOfLabelKey, faultOfLabelValue } from './validation.ts';

type Mark = '(' | ')' | ',' | '!' | '=' | '==' | '!=' | '>' | '<';

/** Where a token starts in the text; `end` has the length of the text. */
type Token =
  | { readonly type: 'symbol'; readonly text: Mark; readonly at: number }
  | { readonly type: 'word'; readonly text: string; readonly at: number }
  | { readonly type: 'end'; readonly text: ''; readonly at: number };

const tokenRule = /[ \t\r\n]*(?:(==|!=|[=!(),<>])|([^ \t\r\n=!(),<>]+)|$)/y;

const grammarHint =
  'Terms are separated by commas: key=value, key!=value, key in (a,b), key notin (a,b), key, !key, key>1, key<1.';

function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  const rule = new RegExp(tokenRule);
  for (;;) {
    // The rule matches anywhere: whatever is neither blank nor a symbol belongs to a word.
    const match = rule.exec(text) as RegExpExecArray;
    const [, symbol, word] = match;
    if (symbol !== undefined) {
      tokens.push({ type: 'symbol', text: symbol as Mark, at: rule.lastIndex - symbol.length });
    } else if (word !== undefined) {
      tokens.push({ type: 'word', text: word, at: rule.lastIndex - word.length });
    } else {
      tokens.push({ type: 'end', text: '', at: text.length });
      return tokens;
    }
  }
}

/**
 * Reads the text of a label selector into its terms, in the order of the text. What is accepted is what the API server
 * accepts, `in` and `notin` as keys and values included.
 */
export function parseLabelRequirements(text: string): LabelRequirement[] {
  const tokens = tokensOf(text);
  let next = 0;
  const peek = (): Token => tokens[next] as Token;
  const isSymbol = (symbol: Mark): boolean => peek().type === 'symbol' && peek().text === symbol;

  function fail(problem: string, at: number): never {
    throw new KubeInformerError(
      'InvalidSelector',
      `label selector ${JSON.stringify(text)}: ${problem} at position ${at}`,
      { hint: grammarHint },
    );
  }
  function unexpected(expected: string): never {
    const token = peek();
    const found = token.type === 'end' ? 'end of text' : `'${token.text}'`;
    return fail(`found ${found}, expected ${expected}`, token.at);
  }
  function take(symbol: Mark): boolean {
    const found = isSymbol(symbol);
    if (found) next++;
    return found;
  }
  function checkedValue(token: Token): string {
    const fault = faultOfLabelValue(token.text);
    if (fault) fail(`value '${token.text}' ${fault}`, token.at);
    return token.text;
  }

  function key(): string {
    const token = peek();
    if (token.type !== 'word') unexpected('a key');
    const fault = faultOfLabelKey(token.text);
    if (fault) fail(`key '${token.text}' ${fault}`, token.at);
    next++;
    return token.text;
  }
  /** One value, which may be absent and is then empty. */
  function value(): string {
    const token = peek();
    if (token.type !== 'word') {
      if (token.type === 'end' || token.text === ',' || token.text === ')') return '';
      unexpected('a value');
    }
    next++;
    return checkedValue(token);
  }
  function exactValue(): string {
    if (isSymbol(')')) unexpected('a value');
    return value();
  }
  function integer(): string {
    const { at } = peek();
    const digits = exactValue();
    if (integerOf(digits) === undefined) fail(`'${digits}' is not an integer of 64 bits,`, at);
    return digits;
  }
  /** Any value may be absent and is then empty: `()` is the list of the empty value. */
  function valueList(): string[] {
    if (!take('(')) unexpected("'('");
    const values = [value()];
    while (take(',')) values.push(value());
    if (!take(')')) unexpected("',' or ')'");
    return values;
  }
  function requirement(): LabelRequirement {
    if (take('!')) return { key: key(), operator: 'DoesNotExist', values: [] };
    const name = key();
    const token = peek();
    switch (token.text) {
      case '=':
      case '==':
        next++;
        return { key: name, operator: 'In', values: [exactValue()] };
      case '!=':
        next++;
        return { key: name, operator: 'NotIn', values: [exactValue()] };
      case 'in':
        next++;
        return { key: name, operator: 'In', values: valueList() };
      case 'notin':
        next++;
        return { key: name, operator: 'NotIn', values: valueList() };
      case '>':
        next++;
        return { key: name, operator: 'Gt', values: [integer()] };
      case '<':
        next++;
        return { key: name, operator: 'Lt', values: [integer()] };
    }
    if (token.type === 'end' || token.text === ',') return { key: name, operator: 'Exists', values: [] };
    return unexpected("',', '=', '==', '!=', 'in', 'notin', '>', '<' or the end");
  }

  const requirements: LabelRequirement[] = [];
  if (peek().type === 'end') return requirements;
  do requirements.push(requirement());
  while (take(','));
  if (peek().type !== 'end') unexpected("',' or the end");
  return requirements;
}

const greatest = 2n ** 63n - 1n;
const least = -(2n ** 63n);

/** The number that `text` is in decimal, if it is one of 64 bits. */
export function integerOf(text: string): bigint | undefined {
  if (!/^[+-]?\d{1,64}$/.test(text)) return undefined;
  const number = BigInt(text.startsWith('+') ? text.slice(1) : text);
  return number > greatest || number < least ? undefined : number;
}
