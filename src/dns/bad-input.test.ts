// A process of its own among those who mean no good: an API server that sends garbage, clients that ask for what there is not,
// or for nothing at all. Names of the cluster are answered all the while, and memory has a bound.

import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { residentMB } from '../../scripts/process-use.ts';
import { kubeconfig } from './api-server.testing.ts';
import type { HostPort } from './config/settings.ts';
import { dnsProcess } from './process.testing.ts';
import { namespace, packet, printed, service, slice } from './testing/cluster.ts';
import { ScriptedApi } from './testing/scripted-api.ts';
import { framed, until } from './testing/upstream.ts';
import { decodeMessage, encodeMessage, rcodeOf } from './wire/index.ts';

const web = 'web.default.svc.cluster.local';
const answer = (address: string) => `NOERROR qr aa rd\nanswer ${web}. 5 IN A ${address}`;
/** Of two equal rounds the second may take so much more, in MiB: what is not collected yet, and chance. */
const margin = 64;
const ports = [{ name: 'http', protocol: 'TCP', port: 80 }];
const versioned = <T extends { metadata: object }>(object: T, resourceVersion: string): T => ({
  ...object,
  metadata: { ...object.metadata, resourceVersion, uid: 'u' },
});

async function byUdp({ host, port }: HostPort, question = web): Promise<string> {
  const socket = createSocket('udp4');
  try {
    socket.send(encodeMessage(packet(question)), port, host);
    const [response] = await once(socket, 'message', { signal: AbortSignal.timeout(10_000) });
    return printed(response);
  } finally {
    socket.close();
  }
}

/** Asks all on one connection; the codes of the answers, counted. */
async function byTcp({ host, port }: HostPort, questions: readonly string[]): Promise<Map<number, number>> {
  const socket = connect({ host, port });
  socket.end(Buffer.concat(questions.map((question, id) => framed(encodeMessage(packet(question, id & 65_535))))));
  const counts = new Map<number, number>();
  let rest = Buffer.alloc(0);
  for await (const chunk of socket) {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    while (rest.length >= 2 && rest.length >= 2 + rest.readUInt16BE(0)) {
      const end = 2 + rest.readUInt16BE(0);
      const code = rcodeOf(decodeMessage(rest.subarray(2, end)).flags);
      counts.set(code, (counts.get(code) ?? 0) + 1);
      rest = rest.subarray(end);
    }
  }
  return counts;
}

test('a server goes on', async (t) => {
  const api = new ScriptedApi();
  const garbage = [
    null,
    5,
    {},
    { metadata: { name: 7 } },
    { metadata: { name: 'wrong', namespace: 'default' }, spec: 'x' },
  ];
  api.lists.namespaces = [versioned(namespace('default'), '1'), ...garbage];
  api.lists.services = [...garbage, versioned(service('web', { clusterIPs: ['10.96.0.80'], ports }), '1')];
  api.lists.endpointslices = garbage;
  const folder = await mkdtemp(join(tmpdir(), 'portolan-dns-'));
  t.after(() => rm(folder, { recursive: true }));
  const file = join(folder, 'Corefile');
  await writeFile(
    file,
    `cluster.local:0 {
      bind 127.0.0.1
      prometheus 127.0.0.1:0
      loadbalance
      kubernetes cluster.local {
        pods insecure
      }
    }`,
  );
  const { child, address, endpoints } = await dnsProcess(t, [
    '--corefile',
    file,
    '--kubeconfig',
    await kubeconfig(t, api.fetch),
  ]);
  const metric = async (line: RegExp): Promise<number> => {
    const text = await (await fetch(`http://127.0.0.1:${endpoints[0]?.port}/metrics`)).text();
    return Number(line.exec(text)?.[1]);
  };
  const skipped = (resource: string) =>
    metric(new RegExp(`^portolan_dns_skipped_objects_total{resource="${resource}"} (\\d+)$`, 'm'));

  await t.test('with an API server that lists garbage', async () => {
    assert.equal(await byUdp(address), answer('10.96.0.80'));
    assert.equal(await skipped('services'), garbage.length);
    // These have no spec to be wrong.
    assert.equal(await skipped('endpointslices'), garbage.length - 1);
    assert.equal(await skipped('namespaces'), garbage.length - 1);
  });

  await t.test('with one that says garbage later', async () => {
    const huge = 'x'.repeat(4 * 1024 * 1024);
    for (let i = 0; i < 10; i++) {
      const object = versioned(service('huge', { ports: [{ name: huge, port: 80 }] }), `${10 + i}`);
      await api.say('services', { type: 'ADDED', object });
      await api.say('services', null);
    }
    const many = Array.from({ length: 5000 }, (_, i) => `10.244.${i >> 8}.${i & 255}`);
    await api.say('endpointslices', { type: 'ADDED', object: versioned(slice('web-1', 'web', many, []), '30') });
    const moved = service('web', { clusterIPs: ['10.96.0.81'], ports });
    await api.say('services', { type: 'MODIFIED', object: versioned(moved, '31') });
    await until(async () => (await byUdp(address)) === answer('10.96.0.81'));
    assert.equal(await skipped('services'), garbage.length + 20);
    assert.equal(api.asked.get('list services'), 1);
    await until(async () => (await byUdp(address, `10-244-19-135.${web}`)).startsWith('NOERROR'));
  });

  await t.test('with 64 k names that are not there, twice', async () => {
    const round = async (name: string) => {
      const questions = Array.from({ length: 65_536 }, (_, i) => `${name}-${i}.default.svc.cluster.local A`);
      const [counts] = await Promise.all([byTcp(address, questions), byUdp(address)]);
      assert.deepEqual([...counts], [[3, questions.length]]);
    };
    await round('first');
    const before = residentMB(child.pid);
    await round('second');
    assert.equal(await byUdp(address), answer('10.96.0.81'));
    const grown = residentMB(child.pid) - before;
    assert.ok(grown < margin, `the process has grown by ${grown} MiB`);
  });

  await t.test('with 500 connections on which nothing is asked', async () => {
    const before = residentMB(child.pid);
    const idle = Array.from({ length: 500 }, () => connect({ host: address.host, port: address.port }));
    await Promise.all(
      idle.map((socket) =>
        once(
          socket.on('error', () => {}),
          'connect',
        ),
      ),
    );
    assert.deepEqual([...(await byTcp(address, [web]))], [[0, 1]]);
    assert.equal(await byUdp(address), answer('10.96.0.81'));
    const grown = residentMB(child.pid) - before;
    for (const socket of idle) socket.destroy();
    assert.ok(grown < margin, `the process has grown by ${grown} MiB`);
  });

  await t.test('with no API server at all', async () => {
    for (const resource of ['namespaces', 'services', 'endpointslices'] as const) {
      api.lists[resource] = 'gone';
      api.end(resource);
    }
    await until(() => (api.asked.get('watch services') ?? 0) > 1);
    assert.equal(await byUdp(address), answer('10.96.0.81'));
  });
  assert.equal(await metric(/^coredns_panics_total (\d+)$/m), 0);
  assert.equal(child.exitCode, null);
});
