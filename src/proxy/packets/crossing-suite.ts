// Packets on whose way the rules change, on the real kernel, in the world of kernel-suite.ts: a client that calls as fast as it
// can while a Service comes and goes, over and over.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { after, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Family } from '#lib/cidr.ts';
import { run } from '#lib/run.ts';
import { enter } from '#network/index.ts';
import { NftExec, type Transaction } from '#nftables/index.ts';
import { type ServiceWants, wantsOf } from '../frontends.ts';
import { nodes, placeOf, restart, rulesOf, service, shell, slices } from '../kernel-suite.ts';
import { Programme } from '../programme.ts';
import { families } from '../words.ts';
import { worlds } from '../worlds.testing.ts';

const n = 40;
const times = 30;

const flood = fileURLToPath(new URL('flood.py', import.meta.url));

const node = nodes[0] as (typeof nodes)[number];
const [file = '', ...inNode] = enter(node.namespace);

/** One process and a line for each transaction: a process for each would take most of the time. */
async function runOften(transactions: readonly Transaction[]): Promise<void> {
  const lines = transactions.map((one) => `${one.toString().trim().replaceAll('\n', '; ')}\n`).join('');
  const nft = spawn(file, [...inNode, 'nft', '-i'], { stdio: ['pipe', 'ignore', 'pipe'] });
  let complaints = '';
  nft.stderr.on('data', (chunk) => {
    complaints += chunk;
  });
  nft.stdin.end(lines.repeat(times));
  await once(nft, 'close');
  assert.equal(complaints, '');
}

/** How often the client got what while the Service became one after the other. */
async function callsWhile(family: Family, states: readonly (ServiceWants | undefined)[]) {
  const programme = new Programme(family, rulesOf(node));
  const become = (wants: ServiceWants | undefined): Transaction => {
    programme.set('default/changing', wants, 0);
    return programme.take(0).transaction;
  };
  const nft = new NftExec({ prefix: enter(node.namespace) });
  for (const wants of states) await nft.run(become(wants));
  const client = shell('pod', `exec python3 ${flood} ${worlds[family].service(n)} 80`);
  let said = '';
  client.stdout.on('data', (chunk) => {
    said += chunk;
  });
  await runOften(states.map(become));
  client.stdin.end('\n');
  await once(client, 'close');
  const [answered = 0, silence = 0, refused] = said.split(' ').map(Number);
  return { answered, silence, refused };
}

export function describeCrossings(): void {
  describe('packets are on their way while a Service changes', () => {
    const settings = ['udp_timeout=1', 'udp_timeout_stream=1'].map((each) => `net.netfilter.nf_conntrack_${each}`);
    const unlimited = ['net.ipv4.icmp_ratelimit=0', 'net.ipv6.icmp.ratelimit=0'];
    after(restart);

    for (const family of families) {
      const local = (endpoint: string) =>
        wantsOf(
          service('changing', n, { spec: { internalTrafficPolicy: 'Local' } }),
          slices('changing', endpoint),
          family,
          placeOf(node),
        );
      test(`comes, loses its endpoint on this node, gets it back and goes, ${family}: answers or silence, and no refusal`, async () => {
        await run(file, [...inNode, 'sysctl', '-qw', ...settings, ...unlimited]);
        const { answered, silence, refused } = await callsWhile(family, [
          local('a'),
          local('b'),
          local('a'),
          undefined,
        ]);
        assert.ok(answered > 0 && silence > 0, `${answered} answers, ${silence} times silence`);
        assert.equal(refused, 0);
      });
    }
  });
}
