import { ApiStatusError, type Status, type StatusCause } from '../../kubernetes/index.ts';

/** The names with which an error speaks of a resource. */
export interface ResourceName {
  readonly group: string;
  readonly resource: string;
}

function qualifiedName(of: ResourceName): string {
  return of.group === '' ? of.resource : `${of.resource}.${of.group}`;
}

/** A failure as the server reports it; thrown by every part of the server and written by the one that answers. */
export function failure(
  code: number,
  reason: string | undefined,
  message: string,
  details?: Status['details'],
  metadata: Status['metadata'] = {},
): ApiStatusError {
  const status: Status = {
    kind: 'Status',
    apiVersion: 'v1',
    metadata,
    status: 'Failure',
    message,
    ...(reason === undefined ? {} : { reason }),
    ...(details === undefined ? {} : { details }),
    code,
  };
  return new ApiStatusError(status, { request: 'embedded API server' });
}

function detailsOf(of: ResourceName, name: string): NonNullable<Status['details']> {
  return { ...(name === '' ? {} : { name }), ...(of.group === '' ? {} : { group: of.group }), kind: of.resource };
}

export function badRequest(message: string): ApiStatusError {
  return failure(400, 'BadRequest', message);
}

export function unauthorized(): ApiStatusError {
  return failure(401, 'Unauthorized', 'Unauthorized');
}

export function objectNotFound(of: ResourceName, name: string): ApiStatusError {
  return failure(404, 'NotFound', `${qualifiedName(of)} "${name}" not found`, detailsOf(of, name));
}

export function resourceNotServed(): ApiStatusError {
  return failure(404, 'NotFound', 'the server could not find the requested resource', {});
}

export function methodNotAllowed(): ApiStatusError {
  return failure(405, 'MethodNotAllowed', 'the server does not allow this method on the requested resource', {});
}

export function alreadyExists(of: ResourceName, name: string): ApiStatusError {
  return failure(409, 'AlreadyExists', `${qualifiedName(of)} "${name}" already exists`, detailsOf(of, name));
}

export function conflict(of: ResourceName, name: string, message: string): ApiStatusError {
  const text = `Operation cannot be fulfilled on ${qualifiedName(of)} "${name}": ${message}`;
  return failure(409, 'Conflict', text, detailsOf(of, name));
}

export const modifiedMeanwhile =
  'the object has been modified; please apply your changes to the latest version and try again';

/** 422 with one cause for each problem; `subject` is what stands before `is invalid`. */
export function invalid(
  subject: { readonly kind: string; readonly group: string; readonly name: string },
  causes: readonly Required<StatusCause>[],
): ApiStatusError {
  const texts = causes.map((cause) => `${cause.field}: ${cause.message}`);
  const list = texts.length === 1 ? texts[0] : `[${texts.join(', ')}]`;
  const kind = subject.group === '' ? subject.kind : `${subject.kind}.${subject.group}`;
  return failure(422, 'Invalid', `${kind} "${subject.name}" is invalid: ${list}`, {
    ...(subject.name === '' ? {} : { name: subject.name }),
    ...(subject.group === '' ? {} : { group: subject.group }),
    kind: subject.kind,
    causes: [...causes],
  });
}

export function required(field: string, text = ''): Required<StatusCause> {
  return { reason: 'FieldValueRequired', message: `Required value${text === '' ? '' : `: ${text}`}`, field };
}

export function forbiddenValue(field: string, text: string): Required<StatusCause> {
  return { reason: 'FieldValueForbidden', message: `Forbidden: ${text}`, field };
}

export function unsupportedValue(field: string, value: string, supported: readonly string[]): Required<StatusCause> {
  const list = supported.map((item) => `"${item}"`).join(', ');
  return {
    reason: 'FieldValueNotSupported',
    message: `Unsupported value: "${value}": supported values: ${list}`,
    field,
  };
}

export function invalidValue(field: string, printed: string, text: string): Required<StatusCause> {
  return { reason: 'FieldValueInvalid', message: `Invalid value: ${printed}: ${text}`, field };
}

export function tooLargeResourceVersion(asked: number, current: number): ApiStatusError {
  return failure(504, 'Timeout', `Timeout: Too large resource version: ${asked}, current: ${current}`, {
    causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
    retryAfterSeconds: 1,
  });
}

export function expired(message: string, continueToken?: string): ApiStatusError {
  return failure(410, 'Expired', message, undefined, continueToken === undefined ? {} : { continue: continueToken });
}

export function storageInitializing(): ApiStatusError {
  return failure(429, 'TooManyRequests', 'storage is (re)initializing', { retryAfterSeconds: 1 });
}

export function notAcceptable(accepted: readonly string[]): ApiStatusError {
  return failure(406, 'NotAcceptable', `only the following media types are accepted: ${accepted.join(', ')}`);
}

export function unsupportedMediaType(accepted: readonly string[]): ApiStatusError {
  return failure(
    415,
    'UnsupportedMediaType',
    `the body of the request was in an unknown format - accepted media types include: ${accepted.join(', ')}`,
  );
}

export function forbidden(of: ResourceName, name: string, message: string): ApiStatusError {
  const subject = name === '' ? qualifiedName(of) : `${qualifiedName(of)} "${name}"`;
  return failure(403, 'Forbidden', `${subject} is forbidden: ${message}`, detailsOf(of, name));
}
