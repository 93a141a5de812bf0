import { type Clock, messageOf } from '../../../index.ts';
import { Link } from './link.ts';
import { dropped, type Message, type Outcome, type Sink } from './sink.ts';
import type { Template } from './template.ts';
import { TooLate, within } from './within.ts';

/** A message queue, as far as a sink needs it. */
export interface Broker<Connection> {
  /** Connects once, without trying again. @param lost to be called when the connection is of no use any more. */
  connect(lost: () => void): Promise<Connection>;
  /** Does not reject. */
  disconnect(connection: Connection): Promise<void>;
  /** Resolves when the broker has acknowledged. Rejects with `Unacceptable` if it never will. */
  publish(connection: Connection, message: Message, address: string): Promise<void>;
}

/** What is wrong with the message and not with the broker. */
export class Unacceptable extends Error {}

export interface BrokerSinkOptions<Connection> {
  readonly broker: Broker<Connection>;
  readonly addressOf: Template;
  /** Milliseconds that a delivery may take, with connecting if that is needed. */
  readonly timeout: number;
  readonly clock: Clock;
}

/**
 * Delivers to a message queue: what is acknowledged is delivered. What is not in time may be there all the same, so the connection is ended with it: what comes over the
 * next one comes later.
 */
export function brokerSink<Connection>(options: BrokerSinkOptions<Connection>): Sink {
  const { broker, addressOf, timeout, clock } = options;
  const link = new Link<Connection>(broker);
  return {
    deliver: async (message, signal): Promise<Outcome> => {
      const address = addressOf(message.about);
      if ('missing' in address) return dropped(address.missing);
      try {
        await within(async (ending) => broker.publish(await link.get(ending), message, address.text), {
          timeout,
          signal,
          clock,
        });
        return { type: 'delivered' };
      } catch (thrown) {
        if (thrown instanceof Unacceptable) return { type: 'refused', problem: thrown.message };
        if (thrown instanceof TooLate) link.reset();
        return { type: 'failed', problem: messageOf(thrown), retryAfter: undefined };
      }
    },
    close: () => link.close(),
  };
}
