// A node that went down with pods on it and comes back: what its kubelet finds in the API, and what becomes of it.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { events, ignoreNotFound, type Pod, pods } from '#api/index.ts';
import { isPodReady, podCondition } from '#api/pod-conditions.ts';
import { TestNode, whyNoContainers } from './kernel-suite.ts';

const sleeping = ['sh', '-c', 'trap exit TERM; sleep 600 & wait'];
const statusOf = (pod: Pod) => pod.status?.containerStatuses?.[0];
const isEnded = (pod: Pod) => pod.status?.phase === 'Succeeded';
const isRunning = (pod: Pod) => statusOf(pod)?.state?.running !== undefined;

describe('a node that is started again', { skip: await whyNoContainers(), timeout: 60_000 }, () => {
  let node: TestNode;
  let earlier: Map<string, Pod>;
  const now = async (name: string) => await node.client.resource(pods).get(name, 'default');

  before(async () => {
    node = await TestNode.start({ index: 2 });
    await Promise.all([
      node.run('always', sleeping, {
        restartPolicy: 'Always',
        initContainers: [{ name: 'init', image: 'host', command: ['true'] }],
      }),
      node.run('never', sleeping),
      node.run('done', ['true']),
      node.run('leaving', sleeping),
      node.run('some', [], {
        restartPolicy: 'OnFailure',
        containers: [
          { name: 'sleeps', image: 'host', command: sleeping },
          { name: 'ends', image: 'host', command: ['true'] },
        ],
      }),
    ]);
    const ready = await Promise.all([
      ...['always', 'never', 'leaving'].map((name) => node.until(name, isPodReady)),
      // Its last word: the network is gone.
      node.until('done', (pod) => isEnded(pod) && podCondition(pod, 'PodReadyToStartContainers')?.status === 'False'),
      node.until('some', ({ status }) => status?.containerStatuses?.[1]?.state?.terminated !== undefined),
    ]);
    earlier = new Map(ready.map((pod) => [pod.metadata.name ?? '', pod]));
    await node.stopKubelet();
    assert.equal((await now('always')).status?.phase, 'Running', 'nobody told the API server');
    await node.client.resource(pods).delete('leaving', { namespace: 'default' });
    await node.startKubelet();
  });
  after(() => node?.close());

  test('runs a pod again, its init containers first, with another address and one restart more', async () => {
    const pod = await node.until('always', (pod) => statusOf(pod)?.restartCount === 1 && isPodReady(pod));
    const old = earlier.get('always');
    assert.notEqual(pod.status?.podIP, old?.status?.podIP);
    assert.match(pod.status?.podIP ?? '', /^10\.215\.2\.\d+$/);
    assert.deepEqual(pod.status?.podIPs, [{ ip: pod.status?.podIP }]);
    assert.equal(pod.status?.startTime, old?.status?.startTime);
    const { reason, exitCode, startedAt, containerID } = statusOf(pod)?.lastState?.terminated ?? {};
    assert.deepEqual([exitCode, reason], [255, 'Unknown']);
    const ran = old && statusOf(old);
    assert.deepEqual([startedAt, containerID], [ran?.state?.running?.startedAt, ran?.containerID]);
    assert.equal(pod.status?.initContainerStatuses?.[0]?.restartCount, 1);
    const { items } = await node.client.resource(events).list({ namespace: 'default' });
    assert.ok(items.some((e) => e.reason === 'SandboxChanged' && e.involvedObject?.name === 'always'));
  });

  test('does not run a pod again whose restart policy is Never: it failed, for a reason unknown', async () => {
    const pod = await node.until('never', ({ status }) => status?.phase === 'Failed');
    const { exitCode, reason } = statusOf(pod)?.state?.terminated ?? {};
    assert.deepEqual([exitCode, reason], [255, 'Unknown']);
    assert.equal(statusOf(pod)?.restartCount, 0);
    assert.equal(pod.status?.podIP, earlier.get('never')?.status?.podIP);
    assert.equal(isPodReady(pod), false);
  });

  test('leaves alone what had ended, also when its object changes', async () => {
    const changed = await node.client
      .resource(pods)
      .patch('done', { metadata: { labels: { seen: 'yes' } } }, { namespace: 'default', type: 'merge' });
    await node.run('later', ['true']);
    await node.until('later', ({ status }) => status?.phase === 'Succeeded');
    const pod = await now('done');
    assert.equal(pod.metadata.resourceVersion, changed.metadata.resourceVersion);
    assert.deepEqual(pod.status, earlier.get('done')?.status);
    await node.remove('done');
  });

  test('runs again only the containers that OnFailure wants', async () => {
    const pod = await node.until('some', (pod) => statusOf(pod)?.restartCount === 1 && isRunning(pod));
    const [, ends] = pod.status?.containerStatuses ?? [];
    assert.deepEqual(ends, earlier.get('some')?.status?.containerStatuses?.[1]);
  });

  test('finishes a pod that was deleted meanwhile', async () => {
    const left = async () => await now('leaving').catch(ignoreNotFound);
    for (let tries = 0; (await left()) && tries < 100; tries++) await new Promise((resolve) => setTimeout(resolve, 50));
    assert.equal(await left(), undefined);
  });
});
