const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';
const secretInside = /"kind"\s*:\s*"Secret"/;

type Fields = Readonly<Record<string, unknown>>;

/**
 * A value without the contents of Secrets: those in it at any depth have their values blanked and keep their keys, and annotations that repeat a Secret go.
 * What needs no change is shared, not copied.
 */
export function withoutSecrets(value: unknown): unknown {
  if (Array.isArray(value)) {
    const items = value.map(withoutSecrets);
    return items.every((item, at) => item === value[at]) ? value : items;
  }
  if (typeof value !== 'object' || value === null) return value;
  const isSecret = (value as Fields).kind === 'Secret';
  let changed = false;
  const entries: [string, unknown][] = [];
  for (const [key, field] of Object.entries(value)) {
    const repeats = key === lastApplied && typeof field === 'string' && secretInside.test(field);
    if (repeats) {
      changed = true;
      continue;
    }
    const isContent = isSecret && (key === 'data' || key === 'stringData');
    const safe = isContent ? blank(field) : withoutSecrets(field);
    changed ||= safe !== field;
    entries.push([key, safe]);
  }
  return changed ? Object.fromEntries(entries) : value;
}

function blank(values: unknown): unknown {
  if (typeof values !== 'object' || values === null) return '';
  return Object.fromEntries(Object.keys(values).map((key) => [key, '']));
}
