// Requests that are within the limits of size and made to cost much: each must be answered in about the time that its bytes
// are worth, and what is stored or said of it is bounded. Times are of this thread's processor, with room for slow machines.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { configMap, jsonPatch, mergePatch, service, startServer, strategicPatch } from './in-process-suite.ts';

const mostCpuMs = 3_000;
const bodySize = 3 * 1024 * 1024;
const collectionOf = (resource: string) => `/api/v1/namespaces/default/${resource}`;
const cms = collectionOf('configmaps');
const yaml = { headers: { 'content-type': 'application/yaml' } };
const applyPatch = { headers: { 'content-type': 'application/apply-patch+yaml' } };
const times = <T>(count: number, make: (index: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i));
/** As many repetitions as a body may have. */
const filled = (text: string): string => text.repeat(Math.floor(bodySize / text.length));
const container = { name: 'c', image: 'i' };
const podOf = (spec: object) => ({ metadata: { name: 'p' }, spec: { containers: [container], ...spec } });
const applied = (name: string, rest: object) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, ...rest } });

interface Case {
  readonly name: string;
  readonly ask: readonly [method: string, url: string, body?: unknown, options?: { headers: Record<string, string> }];
  readonly want: number;
  readonly says?: RegExp;
}

const cases: Case[] = [
  {
    name: 'JSON: a field given again and again far down',
    ask: ['POST', cms, `${'{"a":'.repeat(900)}{${'"a":1,'.repeat(400_000)}"a":1}${'}'.repeat(900)}`],
    want: 422,
  },
  {
    name: 'JSON: that, and an unknown field, the order of both to be told',
    ask: [
      'POST',
      `${cms}?fieldValidation=Strict`,
      `{"a":${'{"a":'.repeat(900)}{${'"a":1,'.repeat(400_000)}"a":1}${'}'.repeat(900)},"kind":"","kind":""}`,
    ],
    want: 400,
    says: /unknown field \\"a\\", duplicate field \\"kind\\"/,
  },
  {
    name: 'JSON: many objects with nothing in them',
    ask: ['POST', collectionOf('pods'), podOf({ containers: times(900_000, () => ({})) })],
    want: 413,
    says: /the JSON has more than 150000 objects/,
  },
  { name: 'JSON: arrays that never end', ask: ['POST', cms, filled('[')], want: 400 },
  {
    name: 'YAML: collections in collections',
    ask: ['POST', cms, filled('['), yaml],
    want: 400,
    says: /yaml: line 1: it is nested more than 200 deep/,
  },
  {
    name: 'YAML: items in items',
    ask: ['POST', cms, filled('- '), yaml],
    want: 400,
    says: /nested more than 200 deep/,
  },
  { name: 'YAML: errors only', ask: ['POST', cms, filled('}\n'), yaml], want: 400, says: /yaml: line 1: / },
  { name: 'YAML: empty lines', ask: ['POST', cms, filled('\n'), yaml], want: 400, says: /more than 300000 words/ },
  {
    name: 'YAML: an anchor and an alias in every line',
    ask: ['POST', cms, times(60_000, (i) => `b${i}: &a${i} x\nc${i}: *a${i}`).join('\n'), yaml],
    want: 400,
    says: /more than 100 aliases/,
  },
  {
    name: 'YAML: aliases of aliases',
    ask: [
      'POST',
      cms,
      `a0: &a0 [x]\n${times(9, (i) => `a${i + 1}: &a${i + 1} [${`*a${i},`.repeat(9)}]\n`).join('')}`,
      yaml,
    ],
    want: 400,
    says: /Excessive alias count/,
  },
  {
    name: 'YAML: an alias inside of what it stands for',
    ask: ['POST', cms, 'a: &a\n  b: *a', yaml],
    want: 400,
    says: /an anchor is inside itself/,
  },
  {
    name: 'YAML: numbers that JSON has not',
    ask: ['POST', cms, 'a: .inf', yaml],
    want: 400,
    says: /no number Infinity/,
  },
  { name: 'apply: YAML likewise', ask: ['PATCH', `${cms}/x?fieldManager=m`, filled('- '), applyPatch], want: 400 },
  {
    name: 'errors: more than fit into an answer',
    ask: ['POST', cms, { metadata: { name: 'x', labels: Object.fromEntries(times(150_000, (i) => [`-k${i}`, '-'])) } }],
    want: 422,
    says: /, and \d+ more errors\]/,
  },
  {
    name: 'errors: a value of megabytes',
    ask: ['POST', cms, { metadata: { name: 'a.'.repeat(1_500_000) } }],
    want: 422,
  },
  {
    name: 'pods: scheduling gates',
    ask: ['POST', collectionOf('pods'), podOf({ schedulingGates: times(90_000, (i) => ({ name: `g${i}` })) })],
    want: 413,
  },
  {
    name: 'Services: ports that want node ports',
    ask: [
      'POST',
      collectionOf('services'),
      service('s', { type: 'NodePort', ports: times(60_000, () => ({ name: 'p', port: 1 })) }),
    ],
    want: 500,
    says: /range is full/,
  },
  {
    name: 'objects: no larger than a body when they are stored',
    ask: ['POST', cms, { metadata: { name: 'x' }, data: Object.fromEntries(times(150_000, (i) => [`k${i}`, ''])) }],
    want: 413,
    says: /the object would have \d+ bytes in store, with defaults and managedFields; limit is 3145728/,
  },
  {
    name: 'apply: a set of many',
    ask: [
      'PATCH',
      `${cms}/x?fieldManager=m`,
      applied('x', { finalizers: times(60_000, (i) => `a/k${i}`) }),
      applyPatch,
    ],
    want: 201,
  },
  {
    name: 'apply: a list of many with keys',
    ask: [
      'PATCH',
      `${collectionOf('services')}/s?fieldManager=m`,
      { ...applied('s', {}), kind: 'Service', spec: { ports: times(30_000, (i) => ({ name: `p${i}`, port: i + 1 })) } },
      applyPatch,
    ],
    want: 413,
  },
  {
    name: 'strategic merge: a set of many in another order',
    ask: [
      'PATCH',
      `${cms}/there`,
      {
        metadata: {
          finalizers: times(90_000, (i) => `a/b${i}`),
          '$setElementOrder/finalizers': times(90_000, (i) => `a/b${90_000 - 1 - i}`),
        },
      },
      strategicPatch,
    ],
    want: 200,
  },
  {
    name: 'JSON patch: as many operations as there may be, on a long list',
    ask: [
      'PATCH',
      `${cms}/there`,
      [
        { op: 'add', path: '/data', value: times(200_000, () => 'a') },
        ...times(9_998, () => ({ op: 'remove', path: '/data/0' })),
        { op: 'remove', path: '/data' },
      ],
      jsonPatch,
    ],
    want: 200,
  },
  {
    name: 'JSON patch: one operation too many',
    ask: ['PATCH', `${cms}/there`, times(10_001, () => ({ op: 'test', path: '/kind', value: 'ConfigMap' })), jsonPatch],
    want: 413,
  },
  {
    name: 'selectors: requirements by the hundred thousand',
    ask: ['GET', `${cms}?labelSelector=${times(100_000, (i) => `a${i}=b`).join(',')}`],
    want: 200,
  },
  { name: 'paths of 100 KB', ask: ['GET', '/a'.repeat(50_000)], want: 404 },
];

