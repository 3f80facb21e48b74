// Link and rules on the real kernel. Addresses 169.254.20.10, 10.96.0.10 and fd00:20::10, none of which anybody else has.

import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { type TestContext, test } from 'node:test';
import { createLogger } from '#lib/log.ts';
import { run, tryRun } from '#lib/run.ts';
import { hasDummy, setDummy } from '#network/index.ts';
import { NftExec } from '#nftables/index.ts';
import { LocalAddress, removeLeftovers } from './local-address.ts';

const nft = new NftExec();
const log = createLogger('test', 'error');
const addresses = ['169.254.20.10', '10.96.0.10', 'fd00:20::10'];
const skip = process.getuid?.() !== 0 && 'needs root';

function make(t: TestContext, link: string, checkMs?: number): LocalAddress {
  t.after(() => removeLeftovers(nft, link));
  return new LocalAddress(
    { nft, log },
    { link, addresses, ports: [53, 8080], ...(checkMs !== undefined && { checkMs }) },
  );
}

const rules = async (): Promise<string> => await run('nft', ['list', 'ruleset']);

/** An answered question by UDP to the address. */
async function talk(address: string): Promise<void> {
  const type = address.includes(':') ? 'udp6' : 'udp4';
  const [server, client] = [createSocket(type), createSocket(type)];
  try {
    server.on('message', (message, peer) => server.send(message, peer.port, peer.address));
    server.bind(53, address);
    await once(server, 'listening');
    client.send('x', 53, address);
    await once(client, 'message', { signal: AbortSignal.timeout(5000) });
  } finally {
    server.close();
    client.close();
  }
}

test("the addresses are this machine's, and what is said there is not tracked", { skip }, async (t) => {
  const local = make(t, 'nodedns1');
  await local.setUp();
  assert.ok(await hasDummy('nodedns1', addresses));
  // Tracking is on only where something asks for it.
  await run('nft', ['-f', '-'], {
    input:
      'add table inet t; add chain inet t c { type filter hook output priority 0; }; add rule inet t c ct state new counter;',
  });
  t.after(() => run('nft', ['delete', 'table', 'inet', 't']));
  for (const address of addresses) await talk(address);
  const flows = await tryRun('conntrack', ['-L', '-p', 'udp', '--orig-port-dst', '53']);
  assert.doesNotMatch(flows.stdout, /169\.254\.20\.10|10\.96\.0\.10/);
  const tracked = await tryRun('conntrack', ['-L', '-f', 'ipv6', '-p', 'udp', '--orig-port-dst', '53']);
  assert.doesNotMatch(tracked.stdout, /fd00:20::10/);
  assert.match(await rules(), /th dport \{ 53, 8080 \} notrack/);

  await local.takeDown();
  assert.ok(!(await hasDummy('nodedns1', addresses)));
  assert.doesNotMatch(await rules(), /portolan-node-dns/);
});

test('setting up again takes over what is there, also with other addresses', { skip }, async (t) => {
  const local = make(t, 'nodedns2');
  await setDummy('nodedns2', ['169.254.20.99']);
  await local.setUp();
  await local.setUp();
  assert.ok(await hasDummy('nodedns2', addresses));
  assert.equal((await rules()).match(/table ip portolan-node-dns/g)?.length, 1);
});

test('what somebody takes away is put back', { skip }, async (t) => {
  const local = make(t, 'nodedns3', 20);
  await local.setUp();
  const stop = new AbortController();
  const over = local.lookAfter(stop.signal);
  await run('ip', ['link', 'del', 'nodedns3']);
  await run('nft', ['delete', 'table', 'ip', 'portolan-node-dns']);
  while (!(await hasDummy('nodedns3', addresses)) || !(await rules()).includes('table ip portolan-node-dns')) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  stop.abort();
  await over;
  assert.deepEqual(
    [...local.metrics()].map(({ name, samples }) => [name, samples()]),
    [['coredns_nodecache_setup_errors_total', []]],
  );
});

test('what is refused is counted, and tried again', { skip }, async (t) => {
  const link = 'nodedns-with-too-long-a-name';
  const local = make(t, link, 20);
  const stop = new AbortController();
  const over = local.lookAfter(stop.signal);
  const count = () => [...local.metrics()].flatMap(({ samples }) => [...(samples() as Iterable<{ value: number }>)]);
  while ((count()[0]?.value ?? 0) < 2) await new Promise((resolve) => setTimeout(resolve, 20));
  stop.abort();
  await over;
});
