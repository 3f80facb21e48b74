// From a pod's readiness to its EndpointSlice: API server and controllers in one process on the memory store, as in
// `portolan up`. First many small Services whose pods change all the time, then one large Service of which one pod flips.

import { type EndpointSlice, endpointSlices, nodes, type Pod, pods, services } from '#api/index.ts';
import { ApiServer } from '#apiserver/index.ts';
import { Client, Informer } from '#client/index.ts';
import { startControllers } from '#controllers/index.ts';
import { createLogger } from '#lib/log.ts';
import { MemoryStore } from '#storage/index.ts';
import { percentile, report } from './figures.ts';

const serviceCount = 1_000;
const podsPerService = 10;
const changesPerSecond = 1_000;
const seconds = Number(process.argv[2] ?? 20);
const largeService = 5_000;
const flips = 50;
const namespace = 'default';

const log = createLogger('bench', 'error');
const stop = new AbortController();
const { signal } = stop;
const server = new ApiServer({ store: new MemoryStore(), log }, { serviceCIDR: '10.96.0.0/12' });
await server.start();
const client = new Client(server.fetchAs({ name: 'admin', groups: ['system:masters'] }));
await client
  .resource(nodes)
  .create({ metadata: { name: 'n1', labels: { 'topology.kubernetes.io/zone': 'a' } }, spec: {} });
await startControllers({ client, log }, { signal, only: ['endpointslice', 'endpoints', 'endpointslicemirroring'] });

let address = 0;
const ready = (is: boolean) => [{ type: 'Ready', status: is ? 'True' : 'False', lastTransitionTime: now() }];
const now = (): string => `${new Date().toISOString().slice(0, 19)}Z`;
const setReady = (name: string, is: boolean) =>
  client
    .resource(pods)
    .patch(name, { status: { conditions: ready(is) } }, { namespace, type: 'strategic', subresource: 'status' });

async function createApp(app: string, count: number): Promise<void> {
  const spec = { selector: { app }, ports: [{ port: 80, targetPort: 8080 }] };
  await client.resource(services).create({ metadata: { name: app, namespace }, spec });
  for (let i = 0; i < count; i++) {
    address += 1;
    const podIP = `10.${128 + (address >> 16)}.${(address >> 8) & 255}.${address & 255}`;
    const pod: Pod = await client.resource(pods).create({
      metadata: { name: `${app}-${i}`, namespace, labels: { app } },
      spec: { nodeName: 'n1', containers: [{ name: 'c', image: 'host' }] },
    });
    const status = { phase: 'Running', podIP, podIPs: [{ ip: podIP }], conditions: ready(true) };
    await client.resource(pods).updateStatus({ ...pod, status });
  }
}

/** What is awaited of pods' endpoints, by the pod's name: the readiness, and when it was written. */
const awaited = new Map<string, { is: boolean; since: number }>();
const latencies: number[] = [];
let sliceEvents = 0;
const watched = new Informer(client.resource(endpointSlices), { log, namespace });
watched.onChange(({ object }: { object: EndpointSlice }) => {
  sliceEvents += 1;
  for (const { targetRef, conditions } of object.endpoints) {
    const wanted = awaited.get(targetRef?.name ?? '');
    if (!wanted || wanted.is !== conditions?.ready) continue;
    latencies.push(performance.now() - wanted.since);
    awaited.delete(targetRef?.name ?? '');
  }
});
watched.start(signal);
await watched.synced();
const settle = async (): Promise<void> => {
  for (let before = -1; before !== sliceEvents; ) {
    before = sliceEvents;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
};
const cpuSeconds = (): number => process.cpuUsage().user / 1e6 + process.cpuUsage().system / 1e6;

for (let i = 0; i < serviceCount; i++) await createApp(`app-${i}`, podsPerService);
await settle();
const states = new Map<string, boolean>();
let sent = 0;
let inFlight = 0;
let late = 0;
const begin = performance.now();
const cpuBegin = cpuSeconds();
while (performance.now() - begin < seconds * 1000) {
  const due = Math.floor(((performance.now() - begin) / 1000) * changesPerSecond);
  for (; sent < due && inFlight < 500; sent++) {
    const name = `app-${sent % serviceCount}-${Math.floor(sent / serviceCount) % podsPerService}`;
    const is = !(states.get(name) ?? true);
    states.set(name, is);
    awaited.set(name, { is, since: performance.now() });
    inFlight += 1;
    void setReady(name, is).finally(() => {
      inFlight -= 1;
    });
  }
  late = Math.max(late, due - sent);
  await new Promise((resolve) => setTimeout(resolve, 1));
}
const backlog = awaited.size;
const took = (performance.now() - begin) / 1000;
await settle();
const ms = (value: number): string => `${value.toFixed(1)} ms`;
report(`${serviceCount} × ${podsPerService} pods, changes a second`, (sent / took).toFixed(0), `${changesPerSecond}`);
report('  from a pod to its EndpointSlice, p50', ms(percentile(latencies, 0.5)), '-');
report('  p99', ms(percentile(latencies, 0.99)), '200 ms');
report('  not yet shown at the end (after a while)', `${backlog} (${awaited.size})`, '< 200 (0)');
report('  most changes behind schedule', `${late}`, '-');
report('  CPU seconds a second, of all in this process', ((cpuSeconds() - cpuBegin) / took).toFixed(2), '< 1');

await createApp('large', largeService);
await settle();
latencies.length = 0;
const cpuLarge = cpuSeconds();
for (let i = 0; i < flips; i++) {
  const name = `large-${(i * 97) % largeService}`;
  awaited.set(name, { is: false, since: performance.now() });
  await setReady(name, false);
  while (awaited.size > 0) await new Promise((resolve) => setTimeout(resolve, 5));
}
report(`one Service of ${largeService} pods, a pod changes: p50`, ms(percentile(latencies, 0.5)), '30 ms');
report('  p99', ms(percentile(latencies, 0.99)), '60 ms');
report('  CPU a change, of all in this process', ms(((cpuSeconds() - cpuLarge) / flips) * 1000), '-');
stop.abort();
await server.close();
