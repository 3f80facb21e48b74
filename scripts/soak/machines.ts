// The soak's network: two nodes with three pods each, and a machine outside, all in network namespaces; every one of them serves
// and calls (agent.ts). Addresses are those of src/proxy/worlds.testing.ts.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Family } from '#lib/cidr.ts';
import { run } from '#lib/run.ts';
import { enter, NodeNetwork } from '#network/index.ts';
import { unwire, wire } from '#proxy/wiring.testing.ts';
import { type World, worlds } from '#proxy/worlds.testing.ts';
import type { AgentReport, CallRequest } from './agent-messages.ts';
import type { Caller } from './allowed.ts';

const agent = fileURLToPath(new URL('agent.ts', import.meta.url));
const bridge = `sk${process.pid}`;
const podsPerNode = 3;

export interface Node {
  readonly name: string;
  readonly index: number;
  readonly namespace: string;
}
export const nodes: readonly Node[] = ['one', 'two'].map((name, i) => ({
  name,
  index: i + 1,
  namespace: `${bridge}-${name}`,
}));

export class Machine {
  readonly name: string;
  readonly kind: Caller['kind'];
  readonly node: Node | undefined;
  readonly namespace: string | undefined;
  readonly addresses: Record<Family, string>;
  #child: ChildProcess | undefined;
  #lastId = 0;
  readonly #waiting = new Map<number, (answer: string) => void>();
  readonly #kept = new Map<string, (why: string) => void>();

  constructor(
    parts: Pick<Machine, 'name' | 'kind' | 'node' | 'namespace'> & {
      address: (world: World) => string;
    },
  ) {
    this.name = parts.name;
    this.kind = parts.kind;
    this.node = parts.node;
    this.namespace = parts.namespace;
    this.addresses = { IPv4: parts.address(worlds.IPv4), IPv6: parts.address(worlds.IPv6) };
  }

  async start(): Promise<void> {
    const [file = '', ...args] = [...enter(this.namespace), process.execPath, agent, this.name];
    const served = this.kind === 'outside' ? [] : Object.values(this.addresses);
    const child = spawn(file, [...args, ...served], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    this.#child = child;
    child.on('message', (message: AgentReport) => this.#hear(message));
    const [first] = await Promise.race([once(child, 'message'), once(child, 'exit').then(() => [])]);
    if (!first) throw new Error(`the machine ${this.name} ended early`);
  }

  /** Resolves with what the caller hears. */
  call(request: Omit<CallRequest, 'id'>): Promise<string> {
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, resolve);
      this.#child?.send({ id, ...request }, (error) => error && reject(error));
    });
  }

  /** @param broken is told why, should a kept connection end by itself. */
  watch(keep: string, broken: (why: string) => void): void {
    this.#kept.set(keep, broken);
  }

  release(keep: string): void {
    this.#kept.delete(keep);
    if (this.#child?.connected) this.#child.send({ release: keep });
  }

  stop(): void {
    this.#child?.kill('SIGKILL');
  }

  #hear(message: AgentReport): void {
    if ('id' in message) {
      this.#waiting.get(message.id)?.(message.answer);
      this.#waiting.delete(message.id);
    } else if ('broken' in message) {
      this.#kept.get(message.broken)?.(message.why);
      this.#kept.delete(message.broken);
    }
  }
}

export const outside = new Machine({
  name: 'outside',
  kind: 'outside',
  node: undefined,
  namespace: undefined,
  address: (world) => world.host,
});
const podPlaces = nodes.flatMap((node) =>
  Array.from({ length: podsPerNode }, (_, i) => {
    const name = `pod-${node.name}-${i + 1}`;
    return { name, node, n: 11 + i, namespace: `${bridge}-${name}` };
  }),
);
export const pods = podPlaces.map(
  ({ n, ...place }) => new Machine({ ...place, kind: 'pod', address: (world) => world.pod(place.node.index, n) }),
);
const wiring = { bridge, nodes, pods: podPlaces.map((place) => ({ ...place, node: place.node.index })) };
const nodeMachines = nodes.map(
  (node) =>
    new Machine({
      name: `node-${node.name}`,
      kind: 'node',
      node,
      namespace: node.namespace,
      address: (world) => world.node(node.index),
    }),
);
/** Those that can be endpoints. */
export const servers: readonly Machine[] = [...pods, ...nodeMachines];
export const machines: readonly Machine[] = [...servers, outside];

export async function createNetwork(): Promise<void> {
  await wire(wiring);
  // All refusals are to be heard: the kernel would ration them.
  for (const namespace of [undefined, ...nodes.map((node) => node.namespace)]) {
    const [file = '', ...args] = [
      ...enter(namespace),
      ...['sysctl', '-qw', 'net.ipv4.icmp_ratelimit=0', 'net.ipv6.icmp.ratelimit=0'],
    ];
    await run(file, args);
  }
  await Promise.all(machines.map((machine) => machine.start()));
}

/** All that the node answers to. */
export const addressesOf = async ({ namespace }: Node): Promise<string[]> => [
  ...(await new NodeNetwork(namespace).addresses()),
  '127.0.0.1',
  '::1',
];

export async function deleteNetwork(): Promise<void> {
  for (const machine of machines) machine.stop();
  await unwire(wiring);
}
