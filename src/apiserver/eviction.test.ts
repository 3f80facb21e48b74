// Evictions against budgets whose status is written by hand (api.md §11, §14).

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Json, mergePatch, pod, startServer, type TestServer } from './in-process-suite.ts';

const pods = '/api/v1/namespaces/default/pods';
const budgets = '/apis/policy/v1/namespaces/default/poddisruptionbudgets';
const refusal = "Cannot evict pod as it would violate the pod's disruption budget.";

interface Shape {
  phase?: string;
  ready?: boolean;
  labels?: Record<string, string>;
}

async function addPod(
  api: TestServer,
  name: string,
  { phase = 'Running', ready = true, labels = { app: 'web' } }: Shape = {},
) {
  const made = await api.send('POST', pods, { ...pod(name, { nodeName: 'n1' }), metadata: { name, labels } });
  assert.equal(made.status, 201, made.text);
  const conditions = [{ type: 'Ready', status: ready ? 'True' : 'False' }];
  const { status, text } = await api.send(
    'PATCH',
    `${pods}/${name}/status`,
    { status: { phase, conditions } },
    mergePatch,
  );
  assert.equal(status, 200, text);
}

async function addBudget(api: TestServer, name: string, status: object | undefined, spec: object = {}) {
  const selector = { matchLabels: { app: 'web' } };
  const made = await api.send('POST', budgets, { metadata: { name }, spec: { minAvailable: 2, selector, ...spec } });
  assert.equal(made.status, 201, made.text);
  if (!status) return;
  const counted = { observedGeneration: 1, currentHealthy: 3, desiredHealthy: 2, expectedPods: 3, ...status };
  const written = await api.send('PATCH', `${budgets}/${name}/status`, { status: counted }, mergePatch);
  assert.equal(written.status, 200, written.text);
}

const evict = (api: TestServer, name: string, rest: object = {}, query = '') =>
  api.send('POST', `${pods}/${name}/eviction${query}`, {
    apiVersion: 'policy/v1',
    kind: 'Eviction',
    metadata: { name },
    ...rest,
  });
const budget = async (api: TestServer, name = 'web'): Promise<Json> =>
  (await api.send('GET', `${budgets}/${name}`)).json;
const going = async (api: TestServer, name: string): Promise<boolean> => {
  const { json, status } = await api.send('GET', `${pods}/${name}`);
  return status === 404 || json.metadata.deletionTimestamp !== undefined;
};

