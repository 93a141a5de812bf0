import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

const channel = 'http.server.request.start';

/** The server of this process that listens on a port, whoever made it: it is found by a request that `ask` has it answer. */
export async function listeningServer(port: number, ask: () => Promise<unknown>): Promise<Server> {
  let found: Server | undefined;
  const onRequest = (message: unknown) => {
    const { server } = message as { readonly server: Server };
    if ((server.address() as AddressInfo).port === port) found = server;
  };
  subscribe(channel, onRequest);
  try {
    await ask();
  } finally {
    unsubscribe(channel, onRequest);
  }
  if (!found) throw new Error(`no server of this process answered on port ${port}`);
  return found;
}

/** What a server says when the process has no room for another connection. */
export function outOfFiles(): Error {
  return Object.assign(new Error('accept EMFILE'), { code: 'EMFILE', syscall: 'accept' });
}
