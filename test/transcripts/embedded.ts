import { ApiServer, FakeClock, settle } from '../../src/testing/index.ts';
import { users } from './model.ts';
import type { StartTarget } from './run.ts';

/** The embedded server under a clock that moves only while something is awaited that needs time. */
export const startEmbedded: StartTarget = async ({ anonymous = true }) => {
  const clock = new FakeClock();
  const server = await ApiServer.start({
    clock,
    tls: true,
    anonymous,
    definitionDelay: 20,
    tokens: Object.fromEntries(
      Object.entries(users).map(([name, { groups }]) => [`${name}-token`, { name, groups: [...groups] }]),
    ),
    authorize: ({ user, verb, resource, group, namespace }) =>
      (user.groups ?? []).includes('system:masters') ||
      (user.name === 'reader' &&
        ['get', 'list', 'watch'].includes(verb) &&
        `${resource}.${group}` === 'configmaps.' &&
        namespace === 'demo'),
  });
  return {
    url: server.url,
    async pass(time) {
      await settle(100);
      if (time) await clock.advance(clock.nextTimerIn ?? 10);
    },
    async forget() {
      server.compact();
    },
    async compact() {
      // All that it keeps is its cache; there is no storage behind it that could forget on its own.
    },
    async fill() {
      server.faults.add({
        match: ({ verb, query }) => verb === 'list' && !query.has('labelSelector'),
        action: { kind: 'status', code: 429, retryAfter: 1, text: 'Too many requests, please try again later.\n' },
      });
    },
    async terminate() {
      server.drainConnections();
      server.closeWatches();
    },
    async kill() {
      server.dropConnections();
    },
    [Symbol.asyncDispose]: () => server.close(),
  };
};
