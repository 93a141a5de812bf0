import type { EventHandler, InformerEvent } from './events.ts';
import type { EventHandlerOptions, HandlerRegistration } from './options.ts';

interface Source<T> {
  readonly done: Promise<void>;
  addEventHandler(handler: EventHandler<T>, options: EventHandlerOptions): HandlerRegistration;
}

/**
 * A handler turned inside out. Each event is handed over when the reader asks for it; until then the handler's promise is open, so that
 * the events behind it wait in the handler's own line, under its overflow policy.
 */
export async function* eventStream<T>(
  source: Source<T>,
  { signal, ...options }: EventHandlerOptions & { readonly signal?: AbortSignal },
): AsyncGenerator<InformerEvent<T>, void, undefined> {
  if (signal?.aborted) return;
  let offered: InformerEvent<T> | undefined;
  let taken = Promise.withResolvers<void>();
  let wake = Promise.withResolvers<void>();
  let ended = false;
  const end = () => {
    ended = true;
    wake.resolve();
  };
  const registration = source.addEventHandler(
    (event) => {
      offered = event;
      taken = Promise.withResolvers<void>();
      wake.resolve();
      return taken.promise;
    },
    { name: 'events', ...options },
  );
  signal?.addEventListener('abort', end, { once: true });
  source.done.then(end, end);
  try {
    while (!ended) {
      if (offered === undefined) {
        await wake.promise;
        wake = Promise.withResolvers<void>();
        continue;
      }
      const event = offered;
      offered = undefined;
      yield event;
      taken.resolve();
    }
  } finally {
    signal?.removeEventListener('abort', end);
    taken.resolve();
    await registration.remove();
  }
}
