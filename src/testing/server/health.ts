const checks = ['ping', 'log', 'etcd'];

/** The answer of a health endpoint; `undefined` if `path` is none. */
export function answerHealth(path: string, verbose: boolean): string | undefined {
  const name = /^\/(healthz|livez|readyz)$/.exec(path)?.[1];
  if (name === undefined) return undefined;
  if (!verbose) return 'ok';
  return `${checks.map((check) => `[+]${check} ok\n`).join('')}${name} check passed\n`;
}

/** What `/version` says. The version is the one whose behaviour is reproduced. */
export const versionDocument = JSON.stringify(
  {
    major: '1',
    minor: '36',
    emulationMajor: '1',
    emulationMinor: '36',
    minCompatibilityMajor: '1',
    minCompatibilityMinor: '35',
    gitVersion: 'v1.36.4',
    gitCommit: 'embedded',
    gitTreeState: 'clean',
    buildDate: '2026-01-01T00:00:00Z',
    goVersion: 'none',
    compiler: 'none',
    platform: 'linux/amd64',
  },
  undefined,
  2,
);
