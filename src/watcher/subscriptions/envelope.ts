import { type Message, percentEncode } from './sinks/index.ts';

/** `watch`: an event as Kubernetes watches have it. `cloudevents`: CloudEvents 1.0, all in the body. `cloudevents-binary`: attributes in headers. */
export type Format = 'watch' | 'cloudevents' | 'cloudevents-binary';

/** Attributes of a CloudEvent. Names of extensions are at most 20 lower-case letters and digits. */
export interface Attributes {
  readonly [name: string]: string | boolean;
  readonly id: string;
  readonly source: string;
  readonly type: string;
  readonly subject: string;
  /** RFC 3339. */
  readonly time: string;
}

/** What is sent of an event. `data` is all of it in the format `watch`. */
export function wrap(attributes: Attributes, data: unknown, format: Format): Pick<Message, 'headers' | 'body'> {
  const all = { specversion: '1.0', ...attributes };
  switch (format) {
    case 'watch':
      return { headers: json, body: JSON.stringify(data) };
    case 'cloudevents': {
      const body = JSON.stringify({ ...all, datacontenttype: 'application/json', data });
      return { headers: { 'content-type': 'application/cloudevents+json; charset=utf-8' }, body };
    }
    case 'cloudevents-binary': {
      const named = Object.entries(all).map(([name, value]) => [`ce-${name}`, headerText(String(value))]);
      return { headers: { ...Object.fromEntries(named), ...json }, body: JSON.stringify(data) };
    }
  }
}

const json = { 'content-type': 'application/json' };

/** As the HTTP binding has it: what is no printable ASCII, and space, `"` and `%`, is percent-encoded as UTF-8. */
function headerText(text: string): string {
  return percentEncode(text, /[^\x21\x23\x24\x26-\x7e]/gu);
}
