// What a change or an answer costs where a Service has thousands of endpoints: counted in endpoints that are looked at.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AuthorityHandler } from '../handlers/authority.ts';
import { emptyZones, fill, http, namespace, service } from '../testing/cluster.ts';
import { decodeMessage, encodeMessage, Flag, type Message, parseName, readQuery, Type } from '../wire/index.ts';
import { queryMessage } from '../wire/message.ts';
import type { Query } from '../wire/query.ts';
import type { EndpointFacts, SliceFacts } from './facts.ts';

const [slices, perSlice] = [50, 100];
const addressOf = (slice: number, index: number): string => `10.244.${slice}.${index}`;

/** A headless Service whose endpoints count how often they are looked at. */
function largeService() {
  let looks = 0;
  const endpoint = (address: string): EndpointFacts => ({
    get address() {
      looks++;
      return address;
    },
  });
  const facts = (addresses: readonly string[]): SliceFacts => ({
    namespace: 'default',
    service: 'large',
    endpoints: addresses.map(endpoint),
    ports: [{ name: 'http', protocol: 'tcp', port: http.port as number }],
  });
  const all = (slice: number) => Array.from({ length: perSlice }, (_, index) => addressOf(slice, index));
  const zones = fill(emptyZones(), [namespace('default'), service('large', { clusterIP: 'None' })]);
  const set = (slice: number, addresses: readonly string[]) => zones.index.setSlice(`large-${slice}`, facts(addresses));
  for (let slice = 0; slice < slices; slice++) set(slice, all(slice));
  const counted = (work: () => void): number => {
    looks = 0;
    work();
    return looks;
  };
  return { zones, set, all, counted };
}

function ask({ zones }: ReturnType<typeof largeService>, name: string, type: number): Message {
  const handler = new AuthorityHandler({ name: 'kubernetes', zones, isSynced: () => true });
  const query = readQuery(encodeMessage(queryMessage(1, parseName(name), type))) as Query;
  const client = { address: '127.0.0.1', port: 5353 };
  return decodeMessage(handler.handle({ query, client, isTcp: true, limit: 65535, depth: 0 }) as Uint8Array);
}

test('a change of a slice looks at its own endpoints only', () => {
  const large = largeService();
  const [, ...others] = large.all(7);
  assert.ok(large.counted(() => large.set(7, [...others, '10.244.200.1'])) < 10 * perSlice);
  assert.deepEqual(large.zones.index.endpointNamesOf(addressOf(7, 0)), []);
  assert.equal(large.zones.index.endpointNamesOf('10.244.200.1').length, 1);
  assert.ok(large.counted(() => large.zones.index.removeSlice('default', 'large-7')) < 10 * perSlice);
});

test('the way back from an address looks at the endpoints of its slice only', () => {
  const large = largeService();
  assert.ok(large.counted(() => large.zones.index.endpointNamesOf(addressOf(7, 1))) < 10 * perSlice);
});

test('an answer is worked out once, and only as much of it as a message has room for', () => {
  const large = largeService();
  const name = 'large.default.svc.cluster.local';
  const all = slices * perSlice;
  const addresses = large.counted(() => {
    const { answer, flags } = ask(large, name, Type.A);
    assert.ok(answer.length > 4000 && answer.length < all && flags & Flag.TC);
  });
  assert.ok(addresses <= 2 * all, `${addresses} looks`);
  const services = large.counted(() => {
    const { answer, flags } = ask(large, name, Type.SRV);
    assert.ok(answer.length > 1000 && answer.length < 1100 && flags & Flag.TC);
  });
  assert.ok(services < 4 * 2 * 1100, `${services} looks`);
  const again = large.counted(() => {
    ask(large, name, Type.A);
    ask(large, name, Type.SRV);
  });
  assert.equal(again, 0);
});
