// What a table holds from before: who starts again finds his predecessor's work and changes only what is not right.

import type { Element, NamedSet, Transaction } from '#nftables/index.ts';
import type { ElementChanges, FoundElements } from './element-changes.ts';
import type { Programmed } from './elements.ts';
import type { Frontend } from './frontends.ts';
import type { LeftUdp } from './observer.ts';
import { leftSets, type Sets, setsOf } from './sets.ts';
import { mostSlots } from './slots.ts';

export interface KernelTable {
  readonly chains: readonly string[];
  /** By set and key; those of `writtenSets` are taken out of it as they find their owner. */
  readonly elements: FoundElements;
}

/** Sets are called the same in both families. */
const names = setsOf.IPv4;

/** UDP that the table leads somewhere, or has led lately. */
export function leftUdp({ elements }: KernelTable): LeftUdp[] {
  const keysOf = ({ name }: NamedSet) => [...(elements.get(name)?.keys() ?? [])];
  return [
    ...[names.serviceIPs, names.serviceNodePorts].flatMap(keysOf).flatMap((key) => udpOf(key) ?? []),
    ...leftSets(names).flatMap(keysOf).map(placeOf),
  ];
}

/** Long enough for a proxy to come back, and little to keep. */
const keptSeconds = 600;

/** Writes down what the next proxy is to know of should this one be killed: UDP that leaves the maps. */
export function addLeftUdp(
  transaction: Transaction,
  { leftUdp, serviceIPs, serviceNodePorts }: Sets,
  changes: ElementChanges,
): void {
  for (const [from, to] of [
    [serviceIPs, leftUdp.services],
    [serviceNodePorts, leftUdp.nodePorts],
  ] as const) {
    const left = changes.leaving(from).flatMap((key) => udpOf(key) ?? []);
    const keys = left.map(({ address, port }) => (address === undefined ? `${port}` : `${address} . ${port}`));
    transaction.addElements(
      to.name,
      keys.map((key) => ({ key, timeout: keptSeconds })),
    );
  }
}

/** `address . protocol . port`, or without the address. */
function udpOf(key: string): LeftUdp | undefined {
  const [port, protocol, address] = key.split(' . ').reverse();
  return protocol === 'udp' ? { address, port: Number(port) } : undefined;
}

function placeOf(key: string): LeftUdp {
  const [port, address] = key.split(' . ').reverse();
  return { address, port: Number(port) };
}

/** What the predecessor left of single frontends. */
export class LeftFrontends {
  readonly #elements: FoundElements;
  /** Of source ranges: their keys, by that of the frontend. */
  readonly #ranges = new Map<string, string[]>();

  constructor(kernel: KernelTable | undefined) {
    this.#elements = kernel?.elements ?? new Map();
    for (const key of this.#elements.get(names.allowedSources.name)?.keys() ?? []) {
      const frontend = key.slice(0, key.lastIndexOf(' . '));
      this.#ranges.set(frontend, [...(this.#ranges.get(frontend) ?? []), key]);
    }
  }

  /** The endpoints by their number, up to the first number that nobody has: they are to keep it. */
  slots({ address, protocol, port }: Frontend): Pick<Programmed, 'slots' | 'localSlots'> {
    const { name } = (address === undefined ? names.nodePortEndpoints : names.endpoints)[protocol];
    const elements = this.#elements.get(name);
    const place = address === undefined ? `${port}` : `${address} . ${port}`;
    return { slots: numbered(elements, place, 0), localSlots: numbered(elements, place, mostSlots) };
  }

  /** Source ranges, once: they may be in the way of those that are wanted. */
  takeRanges({ key }: Frontend): readonly string[] {
    const ranges = this.#ranges.get(key) ?? [];
    this.#ranges.delete(key);
    return ranges;
  }
}

function numbered(elements: ReadonlyMap<string, Element> | undefined, place: string, first: number): string[] {
  const slots: string[] = [];
  for (let slot = 0; elements && slot < mostSlots; slot++) {
    const value = elements.get(`${place} . ${first + slot}`)?.value;
    if (value === undefined) break;
    slots.push(value);
  }
  return slots;
}
