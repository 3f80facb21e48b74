// The DNS server as a client of a real API server on the memory store: in this process, and as a process of its own.

import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { endpointSlices, namespaces, type Pod, pods, services } from '#api/index.ts';
import { Client } from '#client/index.ts';
import { apiServer, kubeconfig } from './api-server.testing.ts';
import { settingsFromFlags } from './config/from-flags.ts';
import { dnsProcess } from './process.testing.ts';
import { DnsServer } from './server.ts';
import { http, namespace, packet, printed, service, slice } from './testing/cluster.ts';
import { corefile } from './testing/corefile.ts';
import { log } from './testing/listening.ts';
import { encodeMessage } from './wire/index.ts';

/** Asks by UDP and resolves with the response as text, less its serial. */
async function ask(address: { host: string; port: number } | undefined, question: string): Promise<string> {
  const socket = createSocket('udp4');
  try {
    socket.send(encodeMessage(packet(question)), address?.port ?? 0, address?.host ?? '');
    const [response] = await once(socket, 'message', { signal: AbortSignal.timeout(5000) });
    return printed(response).replace(/\d{10} 7200/, 'SERIAL 7200');
  } finally {
    socket.close();
  }
}

/** Asks until the answer is as wanted: changes travel through a watch. */
async function eventually(
  address: { host: string; port: number } | undefined,
  question: string,
  want: string,
): Promise<void> {
  for (let i = 0; i < 500; i++) {
    if ((await ask(address, question)) === want) return;
    await new Promise(setImmediate);
  }
  assert.equal(await ask(address, question), want);
}

const soa = 'cluster.local. 5 IN SOA ns.dns.cluster.local. hostmaster.cluster.local. SERIAL 7200 1800 86400 5';
const nxdomain = `NXDOMAIN qr aa rd\nauthority ${soa}`;

test('names follow the objects of the API', async (t) => {
  const client = new Client(await apiServer(t));
  const settings = settingsFromFlags({
    api: { by: 'kubeconfig', file: 'unused' },
    listen: [{ host: '127.0.0.1', port: 0 }],
    domain: 'cluster.local',
    reverseCidrs: [],
    ttl: 5,
  });
  const server = new DnsServer({ connect: async () => client, log }, settings);
  t.after(() => server.close());
  await server.start();
  await server.synced();
  const [address] = server.addresses;
  const kubernetes = 'kubernetes.default.svc.cluster.local';
  assert.equal(await ask(address, kubernetes), `NOERROR qr aa rd\nanswer ${kubernetes}. 5 IN A 10.96.0.1`);

  const web = 'web.other.svc.cluster.local';
  assert.equal(await ask(address, web), nxdomain);
  await client.resource(namespaces).create(namespace('other'));
  const ports = [{ name: 'http', protocol: 'TCP', port: 80 }];
  const created = await client.resource(services).create(service('web.other', { ports, clusterIP: '10.96.1.2' }));
  await eventually(address, web, `NOERROR qr aa rd\nanswer ${web}. 5 IN A 10.96.1.2`);

  await client.resource(services).create(service('db.other', { clusterIP: 'None' }));
  const db = 'db.other.svc.cluster.local';
  const one = await client.resource(endpointSlices).create(slice('db-1', 'db.other', ['10.244.0.7'], [http]));
  await eventually(address, db, `NOERROR qr aa rd\nanswer ${db}. 5 IN A 10.244.0.7`);
  await client
    .resource(endpointSlices)
    .update({ ...one, endpoints: [{ addresses: ['10.244.0.7'], conditions: { ready: false } }] });
  await eventually(address, db, nxdomain);

  await client.resource(services).delete(created.metadata.name ?? '', { namespace: 'other' });
  await eventually(address, web, nxdomain);
});

/** With an API server of its own. */
const started = async (t: TestContext, flags = ['--listen', '127.0.0.1:0', '--resolv-conf', '']) =>
  await dnsProcess(t, ['--kubeconfig', await kubeconfig(t, await apiServer(t)), ...flags]);

test('the name of a verified pod stays until the pod is gone', async (t) => {
  const client = new Client(await apiServer(t));
  const pod = async (name: string, podIP: string) => {
    const spec = { nodeName: 'node-1', containers: [{ name: 'c', image: 'i' }] };
    const created = await client.resource(pods).create({ metadata: { name, namespace: 'default' }, spec } as Pod);
    await client
      .resource(pods)
      .updateStatus({ ...created, status: { phase: 'Running', podIP, podIPs: [{ ip: podIP }] } });
  };
  const end = (name: string, gracePeriodSeconds: number) =>
    client.resource(pods).delete(name, { namespace: 'default', gracePeriodSeconds });
  await pod('early', '10.244.1.1');
  await end('early', 30);
  const settings = await corefile('cluster.local:0 {\n bind 127.0.0.1\n kubernetes {\n  pods verified\n }\n}');
  const server = new DnsServer({ connect: async () => client, log }, settings);
  t.after(() => server.close());
  await server.start();
  await server.synced();
  const [address] = server.addresses;
  const name = (podIP: string) => `${podIP.replaceAll('.', '-')}.default.pod.cluster.local`;
  const isThere = (podIP: string) =>
    eventually(address, name(podIP), `NOERROR qr aa rd\nanswer ${name(podIP)}. 5 IN A ${podIP}`);
  await pod('web', '10.244.1.2');
  await isThere('10.244.1.2');
  await end('web', 30);
  // What the watch tells next has arrived, so what it told before has, too.
  await pod('later', '10.244.1.3');
  await isThere('10.244.1.3');
  await isThere('10.244.1.2');
  assert.equal(await ask(address, name('10.244.1.1')), nxdomain, 'was ending already when it was first seen');
  await end('web', 0);
  await eventually(address, name('10.244.1.2'), nxdomain);
});

test('as a process: ready means answering, SIGTERM ends it with 0', async (t) => {
  const { child, address } = await started(t);
  const kubernetes = 'kubernetes.default.svc.cluster.local';
  assert.equal(await ask(address, kubernetes), `NOERROR qr aa rd\nanswer ${kubernetes}. 5 IN A 10.96.0.1`);
  child.kill('SIGTERM');
  assert.deepEqual(await once(child, 'exit', { signal: AbortSignal.timeout(10_000) }), [0, null]);
});

test('as a process: a Corefile says what is served', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'portolan-dns-'));
  t.after(() => rm(folder, { recursive: true }));
  const corefile = join(folder, 'Corefile');
  await writeFile(corefile, '(all) {\n  bind 127.0.0.1\n}\nimport *.server\n');
  const block = 'cluster.test:0 {\n  import all\n  kubernetes {\n    ttl 7\n  }\n}\n';
  await writeFile(join(folder, 'cluster.server'), block);
  const { address } = await started(t, ['--corefile', corefile]);
  const kubernetes = 'kubernetes.default.svc.cluster.test';
  assert.equal(await ask(address, kubernetes), `NOERROR qr aa rd\nanswer ${kubernetes}. 7 IN A 10.96.0.1`);
  assert.equal(await ask(address, 'kubernetes.default.svc.cluster.local'), 'REFUSED qr rd');
});

test('as a process: it ends when its parent lets go of it', async (t) => {
  const { child } = await started(t);
  child.disconnect();
  assert.deepEqual(await once(child, 'exit', { signal: AbortSignal.timeout(10_000) }), [0, null]);
});
