// Bytes and requests from pod to pod through a Service, against the same two pods directly, in a cluster of two nodes:
// iperf3 for one long connection, wrk for requests on kept-alive ones. What a new connection pays is in first-packet.ts.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { pods, services } from '#api/index.ts';
import { Client, connect } from '#client/index.ts';
import { run } from '#lib/run.ts';
import { median, report } from '../figures.ts';

const portolan = fileURLToPath(new URL('../../bin/portolan', import.meta.url));
const name = 'bench-net';
const rounds = 9;
const seconds = 3;

export const httpPort = 8080;
/** Of the pod that {@link loads} ask. */
export const serverPorts = [
  { name: 'iperf', port: 5201 },
  { name: 'http', port: httpPort },
];

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
    const server = await startPod(client, 'server', 'node-1', `iperf3 -s & exec portolan echo --port ${httpPort}`);
    await startPod(client, 'client', 'node-2', 'sleep infinity');
    const service = await client.resource(services).create({
      metadata: { name: 'server', namespace: 'default' },
      spec: { selector: { app: 'server' }, ports: serverPorts },
    });
    const virtual = service.spec.clusterIP ?? '';
    const inClient = async (command: string) =>
      await run('kubectl', ['--kubeconfig', kubeconfig, 'exec', 'client', '--', 'sh', '-c', command]);
    for (const [what, measure] of Object.entries(loads(inClient))) {
      const { through, direct, ratio } = await inTurns(measure, server, virtual, rounds);
      const figures = `${through.toFixed(1)} / ${direct.toFixed(1)} = ${ratio.toFixed(2)}`;
      report(`pod → Service → pod against pod → pod, ${what}`, figures, '0.97');
    }
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

/** What is measured → how, of a host that serves {@link serverPorts}; `inClient` runs a shell's command where the client is. */
export function loads(inClient: (command: string) => Promise<string>) {
  return {
    'iperf3, Gbit/s': async (host: string): Promise<number> =>
      JSON.parse(await inClient(`iperf3 -J -c ${host} -t ${seconds}`)).end.sum_received.bits_per_second / 1e9,
    'wrk, kept-alive, requests/s': async (host: string): Promise<number> =>
      Number(
        /Requests\/sec:\s+([\d.]+)/.exec(await inClient(`wrk -t1 -c16 -d${seconds} http://${host}:${httpPort}/`))?.[1],
      ),
  };
}

/** In turns, so that both see the same machine: the medians, and the median of the ratios of the rounds. */
export async function inTurns(
  measure: (host: string) => Promise<number>,
  direct: string,
  virtual: string,
  rounds: number,
): Promise<{ through: number; direct: number; ratio: number }> {
  const [directs, throughs]: [number[], number[]] = [[], []];
  await measure(virtual);
  for (let i = 0; i < rounds; i++) {
    directs.push(await measure(direct));
    throughs.push(await measure(virtual));
  }
  const ratio = median(throughs.map((through, i) => through / (directs[i] as number)));
  return { through: median(throughs), direct: median(directs), ratio };
}
