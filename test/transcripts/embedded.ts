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
