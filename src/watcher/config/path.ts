import { z } from 'zod';

const name = String.raw`[^.\s"\[\]=,!]+`;
const quoted = String.raw`\["[^"]+"\]`;
const whole = new RegExp(`^\\.?${name}(?:\\.${name}|${quoted})*$`);

/** Where in an object: `spec.replicas`, `metadata.labels["app.kubernetes.io/name"]`. A list on the way stands for all of its items. */
export const pathSchema = z
  .string()
  .regex(whole, 'must be a path: spec.replicas, spec.containers.image, metadata.labels["app.kubernetes.io/name"]');

/** The keys of a path that fits the schema. */
export function stepsOf(path: string): string[] {
  return Array.from(path.matchAll(/\["([^"]+)"\]|[^.[\]]+/g), ([plain, inBrackets]) => inBrackets ?? plain);
}

/** A path, as `stepsOf` reads it. */
export function pathText(steps: readonly string[]): string {
  return steps
    .map((step, at) => (at > 0 && /[.\s"[\]=,!]/.test(step) ? `["${step}"]` : at > 0 ? `.${step}` : step))
    .join('');
}
