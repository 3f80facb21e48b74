// Rollouts played to their end: each plan is carried out, then some pods become available, then the next plan is made.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Deployment, Pod, ReplicaSet } from '#api/index.ts';
import { type Plan, plan } from './plan.ts';
import { limits, rescale } from './sizes.ts';
import { annotation, hashLabel } from './template.ts';

const now = new Date('2026-01-01T00:00:00Z');
const deployment = (image: string, spec: Partial<Deployment['spec']> = {}): Deployment => ({
  metadata: {
    name: 'web',
    namespace: 'default',
    uid: 'dep',
    generation: 1,
    annotations: { 'kubernetes.io/change-cause': image },
  },
  spec: {
    replicas: 10,
    selector: { matchLabels: { app: 'web' } },
    template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'c', image }] } },
    strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' } },
    revisionHistoryLimit: 10,
    progressDeadlineSeconds: 600,
    ...spec,
  },
});

/** A cluster of one Deployment. Pods become available, or go, between the steps. */
class World {
  deployment: Deployment;
  replicaSets: ReplicaSet[] = [];
  readonly #time = new Date(now);
  /** Images whose pods never become available. */
  readonly broken = new Set<string>();
  #serial = 0;

  constructor(first: Deployment) {
    this.deployment = first;
  }

  step(): Plan {
    const podsOf = ({ status }: ReplicaSet): Pod[] =>
      Array.from({ length: status?.replicas ?? 0 }, () => ({ metadata: {}, spec: { containers: [] } }));
    const planned = plan({ deployment: this.deployment, replicaSets: this.replicaSets, podsOf, now: this.#time });
    for (const action of planned.actions) {
      if (action.type === 'create') this.#add(action.replicaSet);
      else if (action.type === 'update') this.#replace(action.replicaSet);
      else if (action.type === 'delete') this.#remove(action.replicaSet);
      else {
        const { metadata } = this.deployment;
        this.deployment = {
          ...this.deployment,
          metadata: { ...metadata, annotations: { ...metadata.annotations, ...action.annotations } },
        };
      }
    }
    this.deployment = { ...this.deployment, status: planned.status };
    return planned;
  }

  /** Pods of every ReplicaSet come and go as it says. */
  grow(): void {
    this.replicaSets = this.replicaSets.map((replicaSet) => {
      const replicas = replicaSet.spec.replicas ?? 0;
      const before = replicaSet.status?.availableReplicas ?? 0;
      const isBroken = this.broken.has(replicaSet.spec.template?.spec?.containers[0]?.image ?? '');
      const availableReplicas = isBroken ? Math.min(before, replicas) : replicas;
      const status = { replicas, readyReplicas: availableReplicas, availableReplicas, observedGeneration: 1 };
      return { ...replicaSet, status };
    });
  }

  /** Until nothing is left to do. */
  play(check: () => void = () => {}): void {
    for (let i = 0; i < 50; i++) {
      const before = JSON.stringify([this.deployment, this.replicaSets]);
      this.step();
      check();
      this.grow();
      if (before === JSON.stringify([this.deployment, this.replicaSets])) return;
    }
    assert.fail('the rollout does not come to rest');
  }

  wait(seconds: number): void {
    this.#time.setSeconds(this.#time.getSeconds() + seconds);
  }

  change(next: Deployment): void {
    const { metadata, status } = this.deployment;
    const annotations = { ...metadata.annotations, ...next.metadata.annotations };
    this.deployment = {
      ...next,
      metadata: { ...next.metadata, annotations, generation: (metadata.generation ?? 0) + 1 },
      status,
    };
  }

  /** `image×replicas`, those with none left out. */
  get sizes(): string[] {
    const active = this.replicaSets.filter(({ spec }) => spec.replicas);
    return active.map(({ spec }) => `${spec.template?.spec?.containers[0]?.image}×${spec.replicas}`);
  }

  get progress(): string | undefined {
    return this.deployment.status?.conditions?.find(({ type }) => type === 'Progressing')?.reason;
  }

  revisions(): Record<string, string | undefined> {
    return Object.fromEntries(
      this.replicaSets.map(({ metadata, spec }) => [
        spec.template?.spec?.containers[0]?.image,
        metadata.annotations?.[annotation.revision],
      ]),
    );
  }

  #add(replicaSet: ReplicaSet): void {
    this.#serial += 1;
    const metadata = {
      ...replicaSet.metadata,
      uid: `rs-${this.#serial}`,
      creationTimestamp: `2026-01-01T00:00:0${this.#serial}Z`,
      generation: 1,
    };
    this.replicaSets.push({ ...replicaSet, metadata, status: { replicas: 0 } });
  }
  #replace(replicaSet: ReplicaSet): void {
    this.replicaSets = this.replicaSets.map((one) => (one.metadata.uid === replicaSet.metadata.uid ? replicaSet : one));
  }
  #remove(replicaSet: ReplicaSet): void {
    this.replicaSets = this.replicaSets.filter(({ metadata }) => metadata.uid !== replicaSet.metadata.uid);
  }
}

