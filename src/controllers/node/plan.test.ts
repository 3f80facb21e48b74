import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Node, Pod } from '#api/index.ts';
import { evictionTime, unheardConditions, unreadyConditions, wantedTaints } from './plan.ts';

const now = new Date('2026-01-01T00:10:00Z');
const node = (ready: string, spec: Partial<Node['spec']> = {}): Node => ({
  metadata: { name: 'n' },
  spec,
  status: { conditions: [{ type: 'Ready', status: ready, lastTransitionTime: '2026-01-01T00:00:00Z' }] },
});
const keys = (taints: ReturnType<typeof wantedTaints>) => taints?.map(({ key, effect }) => `${key}:${effect}`);
const unreachable = 'node.kubernetes.io/unreachable';

for (const { name, subject, want } of [
  { name: 'a ready node has none', subject: node('True') },
  {
    name: 'a node that is not heard of',
    subject: node('Unknown'),
    want: [`${unreachable}:NoSchedule`, `${unreachable}:NoExecute`],
  },
  {
    name: 'a node that says that it is not ready, and was unreachable before; what users set stays',
    subject: node('False', {
      taints: [
        { key: unreachable, effect: 'NoExecute' },
        { key: 'gpu', effect: 'NoSchedule' },
      ],
    }),
    want: ['gpu:NoSchedule', 'node.kubernetes.io/not-ready:NoSchedule', 'node.kubernetes.io/not-ready:NoExecute'],
  },
  {
    name: 'a node that is ready again',
    subject: node('True', { taints: [{ key: unreachable, effect: 'NoExecute' }] }),
    want: [],
  },
  {
    name: 'a cordoned node',
    subject: node('True', { unschedulable: true }),
    want: ['node.kubernetes.io/unschedulable:NoSchedule'],
  },
]) {
  test(`wantedTaints: ${name}`, () => {
    const taints = wantedTaints(subject, now);
    assert.deepEqual(keys(taints), want);
    if (taints) {
      const settled = { ...subject, spec: { ...subject.spec, taints } };
      assert.equal(wantedTaints(settled, now), undefined, 'and then it is at rest');
    }
  });
}

test('unheardConditions turn to Unknown once', () => {
  const conditions = unheardConditions(node('True'), now);
  assert.equal(conditions?.[0]?.status, 'Unknown');
  assert.equal(conditions?.[0]?.lastTransitionTime, '2026-01-01T00:10:00Z');
  assert.equal(unheardConditions({ ...node('True'), status: { conditions } }, now), undefined);
  assert.equal(unheardConditions({ metadata: {}, spec: {} }, now)?.[0]?.type, 'Ready');
});

const pod = (tolerations: Pod['spec']['tolerations'] = []): Pod => ({
  metadata: { name: 'p' },
  spec: { containers: [], tolerations },
  status: { conditions: [{ type: 'Ready', status: 'True' }] },
});
const tainted = (key: string): Node =>
  node('Unknown', { taints: [{ key, effect: 'NoExecute', timeAdded: '2026-01-01T00:09:00Z' }] });

for (const { name, tolerations, key, seconds } of [
  { name: 'after the default time', key: unreachable, seconds: 300 },
  {
    name: 'after its own time',
    key: unreachable,
    tolerations: [{ key: unreachable, operator: 'Exists', tolerationSeconds: 5 }],
    seconds: 5,
  },
  { name: 'never', key: unreachable, tolerations: [{ operator: 'Exists' }] },
  { name: "at once from a user's taint", key: 'gpu', seconds: 0 },
]) {
  test(`evictionTime: ${name}`, () => {
    const want = seconds === undefined ? undefined : Date.parse('2026-01-01T00:09:00Z') + seconds * 1000;
    assert.equal(evictionTime(pod(tolerations), tainted(key), now), want);
  });
}

test('unreadyConditions only of a pod that is ready', () => {
  const [condition] = unreadyConditions(pod(), now) ?? [];
  assert.equal(condition?.status, 'False');
  assert.equal(unreadyConditions({ ...pod(), status: {} }, now), undefined);
});
