import { lookup } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { KubeInformerError } from '../../../index.ts';

/** Loopback, link-local (which is where clouds answer with credentials), unspecified, multicast, and metadata services elsewhere. */
const forbidden = new BlockList();
for (const [network, bits] of [
  ['0.0.0.0', 8],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['100.100.100.200', 32],
  ['168.63.129.16', 32],
  ['192.0.0.192', 32],
  ['224.0.0.0', 4],
  ['255.255.255.255', 32],
] as const) {
  forbidden.addSubnet(network, bits, 'ipv4');
}
for (const [network, bits] of [
  ['::', 128],
  ['::1', 128],
  ['fe80::', 10],
  ['fd00:ec2::254', 128],
  ['ff00::', 8],
  // Forms of IPv4 addresses that a gateway on the way may turn into any of the above.
  ['::', 96],
  ['::ffff:0:0:0', 96],
  ['64:ff9b::', 96],
  ['64:ff9b:1::', 48],
  ['2002::', 16],
] as const) {
  forbidden.addSubnet(network, bits, 'ipv6');
}

/** Whether nothing may be sent to an address. IPv4 addresses in the clothes of IPv6 are looked at as what they are. */
export function isForbiddenAddress(address: string): boolean {
  return forbidden.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
}

/** The host of a URL, an IPv6 address without its brackets. */
export function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[|\]$/g, '');
}

/** Schemes, each with the one that is the same over TLS. */
const secured = new Map([
  ['http:', 'https:'],
  ['nats:', 'tls:'],
  ['redis:', 'rediss:'],
]);

/**
 * Refuses what can be told to be wrong from the URL alone: to be without TLS, and forbidden addresses. Hosts in `allow` may be anything.
 *
 * @throws KubeInformerError `InvalidOption`
 */
export function checkUrl(url: URL, allow: ReadonlySet<string>): void {
  const host = hostOf(url);
  const better = secured.get(url.protocol);
  if (!better && ![...secured.values()].includes(url.protocol)) throw refused(host, `${url.protocol} is not known`);
  if (allow.has(host)) return;
  if (better) throw refused(host, `only ${better}// is for hosts that are not allowed by name`);
  if (isIP(host) !== 0 && isForbiddenAddress(host)) throw refused(host, 'the address is forbidden');
}

/**
 * Looks names up, and refuses those that lead to an address that is forbidden. To be used when a connection is made, so that a name that changes its address in between
 * gains nothing. Addresses are not looked up by Node: `checkUrl` is for them.
 */
export function guardedLookup(allow: ReadonlySet<string>): LookupFunction {
  return (host, options, callback) => {
    lookup(host, { ...options, all: true }, (error, addresses) => {
      if (error) return callback(error, []);
      const bad = allow.has(host) ? undefined : addresses.find(({ address }) => isForbiddenAddress(address));
      if (bad) return callback(refused(host, 'its address is forbidden'), []);
      if (options.all) return callback(null, addresses);
      callback(null, addresses[0]!.address, addresses[0]!.family);
    });
  };
}

function refused(host: string, why: string): KubeInformerError {
  return new KubeInformerError('InvalidOption', `nothing is sent to ${host}: ${why}`, {
    hint: 'If it is meant to be, name the host in egress.allow of the configuration.',
  });
}
