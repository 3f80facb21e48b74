import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pod, ReplicaSet } from '#api/index.ts';
import { planReplicas, planStatus } from './plan.ts';

const now = new Date('2026-01-01T01:00:00Z');
const replicaSet = (replicas: number, spec: Partial<ReplicaSet['spec']> = {}): ReplicaSet => ({
  metadata: { name: 'web', namespace: 'default', uid: 'rs', generation: 3 },
  spec: {
    replicas,
    selector: { matchLabels: { app: 'web' } },
    template: { metadata: { labels: { app: 'web' } } },
    ...spec,
  },
});
interface Shape {
  node?: string;
  phase?: string;
  /** Minutes past midnight since when it is ready. */
  ready?: number;
  restarts?: number;
  cost?: string;
  created?: number;
  deleting?: boolean;
}
const at = (minute: number): string => `2026-01-01T00:${String(minute).padStart(2, '0')}:00Z`;
const pod = (
  name: string,
  { node = 'n1', phase = 'Running', ready, restarts = 0, cost, created = 0, deleting }: Shape = {},
): Pod => ({
  metadata: {
    name,
    uid: name,
    labels: { app: 'web' },
    creationTimestamp: at(created),
    ...(cost && { annotations: { 'controller.kubernetes.io/pod-deletion-cost': cost } }),
    ...(deleting && { deletionTimestamp: at(1) }),
  },
  spec: { containers: [], ...(node && { nodeName: node }) },
  status: {
    phase,
    containerStatuses: [{ name: 'c', ready: true, restartCount: restarts, image: '', imageID: '' }],
    conditions: ready === undefined ? [] : [{ type: 'Ready', status: 'True', lastTransitionTime: at(ready) }],
  },
});

for (const { name, replicas, pods, create, gone } of [
  { name: 'creates what is missing', replicas: 3, pods: [pod('a')], create: 2 },
  {
    name: 'does not count pods that end',
    replicas: 2,
    pods: [pod('a', { deleting: true }), pod('b', { phase: 'Failed' })],
    create: 2,
  },
  { name: 'creates no more than a burst', replicas: 5000, pods: [], create: 500 },
  { name: 'leaves the right number alone', replicas: 1, pods: [pod('a')] },
  {
    name: 'deletes the unassigned first',
    replicas: 1,
    pods: [pod('a', { ready: 1 }), pod('b', { node: '' })],
    gone: ['b'],
  },
  {
    name: 'deletes the pending before the running',
    replicas: 1,
    pods: [pod('a'), pod('b', { phase: 'Pending' })],
    gone: ['b'],
  },
  { name: 'deletes the unready before the ready', replicas: 1, pods: [pod('a', { ready: 1 }), pod('b')], gone: ['b'] },
  {
    name: 'deletes the cheaper first',
    replicas: 1,
    pods: [pod('a', { cost: '5' }), pod('b', { cost: '-1' })],
    gone: ['b'],
  },
  {
    name: 'relieves the crowded node',
    replicas: 2,
    pods: [pod('a', { node: 'n1', ready: 1 }), pod('b', { node: 'n2', ready: 1 }), pod('c', { node: 'n2', ready: 1 })],
    gone: ['b'],
  },
  { name: 'keeps the longest ready', replicas: 1, pods: [pod('a', { ready: 9 }), pod('b', { ready: 2 })], gone: ['a'] },
  {
    name: 'deletes the restarted before the steady',
    replicas: 1,
    pods: [pod('a', { ready: 1 }), pod('b', { ready: 1, restarts: 4 })],
    gone: ['b'],
  },
  {
    name: 'deletes the youngest at last',
    replicas: 1,
    pods: [pod('a', { created: 5 }), pod('b', { created: 2 })],
    gone: ['a'],
  },
]) {
  test(`planReplicas ${name}`, () => {
    const plan = planReplicas(replicaSet(replicas), pods, pods);
    assert.equal(plan.create, create ?? 0);
    assert.deepEqual(
      plan.delete.map(({ metadata }) => metadata.name),
      gone ?? [],
    );
  });
}

test('planStatus counts, and comes back when a pod has been ready for minReadySeconds', () => {
  const pods = [pod('a', { ready: 1 }), pod('b', { ready: 59 }), pod('c'), pod('d', { deleting: true, ready: 1 })];
  const { status, recheckMs } = planStatus(replicaSet(3, { minReadySeconds: 90 }), pods, undefined, now);
  assert.deepEqual(status, {
    replicas: 3,
    fullyLabeledReplicas: 3,
    readyReplicas: 2,
    availableReplicas: 1,
    observedGeneration: 3,
  });
  assert.equal(recheckMs, 30_000);
});
