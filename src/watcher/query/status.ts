import { ApiStatusError, KubeInformerError, NoMatchError, type Status } from '../../index.ts';
import { refusal } from '../cache/index.ts';

/** What went wrong, as the `Status` that says so. */
export function statusOf(thrown: unknown): Status {
  if (thrown instanceof NoMatchError) {
    return refusal(404, 'NotFound', `the server could not find the requested resource. ${thrown.hint}`).status;
  }
  if (thrown instanceof ApiStatusError) return thrown.status;
  if (thrown instanceof KubeInformerError && (thrown.code === 'InvalidSelector' || thrown.code === 'InvalidResource')) {
    const { message } = thrown;
    const field = message.startsWith('field')
      ? 'fieldSelector'
      : message.startsWith('label')
        ? 'labelSelector'
        : 'path';
    return refusal(400, 'BadRequest', message, { causes: [{ reason: 'FieldValueInvalid', message, field }] }).status;
  }
  if (thrown instanceof KubeInformerError && thrown.code === 'ConnectionFailed') {
    return refusal(503, 'ServiceUnavailable', `the API server can't be reached: ${thrown.message}`, {
      retryAfterSeconds: 1,
    }).status;
  }
  if (thrown instanceof KubeInformerError && thrown.code === 'MissingPackage') {
    return refusal(501, 'NotImplemented', `${thrown.message}. ${thrown.hint}`).status;
  }
  return refusal(500, 'InternalError', thrown instanceof KubeInformerError ? thrown.message : 'the service failed')
    .status;
}
