/** The rules that the API server has for names. Each function returns what is wrong, or `undefined`. */

const nameRule = /^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$/;
const subdomainRule = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/;
const dnsLabelRule = /^[a-z]([a-z0-9-]*[a-z0-9])?$/;

const nameText = "letters, digits, '-', '_' and '.', with a letter or digit at both ends";

/** A lower-case DNS name such as a group: `example.com`, at most 253 characters. */
export function faultOfSubdomain(text: string): string | undefined {
  if (text.length > 253) return 'must be no longer than 253 characters';
  if (!subdomainRule.test(text)) return "must be lower-case letters, digits, '-' and '.', like example.com";
  return undefined;
}

/** A plural or a version: a lower-case DNS label that starts with a letter, at most 63 characters. */
export function faultOfDnsLabel(text: string): string | undefined {
  if (text.length > 63) return 'must be no longer than 63 characters';
  if (!dnsLabelRule.test(text)) return "must be lower-case letters, digits and '-', and start with a letter";
  return undefined;
}

/** The key of a label: `name` or `prefix/name`. */
export function faultOfLabelKey(key: string): string | undefined {
  const parts = key.split('/');
  if (parts.length > 2) return "must have at most one '/'";
  const name = parts[parts.length - 1] as string;
  if (parts.length === 2) {
    const prefix = parts[0] as string;
    if (prefix === '') return "must have a prefix before '/'";
    const fault = faultOfSubdomain(prefix);
    if (fault) return `prefix ${fault}`;
  }
  if (name === '') return 'must not be empty';
  if (name.length > 63) return 'name must be no longer than 63 characters';
  if (!nameRule.test(name)) return `name must be ${nameText}`;
  return undefined;
}

/** The value of a label; it may be empty. */
export function faultOfLabelValue(value: string): string | undefined {
  if (value.length > 63) return 'must be no longer than 63 characters';
  if (value !== '' && !nameRule.test(value)) return `must be empty, or ${nameText}`;
  return undefined;
}

/** A name as a segment of a URL path: of an object, or of a namespace. */
export function faultOfPathSegment(name: string): string | undefined {
  if (name === '') return 'must not be empty';
  if (name === '.' || name === '..') return `must not be '${name}'`;
  if (name.includes('/') || name.includes('%')) return "must not contain '/' or '%'";
  return undefined;
}
