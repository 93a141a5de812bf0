import { ApiStatusError, type Status, type StatusCause } from '../../index.ts';

export interface RefusalDetails {
  readonly causes?: readonly StatusCause[] | undefined;
  readonly retryAfterSeconds?: number | undefined;
  readonly name?: string | undefined;
  readonly group?: string | undefined;
  readonly kind?: string | undefined;
}

/**
 * What the service answers when it does not do what was asked: a `Status` in the words of the API, with the code that goes over HTTP.
 *
 * @param reason a reason of the API (`NotFound`, `Forbidden`, ...) or one of the service (`TooManyWatches`).
 */
export function refusal(code: number, reason: string, message: string, details: RefusalDetails = {}): ApiStatusError {
  const { causes, ...rest } = details;
  const given = Object.entries({ ...rest, ...(causes && { causes: [...causes] }) }).filter(
    ([, value]) => value !== undefined,
  );
  const status: Status = {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message,
    reason,
    ...(given.length > 0 && { details: Object.fromEntries(given) }),
    code,
  };
  return new ApiStatusError(status, { request: 'the watcher' });
}
