// All controllers and the scheduler at work on the things that people do.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import {
  type ApiError,
  deployments,
  endpointSlices,
  endpoints,
  type KubeObject,
  leases,
  namespaces,
  nodes,
  type Pod,
  type PodDisruptionBudget,
  podDisruptionBudgets,
  pods,
  replicaSets,
  serviceAccounts,
  services,
} from '#api/index.ts';
import { isRolledOut, startCluster, until, web } from './cluster-suite.ts';

test('a Deployment and its Service, from nothing to endpoints, scaled, rolled out, undone and deleted', async () => {
  const { client, close } = await startCluster();
  after(close);
  const apps = client.resource(deployments);
  await client.resource(services).create({
    metadata: { name: 'web', namespace: 'default' },
    spec: { selector: { app: 'web' }, ports: [{ port: 80, targetPort: 8080 }] },
  });
  await apps.create(web(3));
  const [first] = await until(apps, 'default', ([one]) => one !== undefined && isRolledOut(one));
  assert.deepEqual(
    [first?.metadata.generation, first?.metadata.annotations],
    [1, { 'deployment.kubernetes.io/revision': '1' }],
    'the revision is no change of what is wanted',
  );
  const serving =
    (count: number) =>
    (slices: { metadata: KubeObject['metadata']; endpoints: { conditions?: { ready?: boolean } }[] }[]) =>
      slices
        .filter(({ metadata }) => metadata.labels?.['kubernetes.io/service-name'] === 'web')
        .flatMap((slice) => slice.endpoints)
        .filter(({ conditions }) => conditions?.ready).length === count;
  await until(client.resource(endpointSlices), 'default', serving(3));
  await until(client.resource(endpoints), 'default', (all) =>
    all.some(({ metadata, subsets }) => metadata.name === 'web' && subsets?.[0]?.addresses?.length === 3),
  );

  // Scaled far: exactly so many pods, evenly spread.
  await apps.patch('web', { spec: { replicas: 50 } }, { namespace: 'default', type: 'merge' });
  const started = performance.now();
  await until(client.resource(endpointSlices), 'default', serving(50));
  assert.ok(performance.now() - started < 5000, 'no rate limit holds it up');
  const all = (await client.resource(pods).list({ namespace: 'default' })).items;
  assert.equal(all.length, 50);
  const perNode = Map.groupBy(all, ({ spec }) => spec.nodeName);
  assert.deepEqual(
    [...perNode.values()].map((each) => each.length),
    [25, 25],
  );

  // A new image: as many new pods, a second revision.
  const scaled = { spec: { replicas: 4, template: { spec: { containers: [{ name: 'web', image: 'two' }] } } } };
  await apps.patch('web', scaled, { namespace: 'default', type: 'strategic' });
  await until(apps, 'default', ([one]) => one !== undefined && isRolledOut(one) && one.spec.replicas === 4);
  await until(client.resource(endpointSlices), 'default', serving(4));
  const sets = (await client.resource(replicaSets).list({ namespace: 'default' })).items;
  const revisions = sets.map(({ metadata, spec }) => [
    metadata.annotations?.['deployment.kubernetes.io/revision'],
    spec.template?.spec?.containers[0]?.image,
    spec.replicas,
  ]);
  assert.deepEqual(revisions.sort(), [
    ['1', 'one', 0],
    ['2', 'two', 4],
  ]);

  // Back again.
  const back = { spec: { template: { spec: { containers: [{ name: 'web', image: 'one' }] } } } };
  await apps.patch('web', back, { namespace: 'default', type: 'strategic' });
  const [undone] = await until(apps, 'default', ([one]) => one !== undefined && isRolledOut(one));
  assert.equal(undone?.metadata.annotations?.['deployment.kubernetes.io/revision'], '3');

  // Deleted: everything that belongs to it goes, the Service keeps its empty slice.
  await apps.delete('web', { namespace: 'default' });
  await until(client.resource(replicaSets), 'default', (left) => left.length === 0);
  await until(client.resource(pods), 'default', (left) => left.length === 0);
  await until(client.resource(endpointSlices), 'default', serving(0));
  await client.resource(services).delete('web', { namespace: 'default' });
  await until(client.resource(endpointSlices), 'default', (slices) =>
    slices.every(({ metadata }) => metadata.labels?.['kubernetes.io/service-name'] !== 'web'),
  );
});

