// Several servers: who is asked, who is asked next, and what is known of their health (spec/dns.md §8).

import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { exposition } from '#lib/exposition.ts';
import { inquiry } from '../testing/cache.ts';
import { printed } from '../testing/cluster.ts';
import {
  type ForwarderChanges,
  forwarderTo,
  honest,
  replyTo,
  type Say,
  type TestUpstream,
  until,
  upstream,
} from '../testing/upstream.ts';
import { Flag, parseName, Rcode, typeName } from '../wire/index.ts';
import type { Forwarder } from './forwarder.ts';
import { ForwardMetrics } from './metrics.ts';

/** One that answers with 192.0.2.N for each N; undefined: a silent one; or what it says. */
const servers = (t: TestContext, says: readonly (number | undefined | Say)[]): Promise<TestUpstream[]> =>
  Promise.all(
    says.map((say) =>
      upstream(t, typeof say === 'function' ? say : say === undefined ? () => undefined : honest(`192.0.2.${say}`)),
    ),
  );

let count = 0;
/** The last digits of the address, or the rcode. Each question is another one. */
async function ask(forwarder: Forwarder, isTcp = false): Promise<number | string> {
  const answer = await forwarder.resolve(inquiry(`n${count++}.example A`, { isTcp }));
  if (!Buffer.isBuffer(answer)) return answer.rcode === Rcode.SERVFAIL ? 'SERVFAIL' : `rcode ${answer.rcode}`;
  const last = /\.(\d+)$/.exec(printed(answer))?.[1];
  return last === undefined ? (printed(answer).split(' ')[0] ?? '') : Number(last);
}

async function several(forwarder: Forwarder, times: number): Promise<(number | string)[]> {
  const answers = [];
  for (let i = 0; i < times; i++) answers.push(await ask(forwarder));
  return answers;
}

/** Of a metric's only series. */
async function metricValue(metrics: ForwardMetrics, name: string): Promise<number> {
  const { text } = await exposition(() => metrics.metrics())();
  return Number(new RegExp(`^${name}(?:\\{.*\\})? (\\d+)$`, 'm').exec(text)?.[1] ?? 0);
}

const rcode =
  (code: number): Say =>
  ({ query }) =>
    replyTo(query, [], code);
const unreachable = { transport: 'dns', host: '127.0.0.1', port: 1 } as const;

describe('policy', () => {
  test('sequential: the first, always', async (t) => {
    const forwarder = await forwarderTo(t, await servers(t, [1, 2, 3]));
    assert.deepEqual(await several(forwarder, 4), [1, 1, 1, 1]);
  });

  test('round_robin: each in turn', async (t) => {
    const forwarder = await forwarderTo(t, await servers(t, [1, 2, 3]), { policy: 'round_robin' });
    assert.deepEqual(await several(forwarder, 5), [2, 3, 1, 2, 3]);
  });

  test('random: any', async (t) => {
    const forwarder = await forwarderTo(t, await servers(t, [1, 2, 3]), { policy: 'random' });
    const answers = await several(forwarder, 90);
    // That one of three is left out 90 times is as likely as to guess 52 bits.
    assert.deepEqual([...new Set(answers)].sort(), [1, 2, 3]);
  });
});

