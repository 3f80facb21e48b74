// The sample cluster: every kind of object that DNS tells apart, as a real API server accepts it. Objects without a
// namespace of their own are in `default`. The DNS server itself is 10.244.0.53.

import type { EndpointSlice, Namespace, Pod, Service } from '#api/index.ts';
import type { Zones } from '../records/index.ts';
import { type ClusterOptions, emptyZones, fill, http, namespace, service, slice } from './cluster.ts';

type Port = NonNullable<EndpointSlice['ports']>[number];
const port = (name: string, number: number, protocol = 'TCP'): Port & { port: number } => {
  return { name, protocol, port: number };
};
const clusterIP = (...clusterIPs: string[]) => {
  const ipFamilies = clusterIPs.map((address) => (address.includes(':') ? 'IPv6' : 'IPv4'));
  const ipFamilyPolicy = clusterIPs.length > 1 ? 'RequireDualStack' : 'SingleStack';
  return { clusterIP: clusterIPs[0] ?? '', clusterIPs, ipFamilies, ipFamilyPolicy };
};
const headless = { clusterIP: 'None' };
const alias = (name: string, externalName: string) => service(name, { type: 'ExternalName', externalName });
const at = (name: string) => `${name}.default.svc.cluster.local`;
/** `count` addresses from `first` on. */
const addresses = (first: string, count: number): string[] => {
  const [a, b, c, d] = first.split('.').map(Number) as [number, number, number, number];
  return Array.from({ length: count }, (_, i) => `${a}.${b}.${c + ((d + i) >> 8)}.${(d + i) & 255}`);
};

const namespaces: readonly Namespace[] = [
  namespace('default'),
  namespace('kube-system'),
  namespace('empty'),
  namespace('other', { team: 'blue' }),
];

/** Services with an address of their own. */
const clusterServices = [
  service('kubernetes', { ...clusterIP('10.96.0.1'), ports: [port('https', 443)] }),
  service('kube-dns.kube-system', {
    ...clusterIP('10.96.0.10'),
    ports: [port('dns', 53, 'UDP'), port('dns-tcp', 53)],
  }),
  slice('kube-dns-a', 'kube-dns.kube-system', ['10.244.0.53'], [port('dns', 53, 'UDP')]),
  service('web', { ...clusterIP('10.96.0.80'), ports: [port('http', 80), port('admin', 81)] }, { tier: 'front' }),
  slice('web-x', 'web', ['10.244.1.5', '!10.244.1.6'], [http], { tier: 'front' }),
  service('dual', { ...clusterIP('10.96.0.90', 'fd00:96::90'), ports: [port('http', 80)] }),
  service('only6', { ...clusterIP('fd00:96::66'), ports: [port('http', 80)] }),
  service('unnamed', { ...clusterIP('10.96.0.82'), ports: [{ port: 80 }] }),
  service('idle', { ...clusterIP('10.96.0.83'), ports: [port('http', 80)] }),
  service('waiting', { ...clusterIP('10.96.0.84'), ports: [port('http', 80)] }),
  slice('waiting-1', 'waiting', ['!10.244.1.10'], [http]),
  service('node', { type: 'NodePort', ...clusterIP('10.96.0.85'), ports: [port('http', 80)] }),
  service('balanced', {
    type: 'LoadBalancer',
    ...clusterIP('10.96.0.86'),
    externalIPs: ['203.0.113.9'],
    ports: [port('http', 80)],
  }),
  service('web.other', { ...clusterIP('10.96.0.87'), ports: [port('http', 80)] }),
  slice('web-1', 'web.other', ['10.244.4.5'], [http]),
];