describe('evictions', () => {
  test('without a budget a pod is deleted, and told why', async () => {
    const api = await startServer();
    await addPod(api, 'a');
    await addBudget(api, 'other', { disruptionsAllowed: 0 }, { selector: { matchLabels: { app: 'db' } } });
    const { status, json } = await evict(api, 'a');
    assert.deepEqual([status, json.kind, json.status, json.code], [201, 'Status', 'Success', 201]);
    const { json: left } = await api.send('GET', `${pods}/a`);
    assert.ok(left.metadata.deletionTimestamp);
    const condition = left.status.conditions.find(({ type }: Json) => type === 'DisruptionTarget');
    assert.deepEqual(
      [condition.status, condition.reason, condition.message],
      ['True', 'EvictionByEvictionAPI', 'Eviction API: evicting'],
    );
  });

  test('are taken off the budget, until nothing is left of it', async () => {
    const api = await startServer();
    for (const name of ['a', 'b', 'c']) await addPod(api, name);
    await addBudget(api, 'web', { disruptionsAllowed: 2 });
    assert.equal((await evict(api, 'a')).status, 201);
    const once = (await budget(api)).status;
    assert.equal(once.disruptionsAllowed, 1);
    assert.match(once.disruptedPods.a, /^\d{4}-.*Z$/);
    assert.equal(once.conditions, undefined);
    assert.equal((await evict(api, 'b')).status, 201);
    const { status } = await budget(api);
    assert.deepEqual([status.disruptionsAllowed, Object.keys(status.disruptedPods)], [0, ['a', 'b']]);
    assert.deepEqual([status.conditions[0].status, status.conditions[0].reason], ['False', 'InsufficientPods']);
    const refused = await evict(api, 'c');
    assert.deepEqual([refused.status, refused.json.reason, refused.json.message], [429, 'TooManyRequests', refusal]);
    assert.deepEqual(refused.json.details, {
      causes: [
        { reason: 'DisruptionBudget', message: 'The disruption budget web needs 2 healthy pods and has 3 currently' },
      ],
    });
    assert.equal(await going(api, 'c'), false);
  });

  test('side by side never spend more than there is', async () => {
    const api = await startServer();
    const names = ['a', 'b', 'c', 'd', 'e', 'f'];
    for (const name of names) await addPod(api, name);
    await addBudget(api, 'web', { disruptionsAllowed: 2 });
    const answers = await Promise.all(names.map((name) => evict(api, name)));
    assert.deepEqual(answers.map(({ status }) => status).sort(), [201, 201, 429, 429, 429, 429]);
    assert.equal((await budget(api)).status.disruptionsAllowed, 0);
  });

  test('wait for a budget that has not been counted', async () => {
    const api = await startServer();
    await addPod(api, 'a');
    await addBudget(api, 'web', undefined);
    const { status, json, headers } = await evict(api, 'a');
    assert.deepEqual([status, json.message, headers['retry-after']], [429, refusal, '10']);
    assert.equal(json.details.causes[0].message, 'The disruption budget web is still being processed by the server.');
  });

  test('of a pod with two budgets are not for this server to decide', async () => {
    const api = await startServer();
    await addPod(api, 'a');
    await addBudget(api, 'web', { disruptionsAllowed: 1 });
    await addBudget(api, 'all', { disruptionsAllowed: 1 }, { selector: {} });
    const { status, json } = await evict(api, 'a');
    assert.equal(status, 500);
    assert.equal(
      json.message,
      'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.',
    );
    assert.equal(await going(api, 'a'), false);
  });

  test('of pods that do nothing, or nothing yet, cost nothing', async () => {
    const api = await startServer();
    await addBudget(api, 'web', { disruptionsAllowed: 0 });
    for (const phase of ['Succeeded', 'Failed', 'Pending']) {
      const name = phase.toLowerCase();
      await addPod(api, name, { phase, ready: false });
      assert.equal((await evict(api, name)).status, 201, phase);
      assert.equal(await going(api, name), true, phase);
    }
    assert.equal((await budget(api)).status.disruptedPods, undefined);
  });

  test('of pods that are not ready go by the policy', async () => {
    const table: [string, object, string | undefined, number][] = [
      ['enough others are healthy', { currentHealthy: 2, desiredHealthy: 2 }, undefined, 201],
      ['too few others are', { currentHealthy: 1, desiredHealthy: 2 }, undefined, 429],
      ['too few, said in so many words', { currentHealthy: 1, desiredHealthy: 2 }, 'IfHealthyBudget', 429],
      ['never mind the others', { currentHealthy: 0, desiredHealthy: 2 }, 'AlwaysAllow', 201],
      ['none must be healthy', { currentHealthy: 0, desiredHealthy: 0 }, undefined, 429],
    ];
    for (const [name, counts, unhealthyPodEvictionPolicy, want] of table) {
      const api = await startServer();
      await addPod(api, 'a', { ready: false });
      await addBudget(api, 'web', { disruptionsAllowed: 0, ...counts }, { unhealthyPodEvictionPolicy });
      const { status, text } = await evict(api, 'a');
      assert.equal(status, want, `${name}: ${text}`);
      assert.equal((await budget(api)).status.disruptedPods, undefined, name);
    }
  });

  test('a dry run asks the budget and takes nothing', async () => {
    const api = await startServer();
    await addPod(api, 'a');
    await addBudget(api, 'web', { disruptionsAllowed: 1 });
    for (const [rest, query] of [
      [{}, '?dryRun=All'],
      [{ deleteOptions: { dryRun: ['All'] } }, ''],
    ] as const) {
      assert.equal((await evict(api, 'a', rest, query)).status, 201);
      assert.equal(await going(api, 'a'), false);
      assert.equal((await budget(api)).status.disruptionsAllowed, 1);
    }
    await api.send('PATCH', `${budgets}/web/status`, { status: { disruptionsAllowed: 0 } }, mergePatch);
    assert.equal((await evict(api, 'a', {}, '?dryRun=All')).status, 429);
  });

  test('carry the options of the delete', async () => {
    const api = await startServer();
    await addPod(api, 'a');
    const { json } = await api.send('GET', `${pods}/a`);
    const wrong = await evict(api, 'a', { deleteOptions: { preconditions: { uid: 'other' } } });
    assert.deepEqual([wrong.status, wrong.json.reason], [409, 'Conflict']);
    const stale = await evict(api, 'a', { deleteOptions: { preconditions: { resourceVersion: '1' } } });
    assert.deepEqual([stale.status, stale.json.reason], [409, 'Conflict']);
    assert.equal(await going(api, 'a'), false);
    const { uid, resourceVersion } = json.metadata;
    const options = { gracePeriodSeconds: 7, preconditions: { uid, resourceVersion } };
    assert.equal((await evict(api, 'a', { deleteOptions: options })).status, 201);
    assert.equal((await api.send('GET', `${pods}/a`)).json.metadata.deletionGracePeriodSeconds, 7);
    const now = await evict(api, 'a', { deleteOptions: { gracePeriodSeconds: 0 } });
    assert.equal(now.status, 201, now.text);
    assert.equal((await api.send('GET', `${pods}/a`)).status, 404);
  });

  test('are refused when they are none', async () => {
    const api = await startServer();
    await addPod(api, 'a');
    const table: [string, object, number, RegExp][] = [
      ['the version of old', { apiVersion: 'policy/v1beta1' }, 201, /Success/],
      ['another version', { apiVersion: 'policy/v2' }, 400, /does not match the expected API version \(policy\/v1\)/],
      ['another pod', { metadata: { name: 'b' } }, 400, /name in URL does not match name in Eviction object/],
      ['another kind', { apiVersion: 'v1', kind: 'Pod' }, 400, /cannot be handled as a Eviction/],
      ['no number', { deleteOptions: { gracePeriodSeconds: 'x' } }, 400, /cannot unmarshal string/],
      ['another rehearsal', { deleteOptions: { dryRun: ['Some'] } }, 422, /dryRun/],
    ];
    for (const [name, rest, want, text] of table) {
      const answer = await evict(api, 'a', rest);
      assert.equal(answer.status, want, `${name}: ${answer.text}`);
      assert.match(answer.text, text, name);
    }
    const none = await evict(api, 'none');
    assert.deepEqual([none.status, none.json.reason], [404, 'NotFound']);
  });
});
