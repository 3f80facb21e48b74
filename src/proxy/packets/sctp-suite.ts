// SCTP on the real kernel, in the world of kernel-suite.ts: by the kernel's own sockets where it has them, and otherwise by the
// first two packets of associations, which is all that the rules ever see (sctp.py).

import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Family } from '#lib/cidr.ts';
import { tryRun } from '#lib/run.ts';
import { enter } from '#network/index.ts';
import { type Caller, callers, pods, put, service, slices } from '../kernel-suite.ts';
import { families } from '../words.ts';
import { type World, worlds } from '../worlds.testing.ts';

const program = fileURLToPath(new URL('sctp.py', import.meta.url));
const bothWorlds = families.map((family) => worlds[family]);
const servers: ChildProcess[] = [];

/** In the namespaces of the pods, whose names it answers with. */
async function serve(): Promise<void> {
  for (const pod of pods) {
    for (const world of bothWorlds) {
      const [file = '', ...args] = enter(pod.namespace);
      const address = world.pod(pod.node, pod.n);
      const server = spawn(file, [...args, 'python3', program, 'serve', pod.name, address], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      servers.push(server);
      await once(server.stdout as NonNullable<typeof server.stdout>, 'data');
    }
  }
}

async function call(caller: Caller, address: string, port: number, times = 1): Promise<string[]> {
  const [file = 'python3', ...args] = [...enter(callers[caller]), 'python3', program];
  const { stdout, stderr } = await tryRun(file, [...args, 'call', address, `${port}`, `${times}`], {
    timeoutMs: 60_000,
  });
  assert.equal(stderr, '');
  return stdout.trim().split('\n');
}

const distinct = (answers: readonly string[]): string[] => [...new Set(answers)].sort();

const affinity = { spec: { sessionAffinity: 'ClientIP' } };

/** Numbers of Services, above those of connections-suite.ts. */
const [two, own, empty, local, sticky] = [400, 401, 402, 403, 404] as const;

function describeFamily(family: Family): void {
  const world: World = worlds[family];
  const [client, nodeOne] = [world.pod(1, 5), world.node(1)];
  const masqueraded = [`a ${world.gateway(1)}`, `b ${nodeOne}`];
  const table: { from: Caller; to: string; address: string; port: number; want: string[] }[] = [
    { from: 'pod', to: 'a cluster IP', address: world.service(two), port: 80, want: [`a ${client}`, `b ${client}`] },
    { from: 'node', to: 'a cluster IP', address: world.service(two), port: 80, want: masqueraded },
    { from: 'pod', to: 'a node port', address: nodeOne, port: 31_000 + two, want: masqueraded },
    { from: 'host', to: 'a node port', address: nodeOne, port: 31_000 + two, want: masqueraded },
    { from: 'host', to: "a load balancer's address", address: world.vip(two), port: 80, want: masqueraded },
    { from: 'pod', to: 'itself', address: world.service(own), port: 80, want: [`client ${world.gateway(1)}`] },
    { from: 'pod', to: 'a Service without endpoints', address: world.service(empty), port: 80, want: ['refused'] },
    { from: 'node', to: 'a node port without endpoints', address: nodeOne, port: 31_000 + empty, want: ['refused'] },
    { from: 'host', to: 'an unused port', address: world.service(two), port: 81, want: ['refused'] },
    {
      from: 'host',
      to: 'a node port of policy Local, endpoint elsewhere',
      address: nodeOne,
      port: 31_000 + local,
      want: ['silence'],
    },
    { from: 'pod', to: 'an address that no Service has', address: world.service(499), port: 80, want: ['silence'] },
  ];
  for (const { from, to, address, port, want } of table) {
    test(`${from} to ${to}, ${family}: ${want.join(' or ')}`, async () => {
      assert.deepEqual(distinct(await call(from, address, port, want.length > 1 ? 30 : 1)), want);
    });
  }

  test(`with affinity it stays, also when another endpoint comes, ${family}`, async () => {
    await put(service('sctp-sticky', sticky, affinity), ...slices('sctp-sticky', 'a', 'b'));
    const [first = ''] = distinct(await call('pod', world.service(sticky), 80, 15));
    assert.match(first, / /);
    await put(service('sctp-sticky', sticky, affinity), ...slices('sctp-sticky', 'client', 'b', 'a'));
    assert.deepEqual(distinct(await call('pod', world.service(sticky), 80, 15)), [first]);
  });
}

export async function describeSctp(): Promise<void> {
  const { stdout, stderr } = await tryRun('python3', [program, 'probe']).catch((error) => ({
    stdout: '',
    stderr: `${error}`,
  }));
  const how = stdout.trim();
  const skip = how === '' && `python3, which calls, does not run: ${stderr}`;
  describe(`SCTP, ${how === 'sockets' ? 'by sockets of the kernel' : 'by packets made by hand, since the kernel has no sockets'}`, {
    skip,
  }, () => {
    before(async () => {
      const balancer = { type: 'LoadBalancer', ingress: bothWorlds.map(({ vip }) => ({ ip: vip(two) })) };
      await put(service('sctp-two', two, balancer), ...slices('sctp-two', 'a', 'b'));
      await put(service('sctp-own', own), ...slices('sctp-own', 'client'));
      await put(service('sctp-empty', empty));
      await put(
        service('sctp-local', local, { spec: { externalTrafficPolicy: 'Local' } }),
        ...slices('sctp-local', 'b'),
      );
      await serve();
    });
    after(() => {
      for (const server of servers) server.kill('SIGKILL');
    });
    for (const family of families) describeFamily(family);
  });
}
