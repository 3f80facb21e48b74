// Watches (api.md §8), in-process. The clock of those that wait is moved by hand.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ManualClock } from '#lib/manual-clock.ts';
import { MemoryStore } from '#storage/index.ts';
import { configMap, type Json, mergePatch, next, startServer, type TestServer } from './in-process-suite.ts';

const cms = '/api/v1/namespaces/default/configmaps';
const brief = ({ type, object }: Json): string => `${type} ${object.metadata.name ?? ''}`.trim();

async function watching(
  api: TestServer,
  query: string,
  body: (events: AsyncGenerator<Json>) => Promise<void>,
  headers?: Record<string, string>,
): Promise<void> {
  const stop = new AbortController();
  const events = await api.watch(`${cms}?watch=true${query && `&${query}`}`, stop.signal, headers);
  try {
    await body(events);
  } finally {
    stop.abort();
  }
  assert.equal((await events.next()).done, true, 'ends with its signal');
}
const labelled = (name: string, labels: Record<string, string>) => configMap(name, { metadata: { name, labels } });
const relabel = (api: TestServer, name: string, labels: Record<string, string | null>) =>
  api.send('PATCH', `${cms}/${name}`, { metadata: { labels } }, mergePatch);

describe('watch', () => {
  test('without a version begins with what there is, then goes on', async () => {
    const api = await startServer();
    await api.send('POST', cms, configMap('a'));
    await watching(api, '', async (events) => {
      assert.equal(brief(await next(events)), 'ADDED a');
      const waiting = next(events);
      await api.send('POST', cms, configMap('b'));
      assert.equal(brief(await waiting), 'ADDED b');
      await relabel(api, 'b', { x: '1' });
      await api.send('DELETE', `${cms}/a`);
      assert.equal(brief(await next(events)), 'MODIFIED b');
      const deleted = await next(events);
      assert.equal(brief(deleted), 'DELETED a');
      assert.equal(deleted.object.metadata.resourceVersion, String(api.store.revision));
    });
  });

  test('from a version sends what came after it, and other namespaces and kinds never', async () => {
    const api = await startServer();
    const { json } = await api.send('POST', cms, configMap('a'));
    await api.send('POST', '/api/v1/namespaces/kube-system/configmaps', configMap('elsewhere'));
    await api.send('POST', '/api/v1/namespaces/default/serviceaccounts', { metadata: { name: 'other' } });
    await api.send('POST', cms, configMap('b'));
    await watching(api, `resourceVersion=${json.metadata.resourceVersion}`, async (events) => {
      assert.equal(brief(await next(events)), 'ADDED b');
    });
  });

  test('of a selector sees objects come and go by their labels', async () => {
    const api = await startServer();
    await watching(api, `resourceVersion=${api.store.revision}&labelSelector=x%3D1`, async (events) => {
      await api.send('POST', cms, labelled('a', { x: '0' }));
      await relabel(api, 'a', { x: '1' });
      await relabel(api, 'a', { y: '1' });
      await relabel(api, 'a', { x: '2' });
      const revision = String(api.store.revision);
      await api.send('DELETE', `${cms}/a`);
      await api.send('POST', cms, labelled('b', { x: '1' }));
      assert.equal(brief(await next(events)), 'ADDED a');
      assert.equal(brief(await next(events)), 'MODIFIED a');
      const left = await next(events);
      assert.equal(brief(left), 'DELETED a');
      assert.deepEqual(
        [left.object.metadata.labels, left.object.metadata.resourceVersion],
        [{ x: '1', y: '1' }, revision],
      );
      assert.equal(brief(await next(events)), 'ADDED b');
    });
  });

  test('of one name, by field selector or by its URL, sees no other that begins like it', async () => {
    const api = await startServer();
    const stop = new AbortController();
    const byUrl = await api.watch(`${cms}/a?watch=true`, stop.signal);
    await watching(api, 'fieldSelector=metadata.name%3Da', async (events) => {
      await api.send('POST', cms, configMap('aa'));
      await api.send('POST', cms, configMap('a'));
      for (const source of [events, byUrl]) assert.equal(brief(await next(source)), 'ADDED a');
    });
    stop.abort();
  });

  test('that nobody reads on lets go of the store, although its signal never aborts', async () => {
    const signals: AbortSignal[] = [];
    class Watched extends MemoryStore {
      override watch(prefix: string, after: number, signal: AbortSignal) {
        signals.push(signal);
        return super.watch(prefix, after, signal);
      }
    }
    const api = await startServer({ store: new Watched() });
    const events = await api.watch(
      `${cms}?watch=true&resourceVersion=${api.store.revision}`,
      new AbortController().signal,
    );
    const first = next(events);
    await api.send('POST', cms, configMap('a'));
    assert.equal(brief(await first), 'ADDED a');
    await events.return(undefined);
    assert.deepEqual(
      signals.map(({ aborted }) => aborted),
      [true],
    );
  });

  test('whose reader is gone before it begins leaves no timer behind', async () => {
    const clock = new ManualClock();
    const api = await startServer({ clock });
    const url = `${cms}?watch=true&allowWatchBookmarks=true&resourceVersion=${api.store.revision}`;
    const events = await api.watch(url, AbortSignal.abort());
    assert.equal((await events.next()).done, true);
    assert.equal(clock.sleepers, 0);
  });

  test('as a Table says its columns once', async () => {
    const api = await startServer();
    const accept = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json';
    const body = async (events: AsyncGenerator<Json>) => {
      await api.send('POST', cms, configMap('a'));
      await api.send('POST', cms, configMap('b'));
      const [first, second] = [await next(events), await next(events)];
      assert.deepEqual([first.object.kind, first.object.columnDefinitions.length], ['Table', 3]);
      assert.deepEqual([second.object.rows[0].cells[0], second.object.columnDefinitions], ['b', []]);
    };
    await watching(api, `resourceVersion=${api.store.revision}`, body, { accept });
  });

  test('of forgotten history is one ERROR event with 410', async () => {
    const api = await startServer();
    await api.store.compact(api.store.revision);
    await watching(api, 'resourceVersion=2', async (events) => {
      const { type, object } = await next(events);
      assert.deepEqual([type, object.code, object.reason], ['ERROR', 410, 'Expired']);
      assert.match(object.message, /^too old resource version: 2 \(\d+\)$/);
      assert.equal((await events.next()).done, true);
    });
  });

  test('whose reader sleeps is cut off, not kept', async () => {
    const api = await startServer({ historyEvents: 5 });
    await watching(api, `resourceVersion=${api.store.revision}`, async (events) => {
      await api.send('POST', cms, configMap('a'));
      assert.equal(brief(await next(events)), 'ADDED a');
      for (let i = 0; i < 10; i++) await relabel(api, 'a', { x: String(i) });
      const seen: string[] = [];
      for await (const event of events) seen.push(event.type);
      assert.equal(seen.at(-1), 'ERROR');
    });
  });

  test('ends after its last event when the server closes', async () => {
    const api = await startServer();
    const events = await api.watch(`${cms}?watch=true`, new AbortController().signal);
    await api.send('POST', cms, configMap('a'));
    assert.equal(brief(await next(events)), 'ADDED a');
    const end = events.next();
    await api.server.close();
    assert.equal((await end).done, true);
  });

  const refused: [string, number, RegExp][] = [
    ['sendInitialEvents=true', 422, /sendInitialEvents requires setting resourceVersionMatch to NotOlderThan/],
    ['resourceVersionMatch=NotOlderThan', 422, /resourceVersionMatch is forbidden for watch unless sendInitialEvents/],
    ['resourceVersion=x', 400, /invalid resourceVersion/],
    ['labelSelector=%21%21', 400, /unable to parse requirement/],
    ['allowWatchBookmarks=maybe', 400, /allowWatchBookmarks/],
  ];
  for (const [query, status, message] of refused) {
    test(`refuses ${query}`, async () => {
      const api = await startServer();
      const answer = await api.send('GET', `${cms}?watch=true&${query}`);
      assert.equal(answer.status, status);
      assert.match(answer.json.message, message);
    });
  }
});

