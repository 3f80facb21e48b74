// Two nodes with pods in network namespaces, in both IP families, and what the proxy writes there, written as the proxy writes
// it. Every server answers with its name and the source address that it sees.
// Addresses are in worlds.testing.ts.

import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Server, Socket } from 'node:net';
import type { EndpointSlice, Service } from '#api/index.ts';
import { createLogger } from '#lib/log.ts';
import { type RunResult, tryRun } from '#lib/run.ts';
import { enter, listenIn, NodeNetwork } from '#network/index.ts';
import { NftExec } from '#nftables/index.ts';
import { ConntrackExec } from './conntrack/conntrack.ts';
import { FlowCleaner } from './conntrack/flow-cleaner.ts';
import { type ServiceShape, serviceOf, sliceOf } from './objects.testing.ts';
import { Observers, type ServiceState } from './observer.ts';
import type { CallerName } from './packets/cases.testing.ts';
import { TableWriter } from './table-writer.ts';
import { unwire, wire } from './wiring.testing.ts';
import { families } from './words.ts';
import { worlds } from './worlds.testing.ts';

const bridge = `tp${process.pid}`;
const both = families.map((family) => worlds[family]);
const quiet = createLogger('test', 'error');

export const nodes = ['one', 'two'].map((name, i) => ({ name, index: i + 1, namespace: `${bridge}-${name}` }));
export const pods = [
  { name: 'client', node: 1, n: 5 },
  { name: 'a', node: 1, n: 6 },
  { name: 'b', node: 2, n: 6 },
].map((pod) => ({ ...pod, namespace: `${bridge}-${pod.name}` }));
const wiring = { bridge, nodes, pods };

/** Who calls: a pod on node one, that node, or a machine outside. */
export const callers = { pod: `${bridge}-client`, node: `${bridge}-one`, host: undefined } as const;
export type Caller = keyof typeof callers;

/** Of those who call in the tables of packets/; undefined: the host's own. */
export const namespaceOf = (caller: CallerName): string | undefined =>
  ({
    'a pod': callers.pod,
    'the endpoint': `${bridge}-a`,
    'the node': callers.node,
    'a client outside': callers.host,
    'a pod elsewhere': `${bridge}-b`,
  })[caller];

const servers: Server[] = [];
const children: ChildProcess[] = [];
/** What there is, as the API would tell it. */
const states = new Map<string, Omit<ServiceState, 'wants'>>();
const cleaners = nodes.map(({ name, namespace }) => {
  const network = new NodeNetwork(namespace);
  const parts = {
    conntrack: new ConntrackExec({ prefix: enter(namespace) }),
    nodeAddresses: () => network.addresses(),
    log: quiet,
  };
  return new FlowCleaner(parts, { nodeName: name, families }, new AbortController().signal);
});
type TestNode = (typeof nodes)[number];

const nodeIPs = ({ index }: TestNode) => both.map(({ node }) => node(index));

export const placeOf = (node: TestNode) => ({
  nodeName: node.name,
  zone: `zone-${node.name}`,
  nodeIPs: nodeIPs(node),
});

export const rulesOf = (node: TestNode) => ({
  clusterCIDRs: both.map(({ clusterCIDR }) => clusterCIDR),
  nodePodCIDRs: both.map(({ podCIDR }) => podCIDR(node.index)),
  serviceCIDRs: both.map(({ serviceCIDR }) => serviceCIDR),
  nodePortIPs: nodeIPs(node),
});

let writers = nodes.map(writersOf);

function writersOf(node: TestNode, i: number): TableWriter[] {
  const options = rulesOf(node);
  const parts = {
    nft: new NftExec({ prefix: enter(node.namespace) }),
    log: quiet,
    source: {
      all: () => states.keys(),
      get: (key: string) => states.get(key),
      serviceCIDRs: options.serviceCIDRs,
      place: placeOf(node),
    },
    observer: new Observers([cleaners[i] as FlowCleaner], quiet),
    options,
  };
  return families.map((family) => new TableWriter(family, parts));
}

/** As when the proxies of all nodes were replaced by new ones. */
export async function restart(): Promise<void> {
  writers = nodes.map(writersOf);
  await written([]);
}

export const put = (service: Service, ...slices: EndpointSlice[]): Promise<void> => putAll([{ service, slices }]);

/** In one transaction of each table. */
export async function putAll(all: readonly Omit<ServiceState, 'wants'>[]): Promise<void> {
  const keyed = all.map((state) => [`default/${state.service.metadata.name}`, state] as const);
  for (const [key, state] of keyed) states.set(key, state);
  await written(keyed.map(([key]) => key));
}

