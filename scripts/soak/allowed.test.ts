// That the soak allows what the tables of src/proxy/packets say, and nothing else: two who read the same specification.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  addressOf,
  allCases,
  type Called,
  type CallerName,
  type Case,
  callers,
  elsewhereOf,
  hereOf,
  outerAddresses,
  serviceFor,
  slicesFor,
  sourceOf,
  wanted,
  zone,
} from '#proxy/packets/cases.testing.ts';
import { type World, worlds } from '#proxy/worlds.testing.ts';
import { type Allowed, allowed, type Call } from './allowed.ts';

const kinds: Record<CallerName, Omit<Call['caller'], 'address'>> = {
  'a pod': { kind: 'pod', node: 'one' },
  'the endpoint': { kind: 'pod', node: 'one' },
  'the node': { kind: 'node', node: 'one' },
  'a client outside': { kind: 'outside', node: undefined },
  'a pod elsewhere': { kind: 'pod', node: 'two' },
};

/** In the words of the tables. */
function told(world: World, { endpoints, otherwise }: Allowed): string[] {
  if (otherwise !== undefined) return [otherwise];
  const where = new Map([
    [`${hereOf(world)} 8080`, 'here'],
    [`${elsewhereOf(world)} 8080`, 'elsewhere'],
  ]);
  return [...endpoints]
    .map(([name, source]) => `${where.get(name)} as ${source === 'caller' ? 'itself' : 'the node'}`)
    .sort();
}

for (const family of ['IPv4', 'IPv6'] as const) {
  const world: World = worlds[family];
  const check = (caller: CallerName, called: Called, one: Case) => {
    const call: Call = {
      caller: { ...kinds[caller], address: sourceOf(world, caller) },
      family,
      protocol: 'TCP',
      to: called,
      ...addressOf(world, one, called),
    };
    const view = { name: 'one', zone, addresses: [world.node(1), world.gateway(1)] };
    const got = told(world, allowed(call, serviceFor(one), slicesFor(one), view));
    assert.deepEqual(got, wanted(caller, called, one), `${caller} calls the ${called} of ${JSON.stringify(one)}`);
  };

  describe(`what the soak allows, ${family}`, () => {
    for (const caller of callers) {
      for (const called of ['cluster IP', ...outerAddresses] as const) {
        // Its own node would have translated that.
        if (caller === 'a pod elsewhere' && called === 'cluster IP') continue;
        test(`${caller} calls the ${called}`, () => {
          const cases = allCases().filter(({ type }) => called === 'cluster IP' || type.outer.includes(called));
          assert.ok(cases.length > 100);
          for (const one of cases) check(caller, called, one);
        });
      }
    }
  });
}
