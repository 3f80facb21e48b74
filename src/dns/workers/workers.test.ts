// Several processes at the same addresses, real ones, with clients that never stop asking.

import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { createLogger } from '#lib/log.ts';
import { run } from '#lib/run.ts';
import { apiServer, kubeconfig } from '../api-server.testing.ts';
import type { HostPort } from '../config/settings.ts';
import { type DnsProcess, dnsProcess } from '../process.testing.ts';
import { corefile } from '../testing/corefile.ts';
import { freePort } from '../testing/free-port.ts';
import { SteadyClient, type WayName } from '../testing/steady-client.ts';
import { until } from '../testing/upstream.ts';
import { WorkerPool } from './pool.ts';

const kubernetes = 'kubernetes.default.svc.cluster.local';

interface Configuration {
  readonly workers?: number;
  readonly ttl?: number;
  readonly more?: string;
}

class Harness {
  readonly port: number;
  readonly server: DnsProcess;
  readonly #t: TestContext;
  readonly #file: string;
  #log = '';

  private constructor(t: TestContext, file: string, port: number, server: DnsProcess) {
    this.#t = t;
    this.#file = file;
    this.port = port;
    this.server = server;
    server.child.stderr?.on('data', (chunk) => {
      this.#log += chunk;
    });
  }

  static async start(t: TestContext, config: string, first: Configuration = {}): Promise<Harness> {
    const folder = await mkdtemp(join(tmpdir(), 'portolan-dns-'));
    t.after(() => rm(folder, { recursive: true }));
    const file = join(folder, 'Corefile');
    const port = await freePort();
    await writeFile(file, written(port, first));
    const args = ['--corefile', file, '--kubeconfig', config];
    return new Harness(t, file, port, await dnsProcess(t, args, { stderr: 'pipe' }));
  }

  get log(): string {
    return this.#log;
  }

  /** Of the processes that have a UDP socket at the address. */
  async workers(): Promise<number[]> {
    const sockets = await run('ss', ['-Hnlup', `sport = :${this.port}`]);
    return [...sockets.matchAll(/pid=(\d+)/g)].map(([, pid]) => Number(pid)).sort();
  }

