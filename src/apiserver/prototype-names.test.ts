// Words of JavaScript's own objects, wherever a client may put a word that is looked up in a table: to Kubernetes they are
// words like any other.

import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { jsonPatch, pod, startServer, type TestServer, tableV1 } from './in-process-suite.ts';

const core = '/api/v1/namespaces/default';
const affinity = (operator: string) => ({
  nodeAffinity: {
    requiredDuringSchedulingIgnoredDuringExecution: {
      nodeSelectorTerms: [{ matchExpressions: [{ key: 'a', operator }] }],
    },
  },
});

for (const word of ['constructor', 'toString', '__proto__']) {
  describe(`${word} as`, () => {
    let api: TestServer;
    before(async () => {
      api = await startServer();
    });

    test('the type of a Secret promises nothing', async () => {
      const { status, json } = await api.send('POST', `${core}/secrets`, { metadata: { name: 's' }, type: word });
      assert.deepEqual([status, json.type], [201, word]);
    });

    test('a method is none, counted with the others', async () => {
      assert.equal((await api.send(word, `${core}/pods`)).status, 405);
      const user = { name: 'u', groups: ['system:authenticated'] };
      const { status, json } = await api.send(word, `${core}/pods`, undefined, { user });
      assert.equal(status, 403);
      assert.match(json.message, new RegExp(`cannot ${word.toLowerCase()} resource "pods"`));
      assert.match((await api.send('GET', '/metrics')).text, /verb="other",.*resource="pods",.*code="405"\} 1$/m);
    });

    test('the operator of a node selector is none', async () => {
      const { status, json } = await api.send('POST', `${core}/pods`, pod('p', { affinity: affinity(word) }));
      assert.equal(status, 422);
      assert.match(json.message, /Invalid value: "\w+": not a valid selector operator/);
    });

    test('the phase of a pod is no ending', async () => {
      assert.equal((await api.send('POST', `${core}/pods`, pod('p'))).status, 201);
      const phase = [{ op: 'add', path: '/status/phase', value: word }];
      assert.equal((await api.send('PATCH', `${core}/pods/p/status`, phase, jsonPatch)).status, 200);
      const { json } = await api.send('GET', `${core}/pods/p`, undefined, tableV1);
      assert.equal(json.rows[0].conditions, undefined);
    });
  });
}

test('a priority class that has the name of a built-in function has no priority', async () => {
  const api = await startServer();
  const { status, json } = await api.send('POST', `${core}/pods`, pod('p', { priorityClassName: 'constructor' }));
  assert.deepEqual([status, json.spec.priority], [201, 0]);
});
