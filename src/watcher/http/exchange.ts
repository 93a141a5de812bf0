import type { ServerResponse } from 'node:http';
import type { HttpBindings } from '@hono/node-server';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import type { Context } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { refusal } from '../cache/index.ts';
import { type Answer, isTrue, statusOf } from '../query/index.ts';
import type { Caller } from './access.ts';
import { HttpQuestion } from './http-question.ts';
import type { Streams } from './streams.ts';

/** What routes of the control plane can get from their context. */
export type ControlEnv = { Bindings: HttpBindings; Variables: { caller: Caller } };

type Fields = Readonly<Record<string, unknown>>;

export function paramsOf(context: Context): URLSearchParams {
  return new URL(context.req.url).searchParams;
}

/** Whether a request wants to follow. What it may do is judged by the very parameter that it is answered by, however that is written. */
export function isWatch(context: Context): boolean {
  return isTrue(paramsOf(context).get('watch'));
}

/** What is asked, as the data plane asks it. */
export function questionOf(context: Context<ControlEnv>): HttpQuestion {
  const { incoming, outgoing } = context.env;
  return new HttpQuestion({ params: paramsOf(context) }, { request: incoming, response: outgoing as ServerResponse });
}

/** @throws ApiStatusError 400 */
export async function bodyOf(context: Context): Promise<unknown> {
  try {
    return await context.req.json();
  } catch {
    throw refusal(400, 'BadRequest', 'the body is no JSON');
  }
}

/**
 * A resource with the merge patch of the body applied (RFC 7386).
 *
 * @throws ApiStatusError 400; 415 for patches of other types
 */
export async function mergePatched(context: Context, resource: Fields): Promise<unknown> {
  const type = context.req.header('content-type')?.split(';')[0]?.trim();
  if (type !== 'application/merge-patch+json') {
    throw refusal(415, 'UnsupportedMediaType', 'a patch is to be of the type application/merge-patch+json');
  }
  return merged(resource, await bodyOf(context));
}

function merged(target: unknown, patch: unknown): unknown {
  if (!isFields(patch)) return patch;
  const result: Record<string, unknown> = isFields(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = merged(result[key], value);
  }
  return result;
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function statusResponse(context: Context, thrown: unknown): Response {
  const status = statusOf(thrown);
  const seconds = status.details?.retryAfterSeconds;
  if (seconds !== undefined) context.header('retry-after', String(seconds));
  return context.json(status, (status.code ?? 500) as ContentfulStatusCode);
}

/** Sends an answer of a collection. */
export function send(context: Context<ControlEnv>, answer: Answer, streams: Streams): Response {
  if ('stream' in answer) {
    // The service listens with HTTP/1.1.
    streams.open(context.env.outgoing as ServerResponse, answer);
    return RESPONSE_ALREADY_SENT;
  }
  const { status, headers, body } = answer;
  return context.body(Buffer.concat([...body]), status as ContentfulStatusCode, { ...headers });
}
