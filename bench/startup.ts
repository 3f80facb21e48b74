// How fast a cluster is there, how much it takes, how fast it follows. Everything is measured from outside, as a user
// would: the command line's own process, the memory the kernel accounts, packets that come back.

import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Deployment, deployments, type EndpointSlice, endpointSlices, pods, services } from '#api/index.ts';
import { Client, connect } from '#client/index.ts';
import { median, percentile, report } from './figures.ts';

const portolan = fileURLToPath(new URL('../bin/portolan', import.meta.url));
const name = 'bench';
// On the disk, as a cluster is, but not among the machine's own.
const dataFolder = mkdtempSync('/var/tmp/portolan-bench-');
process.env.PORTOLAN_DATA_DIR = dataFolder;
process.on('exit', () => rmSync(dataFolder, { recursive: true, force: true }));
const kubeconfig = `/run/portolan/${name}/kubeconfig`;
const startRuns = 5;
const pathChanges = 200;

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

interface Started {
  readonly ms: number;
  readonly stop: () => Promise<void>;
}

/** From the start of the process to its saying that all nodes are ready and DNS answers. */
async function start(...args: string[]): Promise<Started> {
  const begin = performance.now();
  const all = ['up', '--name', name, '--nodes', '2', ...args];
  const child = spawn(portolan, all, { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  for await (const chunk of child.stdout) {
    output += chunk;
    if (/is up: 2 nodes ready/.test(output)) break;
  }
  const ms = performance.now() - begin;
  return {
    ms,
    stop: async () => {
      child.kill('SIGTERM');
      await once(child, 'exit');
    },
  };
}

/** Resident memory of the command line's process and all below it, in MB; containers and their monitors are not below it. */
function residentMB(): { total: number; parts: string[] } {
  const parts = readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .flatMap((pid) => {
      try {
        const args = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').join(' ');
        const part = /cli\/main\S* up --name bench /.test(args)
          ? 'supervisor'
          : /cluster\/server\S* bench /.test(args)
            ? 'server'
            : /dns\/main.*\/run\/portolan\/bench\//.test(args)
              ? 'dns'
              : '';
        const kB = Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
        return part && kB ? [{ part, mb: kB / 1024 }] : [];
      } catch {
        return [];
      }
    });
  return {
    total: parts.reduce((sum, { mb }) => sum + mb, 0),
    parts: parts.map(({ part, mb }) => `${part} ${Math.round(mb)}`),
  };
}

const echoDeployment = (app: string, replicas: number, protocol: string): Deployment => ({
  metadata: { name: app, namespace: 'default' },
  spec: {
    replicas,
    selector: { matchLabels: { app } },
    template: {
      metadata: { labels: { app } },
      spec: {
        terminationGracePeriodSeconds: 1,
        containers: [{ name: 'echo', image: 'host', command: ['portolan', 'echo', '--protocol', protocol] }],
      },
    },
  } as Deployment['spec'],
});

async function scaleTo(client: Client, app: string, replicas: number): Promise<number> {
  const resource = client.resource(deployments);
  const begin = performance.now();
  await resource.patch(app, { spec: { replicas } }, { namespace: 'default', type: 'merge', subresource: 'scale' });
  for (;;) {
    const { status } = await resource.get(app, 'default');
    if ((status?.readyReplicas ?? 0) === replicas) return performance.now() - begin;
    if (performance.now() - begin > 120_000)
      throw new Error(`only ${status?.readyReplicas} of ${replicas} pods ready after 120 s`);
    await sleep(50);
  }
}

/** Sends a datagram on a flow of its own, again and again, until the expected pod answers. */
function answeredBy(address: string, expected: string): Promise<void> {
  return new Promise((resolve) => {
    const sockets = new Set<ReturnType<typeof createSocket>>();
    const timer = setInterval(() => {
      const socket = createSocket('udp4');
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('message', (message) => {
        if (JSON.parse(message.toString()).ip !== expected) return;
        clearInterval(timer);
        for (const each of sockets) each.close();
        sockets.clear();
        resolve();
      });
      socket.send('?', 90, address);
    }, 1);
  });
}

async function pathChangeTimes(client: Client): Promise<number[]> {
  await client.resource(deployments).create(echoDeployment('path', 0, 'udp'));
  await scaleTo(client, 'path', 2);
  const ips = (await client.resource(pods).list({ namespace: 'default', labelSelector: 'app=path' })).items.map(
    (pod) => pod.status?.podIP ?? '',
  );
  const service = await client.resource(services).create({
    metadata: { name: 'path', namespace: 'default' },
    spec: { ports: [{ port: 90, protocol: 'UDP' }] },
  });
  const slice = (ip: string): EndpointSlice => ({
    metadata: { name: 'path', namespace: 'default', labels: { 'kubernetes.io/service-name': 'path' } },
    addressType: 'IPv4',
    endpoints: [{ addresses: [ip], conditions: { ready: true } }],
    ports: [{ name: '', port: 8080, protocol: 'UDP' }],
  });
  const resource = client.resource(endpointSlices);
  await resource.create(slice(ips[0] ?? ''));
  await answeredBy(service.spec.clusterIP ?? '', ips[0] ?? '');
  const times: number[] = [];
  for (let i = 1; i <= pathChanges; i++) {
    const next = ips[i % 2] ?? '';
    const begin = performance.now();
    await Promise.all([resource.update(slice(next)), answeredBy(service.spec.clusterIP ?? '', next)]);
    times.push(performance.now() - begin);
  }
  return times;
}

const continued: number[] = [];
for (let i = 0; i <= startRuns; i++) {
  const cluster = await start();
  if (i > 0) continued.push(cluster.ms);
  await cluster.stop();
}
const starts: number[] = [];
for (let i = 0; i < startRuns; i++) {
  const cluster = await start('--fresh');
  starts.push(cluster.ms);
  if (i < startRuns - 1) await cluster.stop();
  else {
    try {
      report(
        'process start to 2 nodes Ready and DNS answering, median',
        `${Math.round(median(starts))} ms (of ${startRuns}, worst ${Math.round(Math.max(...starts))})`,
        '2000 ms',
      );
      report(
        'the same for a cluster that continues, median',
        `${Math.round(median(continued))} ms (of ${startRuns}, worst ${Math.round(Math.max(...continued))})`,
        '2000 ms',
      );
      await sleep(2000);
      const { total, parts } = residentMB();
      report('resident memory, 2 nodes, no pods', `${Math.round(total)} MB (${parts.join(', ')})`, '300 MB');
      const client = new Client(await connect(kubeconfig), { userAgent: 'portolan-bench' });
      await client.resource(deployments).create(echoDeployment('many', 0, 'http'));
      report(
        'scale from 0 to 50 pods of `portolan echo`, all Ready',
        `${((await scaleTo(client, 'many', 50)) / 1000).toFixed(1)} s`,
        '15 s',
      );
      await scaleTo(client, 'many', 0);
      await sleep(3000);
      const times = await pathChangeTimes(client);
      report(
        `EndpointSlice change to the packet taking the new path, ${pathChanges} changes`,
        `p50 ${percentile(times, 0.5).toFixed(1)} ms, p99 ${percentile(times, 0.99).toFixed(1)} ms`,
        'p99 100 ms',
      );
    } finally {
      await cluster.stop();
    }
  }
}
process.exit();
