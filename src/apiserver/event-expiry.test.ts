import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from '#lib/clock.ts';
import { MemoryStore } from '#storage/index.ts';
import { expireEvents } from './event-expiry.ts';
import { type Json, startServer } from './in-process-suite.ts';
import { Registry } from './registry.ts';
import { Writer } from './writer.ts';

test('events go an hour after they last happened', async () => {
  const api = await startServer({ store: new MemoryStore() });
  const events = '/api/v1/namespaces/default/events';
  const event = (name: string, rest: object) => ({
    metadata: { name },
    involvedObject: { kind: 'Pod', name: 'p', namespace: 'default' },
    reason: 'r',
    type: 'Normal',
    ...rest,
  });
  const ago = (minutes: number) => `${new Date(Date.now() - minutes * 60_000).toISOString().slice(0, 19)}Z`;
  for (const [name, rest] of Object.entries({
    old: { lastTimestamp: ago(61) },
    recent: { lastTimestamp: ago(59) },
    none: {},
  })) {
    assert.equal((await api.send('POST', events, event(name, rest))).status, 201);
  }
  const registry = new Registry(api.store);
  const writer = new Writer(registry, new Map(), systemClock);
  await expireEvents({ registry, writer, clock: systemClock, closing: new AbortController().signal });
  const { json } = await api.send('GET', events);
  assert.deepEqual(
    json.items.map(({ metadata }: Json) => metadata.name),
    ['none', 'recent'],
  );
});