test('deletion in the foreground goes from below; orphaning leaves the pods, which a new ReplicaSet adopts', async () => {
  const { client, close } = await startCluster();
  after(close);
  const apps = client.resource(deployments);
  await apps.create(web(2));
  await until(apps, 'default', ([one]) => one !== undefined && isRolledOut(one));
  const [set] = (await client.resource(replicaSets).list({ namespace: 'default' })).items;
  assert.ok(set);
  await client
    .resource(replicaSets)
    .delete(set.metadata.name ?? '', { namespace: 'default', propagationPolicy: 'Orphan' });
  const [remade] = await until(client.resource(replicaSets), 'default', ([one]) => {
    return one?.metadata.uid !== set.metadata.uid && one?.status?.readyReplicas === 2;
  });
  const held = (await client.resource(pods).list({ namespace: 'default' })).items;
  assert.deepEqual(
    held.map(({ metadata }) => metadata.ownerReferences?.map(({ uid }) => uid)),
    [[remade?.metadata.uid], [remade?.metadata.uid]],
  );
  await apps.delete('web', { namespace: 'default', propagationPolicy: 'Foreground' });
  await until(apps, 'default', (left) => left.length === 0);
  assert.equal((await client.resource(replicaSets).list({ namespace: 'default' })).items.length, 0);
  assert.equal((await client.resource(pods).list({ namespace: 'default' })).items.length, 0);
});

test('a Namespace gets its ServiceAccount, and is emptied before it goes', async () => {
  const { client, close } = await startCluster();
  after(close);
  await client.resource(namespaces).create({ metadata: { name: 'other' }, spec: {} });
  await until(client.resource(serviceAccounts), 'other', ([one]) => one?.metadata.name === 'default');
  const app = web(2);
  await client.resource(deployments).create({ ...app, metadata: { name: 'web', namespace: 'other' } });
  await until(client.resource(deployments), 'other', ([one]) => one !== undefined && isRolledOut(one));
  await client.resource(namespaces).delete('other');
  await until(client.resource(namespaces), undefined, (all) => all.every(({ metadata }) => metadata.name !== 'other'));
  assert.equal((await client.resource(pods).list({ namespace: 'other' })).items.length, 0);
});

test('a node that is not heard of loses its endpoints, and one that is deleted its pods', async () => {
  const { client, close } = await startCluster({ nodeMonitorGracePeriodMs: 500 });
  after(close);
  const beat = async (name: string, renewTime: string) => {
    const spec = { holderIdentity: name, leaseDurationSeconds: 40, renewTime };
    const resource = client.resource(leases);
    const namespace = 'kube-node-lease';
    await resource
      .create({ metadata: { name, namespace }, spec })
      .catch(() => resource.patch(name, { spec }, { namespace, type: 'merge' }));
  };
  let tick = 0;
  const pulse = async () => {
    tick += 1;
    await beat('n1', `2026-01-01T00:00:00.${String(tick).padStart(6, '0')}Z`);
  };
  await pulse();
  const timer = setInterval(() => void pulse().catch(() => {}), 100);
  after(() => clearInterval(timer));
  await client.resource(services).create({
    metadata: { name: 'web', namespace: 'default' },
    spec: { selector: { app: 'web' }, ports: [{ port: 80 }] },
  });
  await client.resource(deployments).create(web(4));
  const [node] = await until(client.resource(nodes), undefined, (all) => {
    const lost = all.find(({ metadata }) => metadata.name === 'n2');
    return (
      lost?.spec.taints?.some(
        ({ key, effect }) => key === 'node.kubernetes.io/unreachable' && effect === 'NoExecute',
      ) ?? false
    );
  }).then((all) => all.filter(({ metadata }) => metadata.name === 'n2'));
  assert.equal(node?.status?.conditions?.find(({ type }) => type === 'Ready')?.status, 'Unknown');
  await until(client.resource(endpointSlices), 'default', (slices) => {
    const found = slices.flatMap((slice) => slice.endpoints).filter((endpoint) => endpoint.nodeName === 'n2');
    return found.length === 2 && found.every(({ conditions }) => conditions?.ready === false);
  });
  await client.resource(nodes).delete('n2');
  const moved = await until(client.resource(pods), 'default', (all: Pod[]) => {
    return all.length === 4 && all.every(({ spec }) => spec.nodeName === 'n1');
  });
  assert.equal(moved.length, 4);
});