describe('bookmarks', () => {
  test('sendInitialEvents ends the initial events with a marked bookmark', async () => {
    const api = await startServer();
    await api.send('POST', cms, configMap('a'));
    const query = 'sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true';
    await watching(api, query, async (events) => {
      assert.equal(brief(await next(events)), 'ADDED a');
      const { type, object } = await next(events);
      assert.equal(type, 'BOOKMARK');
      assert.deepEqual([object.kind, object.apiVersion], ['ConfigMap', 'v1']);
      assert.equal(object.metadata.annotations['k8s.io/initial-events-end'], 'true');
      assert.equal(object.metadata.resourceVersion, String(api.store.revision));
      await api.send('POST', cms, configMap('b'));
      assert.equal(brief(await next(events)), 'ADDED b');
    });
  });

  test('come once a minute, at the store’s revision, and the watch ends at its time', async () => {
    const clock = new ManualClock();
    const api = await startServer({ clock });
    const query = `resourceVersion=${api.store.revision}&allowWatchBookmarks=true&timeoutSeconds=90`;
    await watching(api, query, async (events) => {
      await api.send('POST', cms, configMap('a'));
      assert.equal(brief(await next(events)), 'ADDED a');
      await api.send('POST', '/api/v1/namespaces/default/serviceaccounts', { metadata: { name: 'other' } });
      const marks: number[] = [];
      for (const ms of [60_000, 28_000]) {
        const waiting = next(events);
        clock.advance(ms);
        const { type, object } = await waiting;
        assert.equal(type, 'BOOKMARK');
        marks.push(Number(object.metadata.resourceVersion));
      }
      assert.deepEqual(marks, [api.store.revision, api.store.revision]);
      const end = events.next();
      clock.advance(2_000);
      assert.equal((await end).done, true);
    });
  });

  test('a version of the future is waited for, then refused', async () => {
    const api = await startServer();
    const future = api.store.revision + 1;
    const listing = api.send('GET', `${cms}?resourceVersion=${future}`);
    await api.send('POST', cms, configMap('a'));
    assert.equal((await listing).json.items.length, 1);
    const clock = new ManualClock();
    const still = await startServer({ clock });
    const hurry = setInterval(() => clock.advance(1000), 1);
    const refusal = await still.send('GET', `${cms}?resourceVersion=999`);
    clearInterval(hurry);
    assert.deepEqual([refusal.status, refusal.json.reason], [504, 'Timeout']);
    assert.equal(refusal.json.details.causes[0].reason, 'ResourceVersionTooLarge');
  });
});