describe('what is made to cost much', () => {
  for (const { name, ask, want, says = /./ } of cases) {
    test(name, async () => {
      const api = await startServer();
      await api.send('POST', cms, configMap('there'));
      const [method, url, body, options] = ask;
      const bytes = typeof body === 'string' || body === undefined ? body : JSON.stringify(body);
      const before = process.threadCpuUsage();
      const answer = await api.send(method, url, bytes, options);
      const { user, system } = process.threadCpuUsage(before);
      assert.equal(answer.status, want, answer.text.slice(0, 1000));
      assert.match(answer.text, says);
      const spent = (user + system) / 1000;
      assert.ok(spent < mostCpuMs, `it took ${spent} ms of processor time`);
      assert.ok(answer.text.length < 4 * 1024 * 1024, `the answer has ${answer.text.length} characters`);
    });
  }
});

test('no number of patches makes an object larger than what a client may send, and the largest can be deleted', async () => {
  const api = await startServer();
  await api.send('POST', cms, configMap('x'));
  const annotations = (round: number) => Object.fromEntries(times(2, (i) => [`k${round}.${i}`, 'v'.repeat(60_000)]));
  // Annotations have a limit of their own; names of finalizers have not.
  const finalizers = (round: number) => times(14_000, (i) => `example.com/${round}-${'f'.repeat(40)}${i}`);
  assert.equal(
    (await api.send('PATCH', `${cms}/x`, { metadata: { annotations: annotations(0) } }, mergePatch)).status,
    200,
  );
  let status = 200;
  let rounds = 0;
  for (; status === 200 && rounds < 10; rounds++) {
    status = (await api.send('PATCH', `${cms}/x`, { metadata: { finalizers: finalizers(rounds) } }, strategicPatch))
      .status;
  }
  assert.equal(status, 413);
  const { text } = await api.send('GET', `${cms}/x`);
  assert.ok(text.length <= bodySize && rounds > 1);
  const removed = await api.send('DELETE', `${cms}/x`);
  assert.equal(removed.status, 200);
  assert.ok(removed.json.metadata.deletionTimestamp);
});