test('a pod that fits nowhere says why, and is scheduled when a node allows it', async () => {
  const { client, close } = await startCluster();
  after(close);
  const cordon = (name: string, unschedulable: boolean) =>
    client.resource(nodes).patch(name, { spec: { unschedulable } }, { type: 'merge' });
  await cordon('n1', true);
  await cordon('n2', true);
  // The scheduler watches nodes and pods apart, and may hear of a pod first: the nodes' own controller has heard by then.
  await until(client.resource(nodes), undefined, (all) => all.every(({ spec }) => spec.taints?.length === 1));
  const resource = client.resource(pods);
  await resource.create({
    metadata: { name: 'tmp', namespace: 'default' },
    spec: { containers: [{ name: 'c', image: 'one' }] },
  });
  const condition = ({ status }: Pod) => status?.conditions?.find(({ type }) => type === 'PodScheduled');
  const [stuck] = await until(resource, 'default', ([one]) => one !== undefined && condition(one)?.status === 'False');
  assert.match((stuck && condition(stuck)?.message) ?? '', /^0\/2 nodes are available: 2 node\(s\) /);
  await cordon('n2', false);
  const [placed] = await until(resource, 'default', ([one]) => one?.status?.phase === 'Running');
  assert.equal(placed?.spec.nodeName, 'n2');
});

test('a burst of pods takes what the nodes have, and the next pod what one of them gives back', async () => {
  const { client, close } = await startCluster();
  after(close);
  const conditions = [{ type: 'Ready', status: 'True' }];
  const allocatable = { cpu: '1', memory: '1Gi', pods: '110' };
  for (const name of ['n1', 'n2']) {
    const status = { allocatable, conditions };
    await client.resource(nodes).patch(name, { status }, { type: 'strategic', subresource: 'status' });
  }
  const resource = client.resource(pods);
  const requests = { cpu: '600m', memory: '600Mi' };
  const names = ['a', 'b', 'c'];
  const containers = [{ name: 'c', image: 'one', resources: { requests } }];
  const create = (name: string) => resource.create({ metadata: { name, namespace: 'default' }, spec: { containers } });
  await Promise.all(names.map(create));
  const scheduled = ({ status }: Pod) => status?.conditions?.find(({ type }) => type === 'PodScheduled');
  const stuck = (all: Pod[]) => all.find((pod) => scheduled(pod)?.status === 'False');
  const running = (all: Pod[]) => all.filter(({ status }) => status?.phase === 'Running');
  const all = await until(resource, 'default', (now) => stuck(now) !== undefined && running(now).length === 2);
  assert.deepEqual(new Set(running(all).map(({ spec }) => spec.nodeName)), new Set(['n1', 'n2']));
  const waiting = stuck(all) as Pod;
  const message = '0/2 nodes are available: 2 Insufficient cpu, 2 Insufficient memory.';
  assert.equal(scheduled(waiting)?.message, message);
  await resource.delete(running(all)[0]?.metadata.name ?? '', { namespace: 'default' });
  await until(resource, 'default', (now) => running(now).some(({ metadata }) => metadata.uid === waiting.metadata.uid));
});

test('Endpoints written for a Service without a selector are mirrored, until it has one or they go', async () => {
  const { client, close } = await startCluster();
  after(close);
  const metadata = { name: 'db', namespace: 'default' };
  const subset = (...ips: string[]) => ({ addresses: ips.map((ip) => ({ ip })), ports: [{ port: 5432 }] });
  const slices = client.resource(endpointSlices);
  const shows = (want: string) =>
    until(slices, 'default', (all) => {
      const mirrors = all.filter(({ metadata: { labels } }) => labels?.['kubernetes.io/service-name'] === 'db');
      return mirrors.flatMap((slice) => slice.endpoints.flatMap(({ addresses }) => addresses)).join() === want;
    });
  await client.resource(endpoints).create({ metadata, subsets: [subset('192.0.2.1')] });
  await client.resource(services).create({ metadata, spec: { ports: [{ port: 5432 }] } });
  const [first] = await shows('192.0.2.1');
  await client.resource(endpoints).update({ metadata, subsets: [subset('192.0.2.1', '192.0.2.2')] });
  const [second] = await shows('192.0.2.1,192.0.2.2');
  assert.equal(second?.metadata.uid, first?.metadata.uid);
  await slices.delete(second?.metadata.name ?? '', { namespace: 'default' });
  await until(slices, 'default', ([one]) => one !== undefined && one.metadata.uid !== first?.metadata.uid);
  await shows('192.0.2.1,192.0.2.2');
  const skip = (value: string | null) => ({
    metadata: { labels: { 'endpointslice.kubernetes.io/skip-mirror': value } },
  });
  const change = { namespace: 'default', type: 'merge' } as const;
  await client.resource(endpoints).patch('db', skip('true'), change);
  await shows('');
  await client.resource(endpoints).patch('db', skip(null), change);
  await shows('192.0.2.1,192.0.2.2');
  await client.resource(endpoints).delete('db', { namespace: 'default' });
  await shows('');
  await client.resource(endpoints).create({ metadata, subsets: [subset('192.0.2.3')] });
  await shows('192.0.2.3');
  await client.resource(services).delete('db', { namespace: 'default' });
  await shows('');
});

