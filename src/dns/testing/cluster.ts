// A small cluster for the tests of this folder. Addresses: Services 10.96.0.0/12 and fd00:96::/112, pods 10.244.0.0/16 and
// fd00:244::/64, the DNS server itself 10.244.0.53.

import type { EndpointSlice, Namespace, Service } from '#api/index.ts';
import { type Cidr, parseCidr } from '#lib/cidr.ts';
import { reverseZoneNames, serviceFacts, sliceFacts, Zones, type ZonesOptions } from '../records/index.ts';
import { decodeMessage, formatRecord, type Message, parseName, queryMessage, Type } from '../wire/index.ts';

export const namespace = (name: string): Namespace => ({ metadata: { name } }) as Namespace;

/** `name` is `service` or `service.namespace`. */
export function service(name: string, spec: Partial<Service['spec']>): Service {
  const [own = '', space = 'default'] = name.split('.');
  return { metadata: { name: own, namespace: space }, spec: { type: 'ClusterIP', ...spec } } as Service;
}

type Endpoint = EndpointSlice['endpoints'][number];
type Port = EndpointSlice['ports'][number];

/** @param endpoints an address, `host=address`, or `!address` for one that is not ready. */
export function slice(
  name: string,
  of: string,
  endpoints: readonly string[],
  ports: readonly Port[] = [],
): EndpointSlice {
  const [own = '', space = 'default'] = of.split('.');
  return {
    metadata: { name, namespace: space, labels: { 'kubernetes.io/service-name': own } },
    addressType: endpoints.some((text) => text.includes(':')) ? 'IPv6' : 'IPv4',
    endpoints: endpoints.map(endpoint),
    ports: [...ports],
  } as EndpointSlice;
}

function endpoint(text: string): Endpoint {
  const [, not, hostname, address = ''] = /^(!?)(?:([\w-]+)=)?(.*)$/.exec(text) ?? [];
  return { addresses: [address], conditions: not ? { ready: false } : {}, ...(hostname && { hostname }) };
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

/** Every kind of Service that DNS tells apart. */
export const sample = (): Zones =>
  fill(emptyZones({ ownAddresses: ['10.244.0.53'] }), [
    namespace('default'),
    namespace('kube-system'),
    namespace('empty'),
    service('kubernetes', { clusterIP: '10.96.0.1', clusterIPs: ['10.96.0.1'], ports: [{ name: 'https', port: 443 }] }),
    service('kube-dns.kube-system', {
      clusterIPs: ['10.96.0.10'],
      ports: [
        { name: 'dns', protocol: 'UDP', port: 53 },
        { name: 'dns-tcp', protocol: 'TCP', port: 53 },
      ],
    }),
    slice('kube-dns-a', 'kube-dns.kube-system', ['10.244.0.53'], [{ name: 'dns', protocol: 'UDP', port: 53 }]),
    service('web', { clusterIPs: ['10.96.0.80'], ports: [{ name: 'http', protocol: 'TCP', port: 80 }, { port: 81 }] }),
    slice('web-x', 'web', ['10.244.1.5', '!10.244.1.6'], [http]),
    service('dual', {
      clusterIPs: ['10.96.0.90', 'fd00:96::90'],
      ports: [{ name: 'http', protocol: 'TCP', port: 80 }],
    }),
    service('db', { clusterIP: 'None', clusterIPs: ['None'] }),
    slice(
      'db-1',
      'db',
      ['db-0=10.244.1.7', 'db-1=10.244.2.7', '!db-2=10.244.2.8'],
      [{ ...http, name: 'sql', port: 5432 }],
    ),
    slice('db-2', 'db', ['db-0=10.244.1.7', '10.244.3.7'], [{ ...http, name: 'sql', port: 5432 }]),
    service('six', { clusterIP: 'None' }),
    slice('six-1', 'six', ['fd00:244::', 'fd00:244::1'], []),
    service('down', { clusterIP: 'None' }),
    slice('down-1', 'down', ['!10.244.1.9'], [http]),
    service('alias', { type: 'ExternalName', externalName: 'Web.default.svc.cluster.local.' }),
    service('alias2', { type: 'ExternalName', externalName: 'alias.default.svc.cluster.local' }),
    service('gone', { type: 'ExternalName', externalName: 'nowhere.default.svc.cluster.local' }),
    service('loop-a', { type: 'ExternalName', externalName: 'loop-b.default.svc.cluster.local' }),
    service('loop-b', { type: 'ExternalName', externalName: 'loop-a.default.svc.cluster.local' }),
    service('outside', { type: 'ExternalName', externalName: 'www.example.com' }),
    service('address', { type: 'ExternalName', externalName: '192.0.2.1' }),
    service('unseen.missing', { clusterIPs: ['10.96.0.99'] }),
    slice('orphan', 'nobody', ['10.244.9.9'], [http]),
  ]);

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
