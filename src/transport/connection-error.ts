import { KubeInformerError, messageOf } from '../runtime/index.ts';

const hintByCode: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'Nothing listens there: check the server of the kubeconfig, and whether the API server is up.',
  ENOTFOUND: 'The host name does not resolve: check the server of the kubeconfig and the DNS.',
  EAI_AGAIN: 'The DNS did not answer; it may be overloaded or unreachable.',
  ECONNRESET: 'The server, or something on the way to it, dropped the connection; trying again usually helps.',
  EPIPE: 'The server, or something on the way to it, dropped the connection; trying again usually helps.',
  ETIMEDOUT: 'No answer in time: check firewalls and routes to the server.',
  EHOSTUNREACH: 'There is no route to the host: check the network.',
  ENETUNREACH: 'There is no route to the network: check the network.',
};

const certificateCodes = /CERT|SELF_SIGNED|UNABLE_TO_|ERR_TLS|ERR_SSL|EPROTO|HOSTNAME/;

const certificateHint =
  'The TLS connection failed: check certificate-authority-data, tls-server-name and the client certificate of the kubeconfig.';

/** An error of a socket, as the one kind of error that a caller has to know. `what` names the request. */
export function connectionError(what: string, cause: unknown): KubeInformerError {
  if (cause instanceof KubeInformerError) return cause;
  const code = codeOf(cause);
  const hint =
    hintByCode[code] ??
    (certificateCodes.test(code)
      ? certificateHint
      : 'The connection failed; the cause tells more. Trying again may help.');
  return new KubeInformerError('ConnectionFailed', `${what}: ${messageOf(cause) || code}`, { cause, hint });
}

/** The body of an answer ended before its end. */
export function truncatedError(what: string): KubeInformerError {
  return new KubeInformerError('ConnectionFailed', `${what}: the connection broke before the answer was complete`, {
    hint: 'The server, or something on the way to it, dropped the connection; trying again usually helps.',
  });
}

function codeOf(cause: unknown): string {
  if (typeof cause !== 'object' || cause === null) return '';
  if ('code' in cause && typeof cause.code === 'string') return cause.code;
  // Node tries every address of a name and collects what went wrong.
  if (cause instanceof AggregateError) return codeOf(cause.errors[0]);
  return '';
}