describe('the next server', () => {
  const cases: { name: string; says: (number | undefined | Say)[]; changes?: ForwarderChanges; want: unknown }[] = [
    { name: 'is asked when one is silent', says: [undefined, 2], want: 2 },
    { name: 'is not asked when one fails: that is an answer', says: [rcode(2), 2], want: 'SERVFAIL' },
    { name: 'is asked after a failover code', says: [rcode(2), 2], changes: { failover: [2] }, want: 2 },
    { name: 'is not asked after another code', says: [rcode(5), 2], changes: { failover: [2] }, want: 'REFUSED' },
    {
      name: 'is the last one when all fail: its answer counts',
      says: [rcode(2), rcode(5)],
      changes: { failover: [2, 5] },
      want: 'REFUSED',
    },
    {
      name: 'is silent after a failover code: then the code counts',
      says: [rcode(5), undefined],
      changes: { failover: [5] },
      want: 'REFUSED',
    },
    {
      name: 'is asked no more than max_connect_attempts allow',
      says: [undefined, 2],
      changes: { maxConnectAttempts: 1 },
      want: 'SERVFAIL',
    },
  ];
  for (const { name, says, changes, want } of cases) {
    test(name, async (t) => {
      const forwarder = await forwarderTo(t, await servers(t, says), { maxFails: 0, totalMs: 1000, ...changes });
      assert.equal(await ask(forwarder), want);
    });
  }

  test('is asked at once when nobody listens at the port, by UDP and TCP', async (t) => {
    const [good] = (await servers(t, [2])) as [TestUpstream];
    // No time limit of a try passes in this test.
    const forwarder = await forwarderTo(t, [unreachable, good], { tryMs: 100_000, totalMs: 100_000 });
    assert.equal(await ask(forwarder), 2);
    assert.equal(await ask(forwarder, true), 2);
  });

  const tries: [name: string, changes: ForwarderChanges, times: number[]][] = [
    ['twice as often as there are servers', {}, [2]],
    ['as max_connect_attempts says', { maxConnectAttempts: 3 }, [3]],
    ['until the time for a question is over', { maxConnectAttempts: 0, tryMs: 60, totalMs: 200 }, [2, 3, 4]],
  ];
  for (const [name, changes, times] of tries) {
    test(`a silent server is asked ${name}`, async (t) => {
      const [silent] = (await servers(t, [undefined])) as [TestUpstream];
      const forwarder = await forwarderTo(t, [silent], { maxFails: 0, tryMs: 20, totalMs: 100_000, ...changes });
      assert.equal(await ask(forwarder), 'SERVFAIL');
      assert.ok(times.includes(silent.asked.length), `${silent.asked.length} times`);
    });
  }

  test('one where nobody listens is tried a bounded number of times, also without a limit', async (t) => {
    const metrics = new ForwardMetrics();
    const forwarder = await forwarderTo(t, [unreachable], {
      ...{ maxFails: 0, maxConnectAttempts: 0, tryMs: 100_000, totalMs: 100_000 },
      parts: { metrics },
    });
    assert.equal(await ask(forwarder), 'SERVFAIL');
    assert.equal(await metricValue(metrics, 'coredns_proxy_conn_cache_misses_total'), 100);
  });

  test('is asked as well when one is slow and all are equal; the first answer counts', async (t) => {
    const release = Promise.withResolvers<void>();
    const [slow, fast] = (await servers(t, [
      async (asked) => {
        await release.promise;
        return honest('192.0.2.1')(asked);
      },
      2,
    ])) as [TestUpstream, TestUpstream];
    const changes = { tryMs: 100_000, totalMs: 100_000, hedgeMs: 10 };
    const hedging = await forwarderTo(t, [fast, slow], { ...changes, policy: 'round_robin' });
    assert.equal(await ask(hedging), 2);
    assert.deepEqual([slow.asked.length, fast.asked.length], [1, 1]);
    // Whoever configures an order wants the first one's answer.
    const ordered = await forwarderTo(t, [slow, fast], changes);
    const waiting = ask(ordered);
    await until(() => slow.asked.length === 2);
    release.resolve();
    assert.equal(await waiting, 1);
    assert.equal(fast.asked.length, 1);
  });

  test('there is none: SERVFAIL at once', async (t) => {
    const none = { file: '/dev/null' };
    const quiet = { debug() {}, info() {}, warn() {}, error() {}, isEnabled: () => false, named: () => quiet };
    assert.equal(await ask(await forwarderTo(t, [none], { parts: { log: quiet } })), 'SERVFAIL');
  });
});

