// /metrics of a running server after known queries by dig, as a scraper reads it.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { type TestContext, test } from 'node:test';
import { Client } from '#client/index.ts';
import { run } from '#lib/run.ts';
import { apiServer } from '../api-server.testing.ts';
import { DnsServer } from '../server.ts';
import { corefile } from '../testing/corefile.ts';
import { skip } from '../testing/dig.ts';
import { log } from '../testing/listening.ts';

const golden = new URL('./metrics.golden.txt', import.meta.url);

async function started(t: TestContext, text: string) {
  const client = new Client(await apiServer(t));
  const server = new DnsServer({ connect: async () => client, log }, await corefile(text));
  t.after(() => server.close());
  await server.start();
  await server.synced();
  const port = String(server.addresses[0]?.port);
  return {
    server,
    scrape: async () => {
      const at = server.endpoints.find(({ name }) => name === 'prometheus');
      return await (await fetch(`http://127.0.0.1:${at?.port}/metrics`)).text();
    },
    /** What it prints is in nobody's interest here, and some of it are failures. */
    dig: async (args: string) => {
      const all = ['-p', port, '+tries=1', '+time=3', '+nocookie', '+noednsneg', ...args.split(' ')];
      await run('dig', all);
    },
  };
}

/** Our own names, without what differs from run to run: how long things took, and versions. */
const steady = (text: string): string =>
  text
    .split('\n')
    .filter((line) => /^(# (HELP|TYPE) )?coredns_/.test(line))
    .filter((line) => !/seconds_bucket.*le="[\d.]+"/.test(line))
    .map((line) =>
      line.replace(/(_seconds(_sum.*)?) \d\S+$/, '$1 SECONDS').replace(/version="[^"]+"/g, 'version="VERSION"'),
    )
    .join('\n');

test('after known queries /metrics says what they were', { skip }, async (t) => {
  const { dig, scrape } = await started(
    t,
    `cluster.local:0 {
      prometheus 127.0.0.1:0
      kubernetes
      loadbalance
      cache
    }
    example.org:0 {
      prometheus 127.0.0.1:0
      hosts /dev/null {
        192.0.2.1 www.example.org
      }
    }
    silent.example:0 {
      hosts /dev/null {
        192.0.2.1 www.silent.example
      }
    }`,
  );
  const kubernetes = 'kubernetes.default.svc.cluster.local';
  for (const args of [
    `@127.0.0.1 ${kubernetes} A`,
    `@127.0.0.1 ${kubernetes} A`,
    `@127.0.0.1 ${kubernetes} A +noedns`,
    `@127.0.0.1 ${kubernetes} AAAA +tcp`,
    `@::1 ${kubernetes} A +dnssec`,
    `@::1 ${kubernetes} TYPE65280 +tcp`,
    '@127.0.0.1 nope.cluster.local SRV',
    '@127.0.0.1 cluster.local AXFR +ignore +noedns',
    '@127.0.0.1 www.example.org A',
    '@127.0.0.1 WWW.example.org TXT',
    '@127.0.0.1 other.example.org HTTPS',
    // Of a block that does not count.
    '@127.0.0.1 www.silent.example A',
    // No block's, or nobody's: refused, unknown version, unknown opcode.
    '@127.0.0.1 elsewhere.example A',
    `@127.0.0.1 ${kubernetes} A +edns=7`,
    `@::1 ${kubernetes} A +opcode=2`,
  ]) {
    await dig(args);
  }
  const text = `${steady(await scrape())}\n`;
  if (process.env.UPDATE_GOLDEN) await writeFile(golden, text);
  assert.equal(text, await readFile(golden, 'utf8'), 'differs; if that is meant, UPDATE_GOLDEN=1 writes it anew');
});

test('counts go on over a change of the configuration, and one that cannot be taken is counted', {
  skip,
}, async (t) => {
  const text = (ttl: number, metricsPort = 0) => `example.org:0 {
    prometheus 127.0.0.1:${metricsPort}
    hosts /dev/null {
      192.0.2.1 www.example.org
      ttl ${ttl}
    }
  }`;
  const { server, dig, scrape } = await started(t, text(10));
  const counted = async (name: string) =>
    (await scrape()).split('\n').flatMap((line) => (line.startsWith(name) ? [Number(line.split(' ').at(-1))] : []));
  await dig('@127.0.0.1 www.example.org A');
  await server.reload(await corefile(text(20)));
  await dig('@127.0.0.1 www.example.org A');
  assert.deepEqual(await counted('coredns_dns_requests_total'), [2]);
  assert.deepEqual(await counted('coredns_reload_failed_total'), [0]);

  const taken = createServer().listen(0, '127.0.0.1');
  t.after(() => taken.close());
  await once(taken, 'listening');
  const { port } = taken.address() as AddressInfo;
  await assert.rejects(server.reload(await corefile(text(30, port))), /Cannot serve \/metrics/);
  await dig('@127.0.0.1 www.example.org A');
  assert.deepEqual(await counted('coredns_dns_requests_total'), [3]);
  assert.deepEqual(await counted('coredns_reload_failed_total'), [1]);
});
