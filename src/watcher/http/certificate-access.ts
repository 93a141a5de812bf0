import { TLSSocket } from 'node:tls';
import { type Access, unauthorized } from './access.ts';

/** Client certificates. The TLS layer has checked who signed them; here it is decided who is let in. */
export function certificateAccess(users: readonly string[]): Access {
  return {
    authenticate: ({ socket }) => {
      const subject =
        socket instanceof TLSSocket && socket.authorized ? socket.getPeerCertificate().subject : undefined;
      // A name may be there several times; one that is ambiguous is none.
      const name = subject?.CN;
      if (typeof name !== 'string' || name === '' || (users.length > 0 && !users.includes(name))) throw unauthorized();
      return { name };
    },
    authorize: () => undefined,
    authorizePath: () => undefined,
  };
}