describe('health', () => {
  /** Silent until it is switched on. */
  async function switchable(t: TestContext, last: number) {
    const state = { isOn: false };
    const server = await upstream(t, (asked) => (state.isOn ? honest(`192.0.2.${last}`)(asked) : undefined));
    return { server, switchOn: () => Object.assign(state, { isOn: true }) };
  }

  test('nothing is probed until a question fails', async (t) => {
    const [server] = (await servers(t, [1])) as [TestUpstream];
    await several(await forwarderTo(t, [server]), 3);
    assert.equal(server.probes.length, 0);
  });

  test('a server that is silent is probed until it answers, and not asked meanwhile', async (t) => {
    const { server: bad, switchOn } = await switchable(t, 1);
    const [good] = (await servers(t, [2])) as [TestUpstream];
    const metrics = new ForwardMetrics();
    const probe = { intervalMs: 5, recursionDesired: true, domain: '' };
    const forwarder = await forwarderTo(t, [bad, good], { healthCheck: probe, totalMs: 5000, parts: { metrics } });
    assert.equal(await ask(forwarder), 2);
    const failures = () => metricValue(metrics, 'coredns_proxy_healthcheck_failures_total');
    await until(async () => (await failures()) >= 3);
    const before = bad.questions.length;
    assert.deepEqual(await several(forwarder, 3), [2, 2, 2]);
    assert.equal(bad.questions.length, before, 'it is down');
    switchOn();
    await until(async () => (await ask(forwarder)) === 1);
    const probes = bad.probes.length;
    assert.deepEqual(await several(forwarder, 3), [1, 1, 1]);
    assert.equal(bad.probes.length, probes, 'it is well: there is nothing to probe');
  });

  const probes: [name: string, changes: ForwarderChanges, want: string][] = [
    ['the root’s name servers', {}, '. NS rd udp'],
    [
      'what is configured',
      { healthCheck: { intervalMs: 20, recursionDesired: false, domain: parseName('health.example') } },
      'health.example. NS udp',
    ],
    ['by TCP with force_tcp', { forceTcp: true }, '. NS rd tcp'],
  ];
  for (const [name, changes, want] of probes) {
    test(`a probe asks for ${name}`, async (t) => {
      const [server] = (await servers(t, [undefined])) as [TestUpstream];
      await ask(await forwarderTo(t, [server], changes));
      await until(() => server.probes.length > 0);
      const { query, isTcp } = server.asked.find(({ query }) => query.question?.type === 2) as (typeof server.asked)[0];
      const rd = query.flags & Flag.RD ? ' rd' : '';
      const name = query.question?.name === '' ? '.' : 'health.example.';
      assert.equal(`${name} ${typeName(query.question?.type ?? 0)}${rd} ${isTcp ? 'tcp' : 'udp'}`, want);
    });
  }

  test('any answer to a probe will do', async (t) => {
    const isProbe: Say = ({ query }) => (query.question?.type === 2 ? replyTo(query, [], 5) : undefined);
    const [server] = (await servers(t, [isProbe])) as [TestUpstream];
    const forwarder = await forwarderTo(t, [server], { tryMs: 20 });
    assert.deepEqual(await several(forwarder, 4), Array(4).fill('SERVFAIL'));
    assert.equal(server.questions.length, 8, 'it is never down');
  });

  test('with max_fails 0 nothing is probed and no server is down', async (t) => {
    const [server] = (await servers(t, [undefined])) as [TestUpstream];
    const forwarder = await forwarderTo(t, [server], { maxFails: 0, tryMs: 20 });
    assert.deepEqual(await several(forwarder, 4), Array(4).fill('SERVFAIL'));
    assert.deepEqual([server.questions.length, server.probes.length], [8, 0]);
  });

  for (const isFast of [false, true]) {
    test(`all down: ${isFast ? 'SERVFAIL at once with failfast' : 'one is asked, once'}; it is counted`, async (t) => {
      const [server] = (await servers(t, [undefined])) as [TestUpstream];
      const metrics = new ForwardMetrics();
      const forwarder = await forwarderTo(t, [server], {
        ...{ maxFails: 1, failfastAllUnhealthyUpstreams: isFast, tryMs: 20, parts: { metrics } },
        healthCheck: { intervalMs: 5, recursionDesired: true, domain: '' },
      });
      const broken = () => metricValue(metrics, 'coredns_forward_healthcheck_broken_total');
      await until(async () => (await ask(forwarder)) === 'SERVFAIL' && (await broken()) > 0);
      const [asked, counted] = [server.questions.length, await broken()];
      assert.equal(await ask(forwarder), 'SERVFAIL');
      assert.deepEqual([server.questions.length, await broken()], [asked + (isFast ? 0 : 1), counted + 1]);
    });
  }
});
