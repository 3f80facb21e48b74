// A node's DNS as a process: in front of a cluster DNS at 127.0.0.53 and a resolver for other names at 127.0.0.54, asked
// by dig at 169.254.20.11.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { Chain } from '#dns/chain.ts';
import type { Request } from '#dns/handler.ts';
import { TcpListener } from '#dns/listeners/tcp.ts';
import { UdpListener } from '#dns/listeners/udp.ts';
import { Responder } from '#dns/responder.ts';
import { Routes } from '#dns/routes.ts';
import { skip as digSkip } from '#dns/testing/dig.ts';
import { log } from '#dns/testing/listening.ts';
import { pack, writeResponse } from '#dns/wire/index.ts';
import { run, tryRun } from '#lib/run.ts';

const skip = (process.getuid?.() !== 0 && 'needs root') || digSkip;
const portolan = new URL('../../bin/portolan', import.meta.url).pathname;
const link = 'nodedns-e2e';

/** Answers every A question with its own address, and says by what it was asked. */
async function server(t: TestContext, host: string): Promise<boolean[]> {
  const asked: boolean[] = [];
  const handle = ({ query, isTcp, limit }: Request) => {
    asked.push(isTcp);
    const answer = [{ name: query.name, class: 1, ttl: 60, data: { type: 'A', address: host } as const }];
    return writeResponse(query, 0, 0, pack(query.name, { answer }), limit);
  };
  const responder = new Responder({ routes: new Routes([new Chain('', [{ name: 'test', handle }])]), log });
  const respond: Responder['respond'] = (packet, client, isTcp) => responder.respond(packet, client, isTcp);
  const [udp, tcp] = [new UdpListener({ respond, log }, { host, port: 53 }), new TcpListener({ respond, log })];
  await Promise.all([udp.listen(), tcp.listen({ host, port: 53 })]);
  t.after(() => Promise.all([udp.close(), tcp.close()]));
  return asked;
}

async function dig(name: string): Promise<string> {
  return (await run('dig', ['@169.254.20.11', '+short', '+tries=1', '+time=5', name])).trim();
}

test('names of the cluster by TCP from the cluster DNS, others from the resolvers, both kept', { skip }, async (t) => {
  const [cluster, others] = await Promise.all([server(t, '127.0.0.53'), server(t, '127.0.0.54')]);
  const folder = await mkdtemp(join(tmpdir(), 'portolan-node-dns-test-'));
  const resolvConf = join(folder, 'resolv.conf');
  await writeFile(resolvConf, 'nameserver 127.0.0.54\n');
  const flags = ['--local-addresses', '169.254.20.11', '--upstream', '127.0.0.53', '--interface', link];
  const child = spawn(portolan, ['node-dns', ...flags, '--resolv-conf', resolvConf], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  t.after(async () => {
    child.kill('SIGKILL');
    await run(portolan, ['node-dns', '--cleanup', '--interface', link]);
    await rm(folder, { recursive: true });
  });
  await once(child, 'message', { signal: AbortSignal.timeout(20_000) });
  const loopQuestions = cluster.length;

  for (let i = 0; i < 2; i++) assert.equal(await dig('web.default.svc.cluster.local'), '127.0.0.53');
  for (let i = 0; i < 2; i++) assert.equal(await dig('www.example.com'), '127.0.0.54');
  assert.deepEqual(cluster.slice(loopQuestions), [true]);
  assert.equal(others.at(-1), false);
  const health = await run('perl', ['-MIO::Socket::INET', '-e', healthRequest]);
  assert.match(health, /^HTTP\/1\.1 200 OK/);

  // A second copy by mistake: it says what is in its way, and leaves the first what it has.
  for (const more of [[], ['--setup-metrics-bind-address', '']]) {
    const second = await tryRun(portolan, ['node-dns', ...flags, '--resolv-conf', resolvConf, ...more]);
    assert.equal(second.code, 1);
    assert.match(second.stderr, new RegExp(`Cannot serve .*process ${child.pid}\\) has the port`));
    assert.equal(await dig('web.default.svc.cluster.local'), '127.0.0.53');
    assert.match(await run('nft', ['list', 'ruleset']), /portolan-node-dns/);
  }

  child.kill('SIGTERM');
  assert.deepEqual(await once(child, 'exit', { signal: AbortSignal.timeout(10_000) }), [0, null]);
  assert.notEqual((await tryRun('ip', ['link', 'show', 'dev', link])).code, 0);
  assert.doesNotMatch(await run('nft', ['list', 'ruleset']), /portolan-node-dns/);
});

const healthRequest = `my $s = IO::Socket::INET->new("169.254.20.11:8080") or die $!;
print $s "GET /health HTTP/1.0\\r\\n\\r\\n"; print while <$s>;`;

test('mistakes are told before the kernel is touched', { skip }, async () => {
  const cases: [flags: string[], want: RegExp][] = [
    [[], /needs --upstream ADDRESS/],
    [['--upstream', 'dns'], /--upstream dns: is not an address/],
    [['--upstream', '169.254.20.10'], /so this server would ask itself/],
    [['--upstream', '10.0.0.1', '--local-addresses', 'x'], /--local-addresses x: "x" is not an address/],
    [['--upstream', '10.0.0.1', '--corefile', '/nonexistent'], /--corefile: ENOENT.*\/nonexistent/],
  ];
  for (const [flags, want] of cases) {
    const { code, stderr } = await tryRun(portolan, ['node-dns', '--interface', link, ...flags]);
    assert.equal(code, 1);
    assert.match(stderr, want);
    assert.notEqual((await tryRun('ip', ['link', 'show', 'dev', link])).code, 0);
  }
});
