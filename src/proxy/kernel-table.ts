// What a table holds from before: who starts again finds his own work and changes only what is not right.

import type { Element } from '#nftables/index.ts';
import type { FoundElements } from './element-changes.ts';
import type { Programmed } from './elements.ts';
import type { Frontend } from './frontends.ts';
import { setsOf } from './sets.ts';
import { mostSlots } from './slots.ts';

export interface KernelTable {
  readonly chains: readonly string[];
  /** Of all sets that are written (`writtenSets`), by name and key. Taken out of it as they find their owner. */
  readonly elements: FoundElements;
}

type Slots = Pick<Programmed, 'slots' | 'localSlots'>;

/** The endpoints of a frontend by their number, as an earlier proxy left them, so that they keep it. */
export class PreviousSlots {
  readonly #elements: FoundElements;

  /** Sets are called the same in both families. */
  constructor(kernel: KernelTable | undefined) {
    this.#elements = kernel?.elements ?? new Map();
  }

  /** Reads the numbers up to the first that nobody has. */
  take({ address, protocol, port }: Frontend): Slots | undefined {
    if (this.#elements.size === 0) return undefined;
    const sets = setsOf.IPv4;
    const { name } = (address === undefined ? sets.nodePortEndpoints : sets.endpoints)[protocol];
    const elements = this.#elements.get(name);
    if (!elements) return undefined;
    const place = address === undefined ? `${port}` : `${address} . ${port}`;
    return { slots: numbered(elements, place, 0), localSlots: numbered(elements, place, mostSlots) };
  }
}

function numbered(elements: ReadonlyMap<string, Element>, place: string, first: number): string[] {
  const slots: string[] = [];
  for (let slot = 0; slot < mostSlots; slot++) {
    const value = elements.get(`${place} . ${first + slot}`)?.value;
    if (value === undefined) break;
    slots.push(value);
  }
  return slots;
}
