// Bytes and requests from pod to pod through a Service, against the same two pods directly, in a cluster of two nodes:
// iperf3 for one long connection, wrk for requests on kept-alive ones. What a new connection pays is in first-packet.ts.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { pods, services } from '#api/index.ts';
import { Client, connect } from '#client/index.ts';
import { run } from '#lib/run.ts';
import { median, report } from './figures.ts';

const portolan = fileURLToPath(new URL('../bin/portolan', import.meta.url));
const name = 'bench-net';
const rounds = 9;
const seconds = 3;

export async function throughput(): Promise<void> {
  const dataFolder = mkdtempSync('/var/tmp/portolan-bench-');
  const env = { ...process.env, PORTOLAN_DATA_DIR: dataFolder };
  const cluster = spawn(portolan, ['up', '--name', name, '--nodes', '2', '--storage', 'memory'], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env,
  });
  try {
    let output = '';
    for await (const chunk of cluster.stdout) {
      output += chunk;
      if (/is up: 2 nodes ready/.test(output)) break;
    }
    const kubeconfig = `/run/portolan/${name}/kubeconfig`;
    const client = new Client(await connect(kubeconfig));
    const server = await startPod(client, 'server', 'node-1', 'iperf3 -s & exec portolan echo --port 8080');
    await startPod(client, 'client', 'node-2', 'sleep infinity');
    const service = await client.resource(services).create({
      metadata: { name: 'server', namespace: 'default' },
      spec: {
        selector: { app: 'server' },
        ports: [
          { name: 'iperf', port: 5201 },
          { name: 'http', port: 8080 },
        ],
      },
    });
    const virtual = service.spec.clusterIP ?? '';
    const inClient = async (command: string) =>
      await run('kubectl', ['--kubeconfig', kubeconfig, 'exec', 'client', '--', 'sh', '-c', command]);
    const iperf = async (host: string) =>
      JSON.parse(await inClient(`iperf3 -J -c ${host} -t ${seconds}`)).end.sum_received.bits_per_second / 1e9;
    const wrk = async (host: string) =>
      Number(/Requests\/sec:\s+([\d.]+)/.exec(await inClient(`wrk -t1 -c16 -d${seconds} http://${host}:8080/`))?.[1]);
    await compare('iperf3, Gbit/s', iperf, server, virtual);
    await compare('wrk, kept-alive, requests/s', wrk, server, virtual);
  } finally {
    cluster.kill('SIGTERM');
    if (cluster.exitCode === null) await once(cluster, 'exit');
    rmSync(dataFolder, { recursive: true, force: true });
  }
}

/** Resolves with its address when it is ready. */
async function startPod(client: Client, app: string, nodeName: string, command: string): Promise<string> {
  await client.resource(pods).create({
    metadata: { name: app, namespace: 'default', labels: { app } },
    spec: { nodeName, containers: [{ name: app, image: 'host', command: ['sh', '-c', command] }] },
  });
  for (let i = 0; i < 100; i++) {
    const { status } = await client.resource(pods).get(app, 'default');
    if (status?.podIP && status.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True')) {
      return status.podIP;
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`the pod ${app} does not become ready`);
}

/** In turns, so that both see the same machine; the median of the ratios of the rounds. */
async function compare(what: string, measure: (host: string) => Promise<number>, direct: string, virtual: string) {
  const [directs, throughs]: [number[], number[]] = [[], []];
  await measure(virtual);
  for (let i = 0; i < rounds; i++) {
    directs.push(await measure(direct));
    throughs.push(await measure(virtual));
  }
  const ratio = median(throughs.map((through, i) => through / (directs[i] as number)));
  const figures = `${median(throughs).toFixed(1)} / ${median(directs).toFixed(1)} = ${ratio.toFixed(2)}`;
  report(`pod → Service → pod against pod → pod, ${what}`, figures, '0.97');
}
