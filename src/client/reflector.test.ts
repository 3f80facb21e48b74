// The reflector against a scripted server: what only a server with a past does (compaction, broken watches).

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Pod, pods } from '#api/index.ts';
import type { Fetch, HttpResponse } from '#lib/http.ts';
import { createLogger } from '#lib/log.ts';
import { Client } from './client.ts';
import { Informer } from './informer.ts';

const log = createLogger('test', 'error', () => {});
const pod = (name: string, resourceVersion: string, uid = name): Pod => ({
  metadata: { name, namespace: 'default', resourceVersion, uid },
  spec: { containers: [] },
});
const json = (body: unknown, status = 200): HttpResponse => ({
  status,
  headers: {},
  body: Buffer.from(JSON.stringify(body)),
});
const list = (resourceVersion: string, ...items: Pod[]) => json({ metadata: { resourceVersion }, items });
const event = (type: string, object: unknown): string => `${JSON.stringify({ type, object })}\n`;
/** A watch that sends `text` in awkward pieces and ends. */
const watch = (...events: string[]): HttpResponse => ({
  status: 200,
  headers: {},
  body: (async function* () {
    const bytes = Buffer.from(events.join(''));
    for (let at = 0; at < bytes.length; at += 7) yield bytes.subarray(at, at + 7);
  })(),
});

/** Answers request after request; the last stays open until the test ends. */
function scripted(answers: (HttpResponse | Error)[]) {
  const urls: string[] = [];
  const exhausted = Promise.withResolvers<void>();
  const fetch: Fetch = async ({ url, signal }) => {
    urls.push(url.replace(/timeoutSeconds=\d+/, 'timeoutSeconds=N'));
    const answer = answers.shift();
    if (answer instanceof Error) throw answer;
    if (answer) return answer;
    exhausted.resolve();
    return await new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason)));
  };
  return { fetch, urls, exhausted: exhausted.promise };
}

async function observe(answers: (HttpResponse | Error)[]) {
  const server = scripted(answers);
  const stop = new AbortController();
  const informer = new Informer(new Client(server.fetch).resource(pods), {
    indexes: { version: ({ metadata }) => [metadata.resourceVersion ?? ''] },
    log,
  });
  const changes: string[] = [];
  informer.onChange(({ type, object, old }) => {
    const { name, resourceVersion } = object.metadata;
    changes.push(`${type} ${name}@${old ? `${old.metadata.resourceVersion}->` : ''}${resourceVersion}`);
  });
  informer.start(stop.signal);
  await informer.synced();
  await server.exhausted;
  stop.abort();
  return { informer, changes, urls: server.urls };
}
const watchUrl = (revision: string) =>
  `/api/v1/pods?watch=true&resourceVersion=${revision}&timeoutSeconds=N&allowWatchBookmarks=true`;

test('Informer pages a list, watches from it, and resumes at the last revision, bookmarks included', async () => {
  const { informer, changes, urls } = await observe([
    json({ metadata: { continue: 'more', resourceVersion: '9' }, items: [pod('a', '1')] }),
    list('9', pod('b', '2')),
    watch(event('MODIFIED', pod('a', '10')), event('BOOKMARK', { metadata: { resourceVersion: '20' } })),
    watch(event('DELETED', pod('b', '21')), event('ADDED', pod('c', '22'))),
  ]);
  assert.deepEqual(changes, ['added a@1', 'added b@2', 'updated a@1->10', 'deleted b@21', 'added c@22']);
  assert.deepEqual(urls, [
    '/api/v1/pods?limit=500',
    '/api/v1/pods?limit=500&continue=more',
    watchUrl('9'),
    watchUrl('20'),
    watchUrl('22'),
  ]);
  assert.deepEqual(
    informer.by('version', '10').map(({ metadata }) => metadata.name),
    ['a'],
  );
  assert.deepEqual(informer.by('version', '1'), []);
  assert.deepEqual(informer.list('default').length, 2);
  assert.equal(informer.get('c', 'default')?.kind, undefined);
});

for (const [how, refusal] of [
  ['an ERROR event', watch(event('ERROR', { kind: 'Status', code: 410, reason: 'Expired', message: 'too old' }))],
  ['HTTP 410', json({ kind: 'Status', code: 410, reason: 'Expired', message: 'too old' }, 410)],
] as const) {
  test(`Informer lists again after ${how}, and tells what is gone and what is another object`, async () => {
    const { changes, urls } = await observe([
      list('5', pod('gone', '1'), pod('kept', '2'), pod('reborn', '3', 'old'), pod('twin', '4', 'old')),
      refusal,
      list('9', pod('kept', '2'), pod('reborn', '8', 'new'), pod('twin', '4', 'new')),
    ]);
    assert.deepEqual(changes, [
      'added gone@1',
      'added kept@2',
      'added reborn@3',
      'added twin@4',
      'deleted gone@1',
      'deleted reborn@3',
      'added reborn@8',
      'deleted twin@4',
      'added twin@4',
    ]);
    assert.equal(urls.at(-1), watchUrl('9'));
  });
}

test('Informer survives a server that cannot be reached', async () => {
  const { changes, urls } = await observe([
    new Error('connection refused'),
    list('5', pod('a', '1')),
    new Error('reset'),
  ]);
  assert.deepEqual(changes, ['added a@1']);
  assert.deepEqual(urls.slice(-2), [watchUrl('5'), watchUrl('5')]);
});

test('what is no object is left out of lists and watches; after what cannot be read everything is listed again', async () => {
  const garbage = [null, 5, 'x', [], {}, { metadata: null }];
  const { changes, urls } = await observe([
    json({ metadata: { resourceVersion: '9' }, items: [...garbage, pod('a', '1'), ...garbage] }),
    watch(
      ...['null\n', '5\n', '[]\n', '{}\n', ...garbage.map((object) => event('ADDED', object))],
      event('ADDED', pod('b', '10')),
      '{"type":"ADDED","obj\n',
    ),
    json('no list'),
    list('20', pod('a', '1'), pod('b', '10'), pod('c', '11')),
    watch(event('DELETED', pod('a', '21'))),
  ]);
  assert.deepEqual(changes, ['added a@1', 'added b@10', 'added c@11', 'deleted a@21']);
  const listUrl = '/api/v1/pods?limit=500';
  assert.deepEqual(urls, [listUrl, watchUrl('9'), listUrl, listUrl, watchUrl('20'), watchUrl('21')]);
});
