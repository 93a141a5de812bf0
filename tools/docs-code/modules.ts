import ts from 'typescript';
import type { Sample } from './extract.ts';

/** The names that a fragment may use without importing them, by where they come from. */
export interface Scope {
  /** Exports of a package: its values and its types. */
  readonly packages: readonly { readonly name: string; readonly values: Set<string>; readonly types: Set<string> }[];
  /** Properties of the stage. */
  readonly stage: ReadonlySet<string>;
}

/** What `kube-informer`, its testing door and the stage offer, as the compiler sees it. */
export function readScope(doors: Readonly<Record<string, string>>, stagePath: string): Scope {
  const program = ts.createProgram([...Object.values(doors), stagePath], {
    target: ts.ScriptTarget.ES2023,
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    customConditions: ['source'],
    allowImportingTsExtensions: true,
    noEmit: true,
    strict: true,
    skipLibCheck: true,
  });
  const checker = program.getTypeChecker();
  const exportsOf = (path: string) => {
    const source = program.getSourceFile(path);
    const symbol = source && checker.getSymbolAtLocation(source);
    if (!symbol) throw new Error(`${path} exports nothing`);
    return checker.getExportsOfModule(symbol);
  };
  const packages = Object.entries(doors).map(([name, path]) => {
    const values = new Set<string>();
    const types = new Set<string>();
    for (const symbol of exportsOf(path)) {
      const target = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
      (target.flags & ts.SymbolFlags.Value ? values : types).add(symbol.name);
    }
    return { name, values, types };
  });
  const stage = exportsOf(stagePath).find(({ name }) => name === 'Stage');
  if (!stage) throw new Error(`${stagePath} exports no Stage`);
  const properties = checker.getPropertiesOfType(checker.getDeclaredTypeOfSymbol(stage));
  return { packages, stage: new Set(properties.map(({ name }) => name)) };
}

/** A fragment as a module whose default export runs it on a stage; a remark behind a value is what the value must be. */
export function moduleOf(sample: Sample, scope: Scope, stageImport: string): string {
  const ownImports = sample.code.match(/^import .*$/gm) ?? [];
  const code = sample.code.replaceAll(/^import .*$\n?/gm, '');
  const { used, declared } = namesIn(code);
  const wanted = (names: ReadonlySet<string>) => [...names].filter((name) => used.has(name) && !declared.has(name));
  const imports = scope.packages.map(({ name, values, types }) => {
    const list = [...wanted(values), ...wanted(types).map((type) => `type ${type}`)];
    return list.length > 0 ? `import { ${list.join(', ')} } from '${name}';` : '';
  });
  const own = wanted(new Set(['Pod', 'Widget']));
  return `import assert from 'node:assert/strict';
import type { ${['Stage', ...own].join(', ')} } from '${stageImport}';
${[...imports, ...ownImports].join('\n')}
void assert;
export default async function ({ ${wanted(scope.stage).join(', ')} }: Stage): Promise<void> {
${code.split('\n').map(asserted).join('\n')}
}
`;
}

/** `f(x) // 'y'` says what `f(x)` is. Any other remark is left alone. */
function asserted(line: string): string {
  const match = /^(?!\s*(?:const|let|return|await using)\b)(.*?\S);?\s+\/\/ (.+)$/.exec(line);
  if (!match) return line;
  const [, expression, remark] = match;
  return /^(['"[{]|-?\d|true$|false$|undefined$)/.test(remark!)
    ? `assert.deepEqual(${expression!.replace(/;$/, '')}, ${remark});`
    : line;
}

function namesIn(code: string): { used: Set<string>; declared: Set<string> } {
  const source = ts.createSourceFile('sample.ts', code, ts.ScriptTarget.ES2023, true);
  const used = new Set<string>();
  const declared = new Set<string>();
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node)) {
      const { parent } = node;
      const isDeclaration =
        (ts.isVariableDeclaration(parent) || ts.isFunctionDeclaration(parent) || ts.isInterfaceDeclaration(parent)) &&
        parent.name === node;
      const isMember =
        (ts.isPropertyAccessExpression(parent) && parent.name === node) ||
        (ts.isPropertyAssignment(parent) && parent.name === node);
      // Only what is declared at the top hides a name of the stage; `(pod) => pod.spec` does not.
      if (isDeclaration) declared.add(node.text);
      else if (!isMember) used.add(node.text);
    }
    node.forEachChild(visit);
  };
  visit(source);
  return { used, declared };
}
