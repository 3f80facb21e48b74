// What a pod requests and whether a node has as much left of what it says that pods can use: upstream's NodeResourcesFit,
// messages included. Amounts are exact, in the nano-units of `parseQuantity`. Pure.

import { isSidecar, type Node, type Pod } from '#api/index.ts';
import { parseQuantity } from '#api/schema/quantity.ts';

export type Amounts = ReadonlyMap<string, bigint>;
type Quantities = Readonly<Record<string, string>>;

/** Of these a node has as much as anybody wants when it does not count them; of all others it has none. */
const standard = ['cpu', 'memory', 'ephemeral-storage'];

/** Why the node cannot take the pod beside those that it has: everything that is short. */
export function shortages(pod: Pod, { status }: Node, pods: readonly Pod[]): string[] {
  const allocatable = status?.allocatable ?? {};
  const isFull = pods.length >= Number(allocatable.pods ?? Number.POSITIVE_INFINITY);
  const short = [...requestsOf(pod)].filter(
    ([resource, amount]) => amount > 0n && amount > left(resource, allocatable, pods),
  );
  const insufficient = short.map(([resource]) => `Insufficient ${resource}`).sort();
  return [...(isFull ? ['Too many pods'] : []), ...insufficient];
}

function left(resource: string, allocatable: Quantities, pods: readonly Pod[]): bigint | number {
  const capacity = allocatable[resource];
  if (capacity === undefined) return standard.includes(resource) ? Number.POSITIVE_INFINITY : 0n;
  return pods.reduce((rest, pod) => rest - (requestsOf(pod).get(resource) ?? 0n), parseQuantity(capacity).nanos);
}

/** Objects of a cache do not change, and every pod of a node is looked at for every pod that may go there. */
const known = new WeakMap<Pod, Amounts>();

/** The most that the pod needs at any time of its life. */
export function requestsOf(pod: Pod): Amounts {
  const before = known.get(pod);
  if (before) return before;
  const { containers, initContainers = [], overhead = {}, resources } = pod.spec;
  const sidecars = new Map<string, bigint>();
  const starting = new Map<string, bigint>();
  // In their order: each runs alone, but beside the sidecars that were started before it.
  for (const container of initContainers) {
    const amounts = parse(container.resources?.requests);
    if (isSidecar(container)) add(sidecars, amounts);
    else raise(starting, add(new Map(sidecars), amounts));
  }
  const total = containers.reduce((sum, container) => add(sum, parse(container.resources?.requests)), sidecars);
  raise(total, starting);
  for (const [resource, amount] of parse(resources?.requests)) total.set(resource, amount);
  add(total, parse(overhead));
  known.set(pod, total);
  return total;
}

const parse = (quantities: Quantities = {}): [string, bigint][] =>
  Object.entries(quantities).map(([resource, quantity]) => [resource, parseQuantity(quantity).nanos]);

function add(sum: Map<string, bigint>, amounts: Iterable<[string, bigint]>): Map<string, bigint> {
  for (const [resource, amount] of amounts) sum.set(resource, (sum.get(resource) ?? 0n) + amount);
  return sum;
}

function raise(most: Map<string, bigint>, amounts: Amounts): void {
  for (const [resource, amount] of amounts) if (amount > (most.get(resource) ?? 0n)) most.set(resource, amount);
}
