// The elements of one frontend: all that the kernel knows of it.

import type { Family } from '#lib/cidr.ts';
import type { Element, NamedSet } from '#nftables/index.ts';
import type { Frontend } from './frontends.ts';
import { forgetVerdict, rejectVerdict } from './rules.ts';
import { type Sets, setsOf } from './sets.ts';
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
  yield* affinityElements(sets, frontend, place, remembering);
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

function* affinityElements(
  sets: Sets,
  { key, address, protocol, traffic, endpoints, localEndpoints, serving, comment }: Frontend,
  place: string,
  remembering: Shape | undefined,
): Generator<readonly [NamedSet, () => Iterable<Element>]> {
  const byAddress = address !== undefined;
  if (remembering) {
    const chosen = new Set([...endpoints, ...localEndpoints]);
    const verdict = (endpoint: string) => (chosen.has(endpoint) ? `goto ${remembering.chain}` : 'return');
    const right = () => serving.map((endpoint) => ({ key: `${place} . ${endpoint}`, value: verdict(endpoint) }));
    yield [byAddress ? sets.affinityServices[protocol] : sets.affinityNodePorts[protocol], right];
    if (byAddress) yield [sets.stickyServices, () => [{ key, value: forgetVerdict, comment }]];
    else yield [sets.stickyNodePorts, () => [{ key, comment }]];
  } else if (byAddress && traffic !== 'internal') {
    // It may be the node's, and be called at the number of somebody else's node port, who has affinity.
    yield [sets.stickyServices, () => [{ key, value: 'return', comment }]];
  }
}