async function written(keys: readonly string[]): Promise<void> {
  await Promise.all(
    writers.map(async (ofNode, i) => {
      await Promise.all(
        ofNode.map(async (writer) => {
          writer.add(keys);
          await writer.write(Date.now());
          await writer.idle();
        }),
      );
      await cleaners[i]?.idle();
    }),
  );
}

const ports = [
  { name: 'tcp', port: 80 },
  { name: 'udp', port: 80, protocol: 'UDP' },
  { name: 'sctp', port: 80, protocol: 'SCTP' },
];

/** At cluster IP n of both families, port 80, node port 31000 + n. */
export const service = (name: string, n: number, more: Partial<ServiceShape> = {}): Service =>
  serviceOf({
    name,
    clusterIP: both.map((world) => world.service(n)),
    type: 'NodePort',
    ports: ports.map((port) => ({ ...port, nodePort: 31_000 + n })),
    ...more,
  });

/** The pods of these names, and nodes: `two` is a server of the node itself. */
export const slices = (name: string, ...endpoints: string[]): EndpointSlice[] =>
  families.map((family) =>
    sliceOf({
      service: name,
      name: `${name}-${family}`,
      addressType: family,
      ports: ports.map((port) => ({ ...port, port: 8080 })),
      endpoints: endpoints.map((endpoint) => {
        const pod = pods.find((each) => each.name === endpoint);
        const index = pod?.node ?? nodes.findIndex((node) => node.name === endpoint) + 1;
        const ip = pod ? worlds[family].pod(pod.node, pod.n) : worlds[family].node(index);
        return { ip, nodeName: nodes[index - 1]?.name };
      }),
    }),
  );

/** The host's own namespace when there is none. */
export function bash(caller: Caller, script: string): Promise<RunResult> {
  const [file = 'bash', ...args] = [...enter(callers[caller]), 'bash', '-c', script];
  return tryRun(file, args, { timeoutMs: 8000 });
}

/** A process that lives until the world ends. */
export function shell(caller: Caller, script: string) {
  const [file = 'bash', ...args] = [...enter(callers[caller]), 'bash', '-c', script];
  const child = spawn(file, args, { stdio: ['pipe', 'pipe', 'ignore'] });
  children.push(child);
  return child;
}

/** The answers to some TCP connections. */
export async function call(caller: Caller, address: string, port: number, times = 1): Promise<string[]> {
  const each = `exec 3<>/dev/tcp/${address}/${port} && cat <&3 && exec 3>&-`;
  const { stdout, stderr } = await bash(caller, `for i in $(seq ${times}); do ${each} || exit 1; done`);
  assert.equal(stderr, '');
  return stdout.trim().split('\n');
}

/** Whether there is no answer at all, not even that there is none. */
export async function isSilent(caller: Caller, address: string, port: number): Promise<boolean> {
  const { code } = await bash(caller, `timeout 0.4 bash -c "exec 3<>/dev/tcp/${address}/${port}"`);
  return code === 124;
}

const udpEcho = `
const [name, ...hosts] = process.argv.slice(1);
let waiting = hosts.length;
for (const host of hosts) {
  const socket = require('node:dgram').createSocket(host.includes(':') ? 'udp6' : 'udp4');
  socket.on('message', (_, from) => socket.send(name + ' ' + from.address + '\\n', from.port, from.address));
  socket.bind(8080, host, () => --waiting || console.log('ready'));
}`;

export async function createWorld(): Promise<void> {
  await wire(wiring);
  for (const pod of pods) {
    await serve(pod.name, pod.namespace);
    const [file = '', ...args] = [...enter(pod.namespace), process.execPath, '-e', udpEcho, pod.name];
    const child = spawn(file, [...args, ...both.map((world) => world.pod(pod.node, pod.n))], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    children.push(child);
    await once(child.stdout as NonNullable<typeof child.stdout>, 'data');
  }
  for (const node of nodes) await serve(node.name, node.namespace);
}

async function serve(name: string, namespace: string): Promise<void> {
  const server = await listenIn(namespace, { host: '::', port: 8080 });
  server.on('connection', (socket: Socket) => {
    const from = socket.remoteAddress?.replace(/^::ffff:/, '');
    socket.on('error', () => {}).end(`${name} ${from}\n`);
  });
  servers.push(server);
}

export async function deleteWorld(): Promise<void> {
  for (const server of servers) server.close();
  for (const child of children) child.kill('SIGKILL');
  await unwire(wiring);
}