  async clients(ways: readonly WayName[], questions = [kubernetes]): Promise<SteadyClient[]> {
    const at = { host: '127.0.0.1', port: this.port };
    return await Promise.all(ways.map((way) => SteadyClient.start(this.#t, way, at, questions)));
  }

  async change(configuration: Configuration): Promise<void> {
    await writeFile(this.#file, written(this.port, configuration));
    this.server.child.kill('SIGUSR1');
  }

  async get(endpoint: 'prometheus' | 'ready' | 'health', path: string): Promise<{ status: number; text: string }> {
    const { host, port } = this.server.endpoints.find(({ name }) => name === endpoint) as HostPort;
    const response = await fetch(`http://${host}:${port}/${path}`);
    return { status: response.status, text: await response.text() };
  }

  /** The sum of all series of the name. */
  async metric(name: string): Promise<number> {
    const { text } = await this.get('prometheus', 'metrics');
    return [...text.matchAll(new RegExp(`^${name}(?:\\{.*\\})? (.*)$`, 'gm'))].reduce(
      (sum, [, n]) => sum + Number(n),
      0,
    );
  }
}

const written = (port: number, { workers = 2, ttl = 5, more = '' }: Configuration): string =>
  `.:${port} {
    bind 127.0.0.1
    multisocket ${workers}
    prometheus 127.0.0.1:0
    ready 127.0.0.1:0
    kubernetes cluster.local {
      ttl ${ttl}
    }
    ${more}
  }\n`;

const answered = async (clients: readonly SteadyClient[], more: number): Promise<void> => {
  const goals = clients.map((client) => client.answered + more);
  await until(() => clients.every((client, i) => client.answered >= (goals[i] ?? 0)));
};

/** What the clients did not get. */
async function stopped(clients: readonly SteadyClient[]): Promise<string[]> {
  await Promise.all(clients.map((client) => client.stop()));
  return clients.flatMap(({ failures }) => failures);
}

const udp = 12;
const many: readonly WayName[] = [...Array.from({ length: udp }, () => 'udp' as const), 'tcp', 'tcp', 'kept'];

async function api(t: TestContext): Promise<string> {
  return await kubeconfig(t, await apiServer(t));
}

test('each process has its share; /metrics are their sums, and go on when one is replaced', async (t) => {
  const harness = await Harness.start(t, await api(t));
  assert.equal((await harness.workers()).length, 2);
  assert.equal((await harness.get('ready', 'ready')).status, 200);
  const clients = await harness.clients(many);
  await answered(clients, 50);
  assert.deepEqual(await stopped(clients), []);
  const asked = clients.reduce((sum, { answered }) => sum + answered, 0);
  assert.equal(await harness.metric('coredns_dns_requests_total'), asked);
  const shares = (await harness.workers()).map(processorTicks);
  assert.ok(Math.min(...shares) > Math.max(...shares) / 10, `${shares}`);

  const [first = 0, second = 0] = await harness.workers();
  process.kill(first, 'SIGKILL');
  await until(async () => (await harness.workers()).filter((pid) => pid !== first && pid !== second).length === 1);
  assert.equal(await harness.metric('coredns_dns_requests_total'), asked);
  assert.match(harness.log, /ERROR dns: a worker has ended, another one takes its place why=SIGKILL/);
});

/** Of user time. */
const processorTicks = (pid: number): number => Number(readFileSync(`/proc/${pid}/stat`, 'utf8').split(' ')[13]);

test('a worker that is killed takes with it what it was asked and nothing else; the next one is not heard of', async (t) => {
  const harness = await Harness.start(t, await api(t));
  const before = await harness.workers();
  const clients = await harness.clients(many);
  await answered(clients, 20);
  process.kill(before[0] ?? 0, 'SIGKILL');
  await until(async () => {
    const now = await harness.workers();
    return now.length === 2 && now.every((pid) => pid !== before[0]);
  });
  await answered(clients, 50);
  await Promise.all(clients.map((client) => client.stop()));
  // By TCP the kernel may let more than one connection in while it takes the process down, and resets them.
  for (const { failures } of clients.slice(0, udp)) assert.ok(failures.length <= 1, failures.join('\n'));
  // Those of the other worker.
  assert.ok(clients.some(({ failures }) => failures.length === 0));
});

test('while the API is away a new worker keeps silent, until nobody else is left', async (t) => {
  const fetchApi = await apiServer(t);
  let isAway = false;
  const config = await kubeconfig(t, async (request) => {
    if (isAway) return { status: 503, headers: {}, body: Buffer.alloc(0) };
    return await fetchApi(request);
  });
  const harness = await Harness.start(t, config);
  const [first = 0, second = 0] = await harness.workers();
  isAway = true;
  process.kill(first, 'SIGKILL');
  await until(() => harness.log.includes('a worker has ended'));
  const clients = await harness.clients(['udp', 'udp', 'udp', 'tcp', 'kept']);
  await answered(clients, 100);
  assert.deepEqual(await harness.workers(), [second]);
  assert.equal((await harness.get('ready', 'ready')).status, 200, 'the other one is');
  assert.deepEqual(await stopped(clients), []);
  process.kill(second, 'SIGKILL');
  // One that comes when the other listens already keeps silent again.
  await until(async () => (await harness.workers()).length > 0);
  isAway = false;
  const [late] = await harness.clients(['udp']);
  await until(() => (late?.answered ?? 0) > 0);
});

test('a change of the Corefile is taken by all workers or by none, and there are as many as it says', async (t) => {
  const harness = await Harness.start(t, await api(t));
  const clients = await harness.clients(many);
  const allSay = (ttl: number) =>
    until(() => clients.every((client) => client.last.get(kubernetes)?.includes(` ${ttl} IN A `)));
  await allSay(5);
  const before = await harness.workers();
  await harness.change({ ttl: 30 });
  await allSay(30);
  assert.deepEqual(await harness.workers(), before);
  // A directory is no certificate authority: it can be read by nobody, at any time.
  await harness.change({ ttl: 7, more: 'forward . tls://192.0.2.1 {\n tls /\n }' });
  await until(async () => (await harness.metric('coredns_reload_failed_total')) === 1);
  assert.match(harness.log, /ERROR dns: configuration not taken.* problem=/);
  await allSay(30);
  await harness.change({ ttl: 30, workers: 4 });
  await until(async () => (await harness.workers()).length === 4);
  await answered(clients, 20);
  assert.deepEqual(await stopped(clients.splice(udp)), []);
  const asked = await harness.metric('coredns_dns_requests_total');
  // Of TCP, a connection that the kernel has let in may be lost with a worker that leaves.
  await harness.change({ ttl: 9, workers: 1 });
  await allSay(9);
  await until(async () => (await harness.workers()).length === 1);
  await answered(clients, 20);
  assert.ok((await harness.metric('coredns_dns_requests_total')) > asked);
  assert.deepEqual(await stopped(clients), []);
});

test('lameduck is for all: queries and /health go on, /ready is refused; they end with their parent', async (t) => {
  const harness = await Harness.start(t, await api(t), { more: 'health 127.0.0.1:0 {\n lameduck 3s\n }' });
  const clients = await harness.clients(['udp', 'udp', 'udp', 'tcp']);
  await answered(clients, 10);
  const end = once(harness.server.child, 'exit');
  harness.server.child.kill('SIGTERM');
  await until(async () => (await harness.get('ready', 'ready').catch(() => undefined)) === undefined);
  assert.equal((await harness.get('health', 'health')).text, 'OK');
  await answered(clients, 10);
  assert.deepEqual(await stopped(clients), []);
  assert.deepEqual(await end, [0, null]);
  assert.deepEqual(await harness.workers(), []);
});

test('a second signal ends all at once, and so does the end of the parent, however it comes', async (t) => {
  const config = await api(t);
  const more = 'health 127.0.0.1:0 {\n lameduck 1h\n }';
  for (const signals of [['SIGTERM', 'SIGINT'], ['SIGKILL']] as const) {
    const harness = await Harness.start(t, config, { more });
    const pids = await harness.workers();
    assert.equal(pids.length, 2);
    const end = once(harness.server.child, 'exit');
    for (const signal of signals) {
      harness.server.child.kill(signal);
      if (signal === 'SIGTERM') await until(async () => !(await harness.get('ready', 'ready').catch(() => undefined)));
    }
    await end;
    await until(() => pids.every((pid) => !existsSync(`/proc/${pid}`)));
  }
});

test('a port that somebody else has is told once, and so is a worker that cannot start', async (t) => {
  const port = await freePort();
  const held = createSocket('udp4').bind(port, '127.0.0.1');
  await once(held, 'listening');
  t.after(() => held.close());
  const parts = { log: createLogger('dns', 'error', () => {}), onLoop: () => {} };
  const block = (at: number, more = '') => `.:${at} {\n bind 127.0.0.1\n multisocket 3\n hosts /dev/null\n ${more}\n}`;
  await assert.rejects(new WorkerPool(parts, await corefile(block(port))).start(), {
    name: 'UserError',
    message: `Cannot listen at 127.0.0.1:${port} (UDP): node (process ${process.pid}) has the port. Stop it, or choose another address or port.`,
  });
  const unusable = await corefile(block(await freePort(), 'kubernetes {\n kubeconfig /nowhere\n }'));
  await assert.rejects(new WorkerPool(parts, unusable).start(), {
    name: 'UserError',
    message: /^kubeconfig \/nowhere: there is no such file/,
  });
});

test('a worker that says nothing any more is replaced', async (t) => {
  const port = await freePort();
  const text = `a.test:${port} {\n bind 127.0.0.1\n multisocket 2\n hosts /dev/null {\n 192.0.2.1 a.test\n }\n}`;
  const lines: string[] = [];
  const log = createLogger('dns', 'error', (line) => lines.push(line));
  const pool = new WorkerPool({ log, onLoop: () => {}, silenceMs: 3000 }, await corefile(text));
  t.after(() => pool.close());
  await pool.start();
  const pids = async () => {
    const sockets = await run('ss', ['-Hnlup', `sport = :${port}`]);
    return [...sockets.matchAll(/pid=(\d+)/g)].map(([, pid]) => Number(pid));
  };
  const [stuck = 0] = await pids();
  process.kill(stuck, 'SIGSTOP');
  await until(async () => (await pids()).length === 2 && !(await pids()).includes(stuck));
  assert.match(lines[0] ?? '', /a worker says nothing any more, it is killed/);
});
