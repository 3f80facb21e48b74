// Parts of a cluster as processes of their own, against an API server that has none of them.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { after, before, describe, test } from 'node:test';
import { endpointSlices, endpoints, leases, nodes, pods, services } from '#api/index.ts';
import { Client, connect } from '#client/index.ts';
import { run } from '#lib/run.ts';
import { TestApi } from './api-harness.ts';
import { eventually } from './harness.ts';

const program = 'bin/portolan';
let api: TestApi;
let client: Client;
before(async () => {
  api = await TestApi.start({ controllers: false });
  client = new Client(await connect(api.kubeconfig));
});
after(() => api[Symbol.asyncDispose]());

/** A command that runs until it is told to end. */
function start(...args: string[]) {
  const child = spawn(program, [...args, '--kubeconfig', api.kubeconfig], { stdio: ['ignore', 'ignore', 'pipe'] });
  let log = '';
  child.stderr.on('data', (chunk) => {
    log += chunk;
  });
  const ended = once(child, 'exit');
  return {
    log: () => log,
    async stop(): Promise<unknown> {
      child.kill('SIGTERM');
      const [code] = await ended;
      return code;
    },
  };
}

async function createServiceWithPod(name: string, podIP: string): Promise<void> {
  await client.resource(services).create({
    metadata: { name, namespace: 'default' },
    spec: { selector: { app: name }, ports: [{ port: 80 }] },
  });
  const pod = await client.resource(pods).create({
    metadata: { name, namespace: 'default', labels: { app: name } },
    spec: { nodeName: 'n1', containers: [{ name: 'c', image: 'i' }] },
  });
  const conditions = [{ type: 'Ready', status: 'True' }];
  const status = { phase: 'Running', podIP, podIPs: [{ ip: podIP }], conditions };
  await client.resource(pods).updateStatus({ ...pod, status });
}

describe('portolan controllers', () => {
  test('runs the ones that are named and no others, and gives up its lease when it ends', async () => {
    await client.resource(nodes).create({ metadata: { name: 'n1' }, spec: {} });
    const part = start('controllers', '--only', 'endpointslice');
    await createServiceWithPod('one', '10.244.0.9');
    await eventually('the slice has the pod', async () => {
      const { items } = await client.resource(endpointSlices).list({ labelSelector: 'kubernetes.io/service-name=one' });
      return items.some((slice) => slice.endpoints?.[0]?.addresses[0] === '10.244.0.9');
    });
    const { items } = await client.resource(endpoints).list({ namespace: 'default' });
    assert.deepEqual(
      items.filter(({ metadata }) => metadata.name === 'one'),
      [],
      'there is nobody who makes Endpoints',
    );
    const lease = () => client.resource(leases).get('portolan-controllers', 'kube-system');
    assert.notEqual((await lease()).spec.holderIdentity, '');
    assert.equal(await part.stop(), 0, part.log());
    assert.equal((await lease()).spec.holderIdentity, '');
  });

  test('of two copies one works, and the other when that one has ended', async () => {
    const copies = [1, 2].map(() => start('controllers', '--only', 'endpoints'));
    const atWork = (copy: ReturnType<typeof start>) => copy.log().includes('at work');
    await eventually(
      'one is at work, the other waits',
      async () =>
        copies.filter(atWork).length === 1 && copies.some((copy) => copy.log().includes('somebody else leads')),
    );
    const [first, second] = copies.toSorted((a, b) => Number(atWork(b)) - Number(atWork(a)));
    assert.equal(await first?.stop(), 0);
    await eventually('the other is at work', async () => second && atWork(second));
    assert.equal(await second?.stop(), 0);
  });

  test('mistakes get one line that says what to do', async () => {
    for (const [args, message] of [
      [['--only', 'endpointslices'], /^--only endpointslices: must be one of .*endpointslice,/],
      [['--leader-elect', 'x'], /^--leader-elect x: must be NAMESPACE\/NAME of a Lease/],
      [['--kubeconfig', '/nowhere'], /^kubeconfig \/nowhere: there is no such file/],
    ] as const) {
      await assert.rejects(run(program, ['controllers', ...args]), (error: { stderr: string }) => {
        assert.match(error.stderr, message);
        assert.equal(error.stderr.trim().split('\n').length, 1);
        return true;
      });
    }
  });
});