test('the first rollout makes one ReplicaSet, named, labelled and annotated as clients expect', () => {
  const world = new World(deployment('v1'));
  world.play();
  const [replicaSet] = world.replicaSets;
  const hash = replicaSet?.metadata.labels?.[hashLabel] ?? '';
  assert.match(hash, /^[bcdfghjklmnpqrstvwxz2456789]{10}$/);
  assert.equal(replicaSet?.metadata.name, `web-${hash}`);
  assert.deepEqual(replicaSet?.spec.selector, { matchLabels: { app: 'web', [hashLabel]: hash } });
  assert.deepEqual(replicaSet?.spec.template?.metadata?.labels, { app: 'web', [hashLabel]: hash });
  assert.deepEqual(replicaSet?.metadata.annotations, {
    'kubernetes.io/change-cause': 'v1',
    'deployment.kubernetes.io/revision': '1',
    'deployment.kubernetes.io/desired-replicas': '10',
    'deployment.kubernetes.io/max-replicas': '13',
  });
  const { conditions, ...counts } = world.deployment.status ?? {};
  assert.deepEqual(counts, {
    observedGeneration: 1,
    replicas: 10,
    updatedReplicas: 10,
    readyReplicas: 10,
    availableReplicas: 10,
  });
  assert.deepEqual(
    conditions?.map(({ type, status, reason }) => `${type}=${status} ${reason}`),
    ['Available=True MinimumReplicasAvailable', 'Progressing=True NewReplicaSetAvailable'],
  );
});

for (const [maxSurge, maxUnavailable] of [
  ['25%', '25%'],
  [0, 1],
  [1, 0],
  ['100%', 0],
  [0, '100%'],
  [0, 0],
] as const) {
  test(`a rolling update keeps to maxSurge ${maxSurge} and maxUnavailable ${maxUnavailable}`, () => {
    const strategy = { type: 'RollingUpdate', rollingUpdate: { maxSurge, maxUnavailable } };
    const world = new World(deployment('v1', { strategy }));
    world.play();
    world.change(deployment('v2', { strategy }));
    const bound = limits(world.deployment);
    world.play(() => {
      const total = world.replicaSets.reduce((sum, { spec }) => sum + (spec.replicas ?? 0), 0);
      const available = world.replicaSets.reduce(
        (sum, { spec, status }) => sum + Math.min(spec.replicas ?? 0, status?.availableReplicas ?? 0),
        0,
      );
      assert.ok(total <= 10 + bound.maxSurge, `${total} replicas`);
      assert.ok(available >= 10 - bound.maxUnavailable, `${available} available`);
    });
    assert.deepEqual(world.sizes, ['v2×10']);
    assert.deepEqual(world.revisions(), { v1: '1', v2: '2' });
    assert.equal(world.deployment.metadata.annotations?.[annotation.revision], '2');
    assert.equal(world.progress, 'NewReplicaSetAvailable');
  });
}

