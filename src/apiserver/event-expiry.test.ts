import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from '#lib/clock.ts';
import { MemoryStore } from '#storage/index.ts';
import { type Json, startServer } from './in-process-suite.ts';

test('events go an hour after they were last written, and watchers see them go', async () => {
  let now = Date.now();
  const clock = { ...systemClock, now: () => new Date(now) };
  const api = await startServer({ store: new MemoryStore({ clock, expiryPeriodMs: 1 }) });
  const events = '/api/v1/namespaces/default/events';
  const create = async (name: string) => {
    const event = { metadata: { name }, involvedObject: { kind: 'Pod', name: 'p', namespace: 'default' }, reason: 'r' };
    assert.equal((await api.send('POST', events, event)).status, 201);
  };
  await create('old');
  await create('again');
  now += 40 * 60_000;
  const headers = { 'content-type': 'application/merge-patch+json' };
  assert.equal((await api.send('PATCH', `${events}/again`, { count: 2 }, { headers })).status, 200);
  await create('new');
  const stop = new AbortController();
  const watch = await api.watch(`${events}?watch=true&resourceVersion=${api.store.revision}`, stop.signal);
  now += 21 * 60_000;
  const { value } = await watch.next();
  assert.deepEqual([value.type, value.object.metadata.name], ['DELETED', 'old']);
  assert.equal(value.object.metadata.resourceVersion, String(api.store.revision));
  const { json } = await api.send('GET', events);
  assert.deepEqual(
    json.items.map(({ metadata }: Json) => metadata.name),
    ['again', 'new'],
  );
  stop.abort();
  assert.equal((await watch.next()).done, true);
});
