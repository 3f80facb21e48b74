// The elements of one frontend: all that the kernel knows of it.

import type { Family } from '#lib/cidr.ts';
import type { Element, NamedSet } from '#nftables/index.ts';
import type { Frontend } from './frontends.ts';
import { rejectVerdict } from './rules.ts';
import { setsOf } from './sets.ts';
import { choosing, remembering, type Shape, type ShapeOptions } from './shapes.ts';
import { mostSlots } from './slots.ts';

/** A frontend as the kernel has it. */
export interface Programmed {
  readonly frontend: Frontend;
  /** Endpoints by their number. */
  readonly slots: readonly string[];
  readonly localSlots: readonly string[];
  /** The chains that its elements go to. */
  readonly choosing: Shape | undefined;
  readonly remembering: Shape | undefined;
}

export function programmed(
  family: Family,
  frontend: Frontend,
  slots: readonly string[],
  localSlots: readonly string[],
  options: ShapeOptions,
): Programmed {
  const seconds = frontend.affinitySeconds;
  const counts = { endpoints: slots.length, local: localSlots.length };
  const isCalled = slots.length > 0;
  return {
    frontend,
    slots,
    localSlots,
    choosing: isCalled ? choosing(family, frontend, counts, options) : undefined,
    remembering: isCalled && seconds !== undefined ? remembering(family, seconds) : undefined,
  };
}

/** Set by set; the elements are made when they are asked for. */
export function* elementsOf(
  family: Family,
  { frontend, slots, localSlots, choosing, remembering }: Programmed,
): Generator<readonly [NamedSet, () => Iterable<Element>]> {
  const sets = setsOf[family];
  const { key, address, protocol, port, comment, refusal, allowedSources } = frontend;
  const byAddress = address !== undefined;
  const one = (element: Element) => () => [element];
  const value = choosing ? `goto ${choosing.chain}` : refusal === 'drop' ? 'drop' : rejectVerdict;
  yield [byAddress ? sets.serviceIPs : sets.serviceNodePorts, one({ key, value, comment })];
  const place = byAddress ? `${address} . ${port}` : `${port}`;
  if (remembering) {
    const verdict = { key: place, value: `goto ${remembering.chain}`, comment };
    yield [byAddress ? sets.affinityServices[protocol] : sets.affinityNodePorts[protocol], one(verdict)];
  }
  if (slots.length > 0) {
    const numbered = function* () {
      for (const [slot, value] of slots.entries()) yield { key: `${place} . ${slot}`, value };
      for (const [slot, value] of localSlots.entries()) yield { key: `${place} . ${mostSlots + slot}`, value };
    };
    yield [byAddress ? sets.endpoints[protocol] : sets.nodePortEndpoints[protocol], numbered];
  }
  if (allowedSources) {
    yield [sets.firewalled, one({ key, comment })];
    yield [sets.allowedSources, () => allowedSources.map((range) => ({ key: `${key} . ${range}` }))];
  }
}
