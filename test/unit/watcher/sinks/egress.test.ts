import { expect, test } from 'vitest';
import { isForbiddenAddress } from '../../../../src/watcher/subscriptions/sinks/egress.ts';

test.each([
  ['127.0.0.1', 'loopback'],
  ['::ffff:127.0.0.1', 'loopback in the clothes of IPv6'],
  ['::ffff:0:127.0.0.1', 'the same, translated'],
  ['64:ff9b::7f00:1', 'the same, by a gateway'],
  ['64:ff9b:1::7f00:1', 'the same, by a gateway of the network'],
  ['169.254.169.254', 'metadata'],
  ['168.63.129.16', 'metadata'],
  ['192.0.0.192', 'metadata'],
])('nothing is sent to %s: %s', (address) => {
  expect(isForbiddenAddress(address)).toBe(true);
});

test.each(['10.0.0.1', '192.0.0.193', '168.63.129.17', '::ffff:10.0.0.1', '2001:db8::1', '64:ff9b:2::1'])(
  '%s is like any other',
  (address) => {
    expect(isForbiddenAddress(address)).toBe(false);
  },
);