test('a rollout that gets stuck keeps enough of the old, misses its deadline, and can be undone', () => {
  const world = new World(deployment('v1'));
  world.play();
  world.broken.add('v2');
  world.change(deployment('v2'));
  world.play();
  assert.deepEqual(world.sizes, ['v1×8', 'v2×5']);
  world.wait(601);
  world.play();
  assert.equal(world.progress, 'ProgressDeadlineExceeded');
  world.change(deployment('v1'));
  world.play();
  assert.deepEqual(world.sizes, ['v1×10']);
  assert.deepEqual(world.revisions(), { v1: '3', v2: '2' });
  assert.equal(world.replicaSets[0]?.metadata.annotations?.[annotation.revisionHistory], '1');
  assert.equal(world.progress, 'NewReplicaSetAvailable');
});

test('Recreate ends all old pods before the first new one starts', () => {
  const strategy = { type: 'Recreate' };
  const world = new World(deployment('v1', { strategy }));
  world.play();
  world.change(deployment('v2', { strategy }));
  world.step();
  assert.deepEqual(world.sizes, []);
  world.step();
  assert.equal(world.replicaSets.length, 1, 'the old pods are still there');
  world.grow();
  world.step();
  assert.deepEqual(world.sizes, ['v2×10']);
});

test('a paused Deployment is scaled but not rolled out; resumed, it goes on', () => {
  const world = new World(deployment('v1'));
  world.play();
  world.change(deployment('v2', { paused: true, replicas: 4 }));
  world.play();
  assert.deepEqual(world.sizes, ['v1×4']);
  assert.equal(world.progress, 'DeploymentPaused');
  world.change(deployment('v2', { replicas: 4 }));
  world.play();
  assert.deepEqual(world.sizes, ['v2×4']);
  assert.equal(world.progress, 'NewReplicaSetAvailable');
});

test('scaling to nothing and back, and scaling in the middle of a rollout, in proportion', () => {
  const world = new World(deployment('v1'));
  world.play();
  world.change(deployment('v1', { replicas: 0 }));
  world.play();
  assert.deepEqual(world.sizes, []);
  world.change(deployment('v1', { replicas: 10 }));
  world.play();
  assert.deepEqual(world.sizes, ['v1×10']);
  world.broken.add('v2');
  world.change(deployment('v2'));
  world.play();
  assert.deepEqual(world.sizes, ['v1×8', 'v2×5']);
  world.change(deployment('v2', { replicas: 20 }));
  const [old, newest] = world.replicaSets;
  assert.ok(old && newest);
  assert.deepEqual([...rescale(world.deployment, newest, [old]).values()], [15, 10]);
});

test('history beyond its limit is forgotten, the oldest first', () => {
  const world = new World(deployment('v1', { revisionHistoryLimit: 1 }));
  for (const image of ['v1', 'v2', 'v3']) {
    world.change(deployment(image, { revisionHistoryLimit: 1 }));
    world.play();
  }
  assert.deepEqual(world.revisions(), { v2: '2', v3: '3' });
});

test('a restart is a new template; metadata alone is not', () => {
  const world = new World(deployment('v1'));
  world.play();
  const labelled = deployment('v1');
  labelled.metadata.annotations = { note: 'x' };
  world.change(labelled);
  world.play();
  assert.equal(world.replicaSets.length, 1);
  assert.equal(world.replicaSets[0]?.metadata.annotations?.note, 'x');
  const restarted = deployment('v1');
  restarted.spec.template.metadata = {
    labels: { app: 'web' },
    annotations: { 'kubectl.kubernetes.io/restartedAt': 'now' },
  };
  world.change(restarted);
  world.play();
  assert.equal(world.replicaSets.length, 2);
});