test('a budget counts the pods of a Deployment, lets as many go as it can spare, and more when new ones are ready', async () => {
  const { client, close } = await startCluster();
  after(close);
  const budgets = client.resource(podDisruptionBudgets);
  const selector = { matchLabels: { app: 'web' } };
  await budgets.create({ metadata: { name: 'web', namespace: 'default' }, spec: { maxUnavailable: '25%', selector } });
  await client.resource(deployments).create(web(4));
  const status = (allowed: number, healthy: number) => (all: PodDisruptionBudget[]) =>
    all[0]?.status?.disruptionsAllowed === allowed && all[0].status.currentHealthy === healthy;
  const [counted] = await until(budgets, 'default', status(1, 4));
  assert.deepEqual([counted?.status?.expectedPods, counted?.status?.desiredHealthy], [4, 3]);
  assert.equal(counted?.status?.conditions?.[0]?.reason, 'SufficientPods');
  const names = (await client.resource(pods).list({ namespace: 'default' })).items.map(
    ({ metadata }) => metadata.name ?? '',
  );
  const evict = (name: string) =>
    client
      .resource(pods)
      .subresource(name, 'eviction', { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name } }, 'default')
      .then(
        () => 'evicted',
        (error) => (error as ApiError).reason,
      );
  const outcomes = await Promise.all(names.map(evict));
  assert.deepEqual(outcomes.toSorted(), ['TooManyRequests', 'TooManyRequests', 'TooManyRequests', 'evicted']);
  // The Deployment makes another pod, which makes good for the one that went.
  const [again] = await until(budgets, 'default', status(1, 4));
  assert.equal(again?.status?.disruptedPods, undefined);
  assert.equal(await evict(names[outcomes.indexOf('TooManyRequests')] as string), 'evicted');

  // Scaled down: what is wanted is less, and so is what must be left.
  await until(budgets, 'default', status(1, 4));
  await client.resource(deployments).patch('web', { spec: { replicas: 2 } }, { namespace: 'default', type: 'merge' });
  const [less] = await until(budgets, 'default', status(1, 2));
  assert.deepEqual([less?.status?.expectedPods, less?.status?.desiredHealthy], [2, 1]);
});

test('a budget in percent of pods that nobody controls counts none of them', async () => {
  const { client, close } = await startCluster();
  after(close);
  const budgets = client.resource(podDisruptionBudgets);
  const spec = { minAvailable: '50%', selector: { matchLabels: { app: 'bare' } } };
  const metadata = { name: 'bare', namespace: 'default', labels: { app: 'bare' } };
  await client.resource(pods).create({ metadata, spec: { containers: [{ name: 'c', image: 'one' }] } });
  await budgets.create({ metadata: { name: 'bare', namespace: 'default' }, spec });
  const [counted] = await until(budgets, 'default', ([one]) => one?.status?.currentHealthy === 1);
  assert.deepEqual([counted?.status?.disruptionsAllowed, counted?.status?.expectedPods], [0, 0]);

  // A controller that nobody knows: nothing is allowed, and the budget says why.
  const ownerReferences = [{ apiVersion: 'example.com/v1', kind: 'Odd', name: 'x', uid: 'x', controller: true }];
  const owned = { ...metadata, name: 'owned', ownerReferences };
  await client.resource(pods).create({ metadata: owned, spec: { containers: [{ name: 'c', image: 'one' }] } });
  const [failed] = await until(budgets, 'default', ([one]) => one?.status?.conditions?.[0]?.reason === 'SyncFailed');
  assert.equal(failed?.status?.conditions?.[0]?.message, 'found no controllers for pod "owned"');
});
