// Clusters for the tests of this folder: objects of the API in few words, zones made of them, questions and answers as text.
// Addresses: Services 10.96.0.0/12 and fd00:96::/112, pods 10.244.0.0/16 and fd00:244::/64.

import type { EndpointSlice, Namespace, Service } from '#api/index.ts';
import { type Cidr, parseCidr } from '#lib/cidr.ts';
import { reverseZoneNames, serviceFacts, sliceFacts, Zones, type ZonesOptions } from '../records/index.ts';
import { decodeMessage, formatRecord, type Message, parseName, queryMessage, Type } from '../wire/index.ts';

type Labels = Readonly<Record<string, string>>;

export const namespace = (name: string, labels: Labels = {}): Namespace =>
  ({ metadata: { name, labels } }) as Namespace;

/** `name` is `service` or `service.namespace`. */
export function service(name: string, spec: Partial<Service['spec']>, labels: Labels = {}): Service {
  const [own = '', space = 'default'] = name.split('.');
  return { metadata: { name: own, namespace: space, labels }, spec: { type: 'ClusterIP', ...spec } } as Service;
}

type Endpoint = EndpointSlice['endpoints'][number];
type Port = EndpointSlice['ports'][number];

/** @param endpoints an address, `host=address`, `address@pod`, or `!address` for one that is not ready. */
export function slice(
  name: string,
  of: string,
  endpoints: readonly string[],
  ports: readonly Port[] = [],
  labels: Labels = {},
): EndpointSlice {
  const [own = '', space = 'default'] = of.split('.');
  return {
    metadata: { name, namespace: space, labels: { 'kubernetes.io/service-name': own, ...labels } },
    addressType: endpoints.some((text) => text.includes(':')) ? 'IPv6' : 'IPv4',
    endpoints: endpoints.map(endpoint),
    ports: [...ports],
  } as EndpointSlice;
}

function endpoint(text: string): Endpoint {
  const [, not, hostname, address = '', pod] = /^(!?)(?:([\w-]+)=)?([^@]*)(?:@(.*))?$/.exec(text) ?? [];
  return {
    addresses: [address],
    conditions: not ? { ready: false } : {},
    ...(hostname && { hostname }),
    ...(pod && { targetRef: { kind: 'Pod', name: pod } }),
  };
}

export const http: Port = { name: 'http', protocol: 'TCP', port: 8080 };

export type ClusterOptions = Partial<ZonesOptions>;

/** Zones with a fixed serial of 1700000000. */
export function emptyZones(options: ClusterOptions = {}): Zones {
  const ranges = ['10.96.0.0/12', '10.244.0.0/16', 'fd00:96::/112', 'fd00:244::/64'];
  const reverse = ranges.flatMap((text) => reverseZoneNames(parseCidr(text) as Cidr));
  return new Zones({ zones: [parseName('cluster.local'), ...reverse], ttl: 5, now: () => 1700000000, ...options });
}

export function fill(zones: Zones, objects: readonly (Service | EndpointSlice | Namespace)[]): Zones {
  for (const object of objects) {
    const { name = '', namespace } = object.metadata;
    if ('endpoints' in object) zones.index.setSlice(name, sliceFacts(object));
    else if (namespace) zones.index.setService(serviceFacts(object as Service));
    else zones.index.setNamespace(name);
  }
  return zones;
}

/** A message as people read it: status, flags and counts, then a line a record. */
export function printed(bytes: Uint8Array): string {
  const message = decodeMessage(bytes);
  const lines = (title: string, records: Message['answer']) =>
    records.filter(({ data }) => data.type !== 'OPT').map((record) => `${title} ${formatRecord(record)}`);
  return [
    statusLine(message.flags),
    ...lines('answer', message.answer),
    ...lines('authority', message.authority),
    ...lines('additional', message.additional),
  ].join('\n');
}

const rcodes = ['NOERROR', 'FORMERR', 'SERVFAIL', 'NXDOMAIN', 'NOTIMP', 'REFUSED'];
export const statusLine = (flags: number): string => {
  const bits = { qr: 0x8000, aa: 0x400, tc: 0x200, rd: 0x100, ra: 0x80, ad: 0x20, cd: 0x10 };
  const set = Object.entries(bits).flatMap(([name, bit]) => (flags & bit ? [name] : []));
  return `${rcodes[flags & 15] ?? flags & 15} ${set.join(' ')}`;
};

/** The packet of `NAME TYPE`. */
export function packet(text: string, id = 7): Message {
  const [name = '', type = 'A'] = text.split(' ');
  const code = (Type as Record<string, number>)[type] ?? Number(type.replace('TYPE', ''));
  return queryMessage(id, parseName(name), code);
}
