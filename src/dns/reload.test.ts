// A server process whose Corefile changes while clients never stop asking (spec/dns.md §10).

import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { apiServer, kubeconfig } from './api-server.testing.ts';
import type { HostPort } from './config/settings.ts';
import { type DnsProcess, dnsProcess } from './process.testing.ts';
import { freePort } from './testing/free-port.ts';
import { SteadyClient, type WayName } from './testing/steady-client.ts';
import { honest, type TestUpstream, until, upstream } from './testing/upstream.ts';

const kubernetes = 'kubernetes.default.svc.cluster.local';

interface Configuration {
  readonly ttl?: number;
  readonly forward: TestUpstream;
  readonly health: number;
  /** Names of zones, each with one host of the same name and this address. */
  readonly zones: Readonly<Record<string, string>>;
}

class Harness {
  readonly #file: string;
  readonly #process: DnsProcess;
  readonly #clients: readonly SteadyClient[];
  #log = '';

  constructor(file: string, process: DnsProcess, clients: readonly SteadyClient[]) {
    this.#file = file;
    this.#process = process;
    this.#clients = clients;
    process.child.stderr?.on('data', (chunk) => {
      this.#log += chunk;
    });
  }

  static async start(t: TestContext, first: Configuration, questions: readonly string[]): Promise<Harness> {
    const folder = await mkdtemp(join(tmpdir(), 'portolan-dns-'));
    t.after(() => rm(folder, { recursive: true }));
    const file = join(folder, 'Corefile');
    await writeFile(file, corefile(first));
    const config = await kubeconfig(t, await apiServer(t));
    const process = await dnsProcess(t, ['--corefile', file, '--kubeconfig', config], { stderr: 'pipe' });
    const ways: readonly WayName[] = ['udp', 'udp', 'tcp', 'kept'];
    const clients = ways.map((way) => SteadyClient.start(t, way, process.address, questions));
    return new Harness(file, process, await Promise.all(clients));
  }

  get log(): string {
    return this.#log;
  }

  /** Resolves when every client has got this answer. `signal`: the process is told to look. */
  async change(text: string, question: string, want: RegExp, signal?: 'SIGUSR1'): Promise<void> {
    await writeFile(this.#file, text);
    if (signal) this.#process.child.kill(signal);
    await this.answered(question, want);
  }

  async answered(question: string, want: RegExp): Promise<void> {
    for (const client of this.#clients) await until(() => want.test(client.last.get(question) ?? ''));
  }

  async metric(name: string): Promise<string | undefined> {
    const { host, port } = this.#process.endpoints.find((endpoint) => endpoint.name === 'prometheus') as HostPort;
    const text = await (await fetch(`http://${host}:${port}/metrics`)).text();
    return new RegExp(`^${name} (.*)$`, 'm').exec(text)?.[1];
  }

  signal(): void {
    this.#process.child.kill('SIGUSR1');
  }

  /** What each of the clients did not get. */
  async failures(): Promise<string[]> {
    await Promise.all(this.#clients.map((client) => client.stop()));
    for (const client of this.#clients) assert.ok(client.answered > 100, `${client.answered} questions only`);
    return this.#clients.flatMap(({ failures }) => failures);
  }
}

const corefile = ({ ttl = 5, forward, health, zones }: Configuration): string =>
  `.:0 {
    bind 127.0.0.1
    reload 2s 0s
    health 127.0.0.1:${health} {
      lameduck 1h
    }
    prometheus 127.0.0.1:0
    kubernetes cluster.local {
      ttl ${ttl}
    }
    forward . 127.0.0.1:${forward.port}
  }
${Object.entries(zones)
  .map(([zone, address]) => `${zone}:0 {\n bind 127.0.0.1\n hosts /dev/null {\n ${address} ${zone}\n }\n}\n`)
  .join('')}`;

const healthAt = async (port: number): Promise<number | 'refused'> =>
  (await fetch(`http://127.0.0.1:${port}/health`).catch(() => undefined))?.status ?? 'refused';

test('no query is lost while the Corefile changes, nor when it cannot be read', async (t) => {
  const slowly =
    (address: string): Parameters<typeof upstream>[1] =>
    async (asked) => {
      // Some are under way whenever the configuration changes.
      await setTimeout(20);
      return honest(address)(asked);
    };
  const [one, two] = [await upstream(t, slowly('192.0.2.1')), await upstream(t, slowly('192.0.2.2'))];
  const [health, otherHealth] = [await freePort(), await freePort()];
  const questions = [kubernetes, 'far.test', 'old.test', 'new.test'];
  const first: Configuration = { forward: one, health, zones: { 'old.test': '192.0.2.10' } };
  const harness = await Harness.start(t, first, questions);
  await harness.answered(kubernetes, / 5 IN A 10\.96\.0\.1$/);
  await harness.answered('old.test', / A 192\.0\.2\.10$/);
  await harness.answered('new.test', / A 192\.0\.2\.1$/);

  await t.test('a new zone', async () => {
    const zones = { ...first.zones, 'new.test': '192.0.2.20' };
    await harness.change(corefile({ ...first, zones }), 'new.test', / A 192\.0\.2\.20$/, 'SIGUSR1');
  });
  const zones = { ...first.zones, 'new.test': '192.0.2.20' };
  await t.test('another ttl, found without a signal', async () => {
    await harness.change(corefile({ ...first, zones, ttl: 30 }), kubernetes, / 30 IN A 10\.96\.0\.1$/);
  });
  await t.test('another forward', async () => {
    const text = corefile({ ...first, zones, ttl: 30, forward: two });
    await harness.change(text, 'far.test', / A 192\.0\.2\.2$/, 'SIGUSR1');
  });
  const last: Configuration = { zones, ttl: 30, forward: two, health: otherHealth };
  await t.test('another port for /health, and no lameduck', async () => {
    await harness.change(corefile({ ...last, ttl: 29 }), kubernetes, / 29 IN A 10\.96\.0\.1$/, 'SIGUSR1');
    assert.deepEqual([await healthAt(otherHealth), await healthAt(health)], [200, 'refused']);
  });
  await t.test('a zone less', async () => {
    const zones = { 'new.test': '192.0.2.20' };
    await harness.change(corefile({ ...last, zones }), 'old.test', / A 192\.0\.2\.2$/, 'SIGUSR1');
  });
  await t.test('a file with errors: the configuration stays, and each error is told once with its line', async () => {
    assert.equal(await harness.metric('coredns_reload_failed_total'), '0');
    await harness.change(`${corefile(last)}bad.test {\n nonsense\n ttl 5\n}\n`, kubernetes, / 30 IN A/, 'SIGUSR1');
    const failed = async () => Number(await harness.metric('coredns_reload_failed_total'));
    await until(async () => (await failed()) >= 2);
    const lines = harness.log.trim().split('\n');
    assert.equal(lines.length, 2, harness.log);
    assert.match(lines[0] ?? '', / ERROR dns: configuration not taken.* problem=".*\/Corefile:\d+: .*nonsense/);
    assert.match(lines[1] ?? '', / ERROR dns: .* problem=".*\/Corefile:\d+: .*ttl/);
    assert.equal(await healthAt(otherHealth), 200);
  });
  await t.test('a file that is right again', async () => {
    await harness.change(corefile({ ...last, ttl: 7 }), kubernetes, / 7 IN A/);
  });
  assert.deepEqual(await harness.failures(), []);
});