const headlessServices = [
  service('db', headless),
  slice('db-1', 'db', ['db-0=10.244.1.7', 'db-1=10.244.2.7', '!db-2=10.244.2.8'], [port('sql', 5432)]),
  slice('db-2', 'db', ['db-0=10.244.1.7', '10.244.3.7@db-pod-3'], [port('sql', 5432)]),
  service('six', headless),
  slice('six-1', 'six', ['fd00:244::', 'fd00:244::1']),
  service('down', headless),
  slice('down-1', 'down', ['!10.244.1.9'], [http]),
  service('sliceless', headless),
  service('void', headless),
  slice('void-1', 'void', [], [http]),
  service('shared', headless),
  slice('shared-1', 'shared', ['a=10.244.5.1', 'a=10.244.5.2', 'b=10.244.5.3', 'c=10.244.5.4'], [port('p', 1)]),
  slice('shared-2', 'shared', ['d=10.244.5.5', 'e=10.244.5.6'], [port('p', 1)]),
  service('moving', headless),
  slice('moving-1', 'moving', ['old=10.244.5.11'], [port('http', 8080)]),
  slice('moving-2', 'moving', ['new=10.244.5.12'], [port('http', 9090)]),
  service('portless', headless),
  slice('portless-1', 'portless', ['10.244.5.21']),
  service('named', headless),
  slice('named-1', 'named', ['10.244.5.31@named-0', `10.244.5.32@${'n'.repeat(64)}`]),
  service('many', headless),
  slice('many-1', 'many', addresses('10.244.16.0', 400), [http]),
  service('states', headless),
  {
    ...slice('states-1', 'states', ['unset=10.244.5.41', 'ready=10.244.5.42', 'serving=10.244.5.43'], [http]),
    endpoints: [
      { addresses: ['10.244.5.41'], hostname: 'unset' },
      { addresses: ['10.244.5.42'], hostname: 'ready', conditions: { ready: true, serving: false, terminating: true } },
      { addresses: ['10.244.5.43'], hostname: 'serving', conditions: { ready: false, serving: true } },
    ],
  } as EndpointSlice,
  // The flag is for whoever writes slices.
  service('eager', { ...headless, publishNotReadyAddresses: true }),
  slice('eager-1', 'eager', ['!10.244.5.51', '10.244.5.52'], [http]),
];

/** Addresses of more than one. */
const sharedAddresses = [
  service('twin-a', headless),
  slice('twin-a-1', 'twin-a', ['10.244.6.1', '10.96.0.80']),
  service('twin-b', headless),
  slice('twin-b-1', 'twin-b', ['host=10.244.6.1', '10.244.6.1']),
  slice('orphan', 'nobody', ['10.244.9.9'], [http]),
  // Endpoints of the old kind, which nobody turns into slices here.
  service('legacy', headless),
  // A slice's own name means nothing.
  { ...slice('nobody', 'nobody', ['10.244.9.8'], [http]), metadata: { name: 'web', namespace: 'default' } },
];

const aliases = [
  alias('alias', `${at('web')}.`),
  alias('alias2', at('alias')),
  alias('alias-db', at('db')),
  alias('gone', at('nowhere')),
  alias('loop-a', at('loop-b')),
  alias('loop-b', at('loop-a')),
  alias('self', at('self')),
  // Ten links from `chain-2` on.
  ...Array.from({ length: 11 }, (_, i) => alias(`chain-${i + 1}`, i === 10 ? at('web') : at(`chain-${i + 2}`))),
  alias('outside', 'www.example.com'),
  alias('outside-alias', 'alias.example.com'),
  alias('outside-missing', 'missing.example.com'),
  alias('outside-dead', 'dead.example.com'),
  alias('outside-large', 'large.example.com'),
  alias('address', '192.0.2.1'),
];

export const sampleObjects: readonly (Namespace | Service | EndpointSlice)[] = [
  ...namespaces,
  ...clusterServices,
  ...headlessServices,
  ...sharedAddresses,
  ...aliases,
] as const;

const pod = (name: string, phase: string, ...podIPs: string[]): Pod => {
  const [own = '', space = 'default'] = name.split('.');
  return {
    metadata: { name: own, namespace: space },
    spec: { nodeName: 'node-1', containers: [{ name: 'c', image: 'i' }] },
    status: { phase, podIP: podIPs[0], podIPs: podIPs.map((ip) => ({ ip })) },
  } as Pod;
};

/** `leaving` is to be deleted before anybody looks. */
export const samplePods: readonly Pod[] = [
  pod('client', 'Running', '10.244.1.5', 'fd00:244::5'),
  pod('pending', 'Pending', '10.244.1.34'),
  pod('done', 'Succeeded', '10.244.1.31'),
  pod('failed', 'Failed', '10.244.1.32'),
  pod('lost', 'Unknown', '10.244.1.33'),
  pod('leaving', 'Running', '10.244.1.35'),
  pod('elsewhere.other', 'Running', '10.244.1.36'),
];

/** The objects without their pods, as zones. */
export const sample = (options: ClusterOptions = {}): Zones =>
  fill(emptyZones({ ownAddresses: ['10.244.0.53'], ...options }), sampleObjects);
