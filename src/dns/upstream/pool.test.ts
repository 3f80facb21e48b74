// What is open to a server: that it is used again, shared, replaced in time and bounded.

import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { exposition } from '#lib/exposition.ts';
import { inquiry } from '../testing/cache.ts';
import { type Asked, forwarderTo, honest, replyTo, type TestUpstream, until, upstream } from '../testing/upstream.ts';
import { Rcode } from '../wire/index.ts';
import type { Forwarder } from './forwarder.ts';
import { ForwardMetrics } from './metrics.ts';
import { Pool } from './pool.ts';
import type { Answer } from './resolver.ts';

let count = 0;
/** Another question each time; whether it was answered. */
const ask = async (forwarder: Forwarder, isTcp = false): Promise<boolean> =>
  Buffer.isBuffer(await forwarder.resolve(inquiry(`n${count++}.example A`, { isTcp })));

const times = async (howOften: number, once: () => Promise<boolean>): Promise<boolean[]> => {
  const answered = [];
  for (let i = 0; i < howOften; i++) answered.push(await once());
  return answered;
};
const atOnce = (howMany: number, one: () => Promise<boolean>): Promise<boolean[]> =>
  Promise.all(Array.from({ length: howMany }, one));

/** No time limit passes, and one try has to do: what is lost is seen. */
const patient = { tryMs: 100_000, totalMs: 100_000, maxConnectAttempts: 1, maxFails: 0 };

/** Answers nothing until it is told to, then in the other order. */
async function holding(t: TestContext) {
  const held: (() => void)[] = [];
  const server = await upstream(t, async (asked: Asked) => {
    await new Promise<void>((resolve) => held.push(resolve));
    return honest()(asked);
  });
  const release = () => {
    for (const resolve of held.splice(0).reverse()) resolve();
  };
  return { server, release };
}

describe('TCP connections', () => {
  test('are used for one question after the other', async (t) => {
    const server = await upstream(t, honest());
    const metrics = new ForwardMetrics();
    const forwarder = await forwarderTo(t, [server], { ...patient, parts: { metrics } });
    assert.ok((await times(20, () => ask(forwarder, true))).every(Boolean));
    assert.equal(server.accepted, 1);
    const { text } = await exposition(() => metrics.metrics())();
    const labels = `{proxy_name="forward",to="127.0.0.1:${server.port}",proto="tcp"}`;
    assert.ok(text.includes(`coredns_proxy_conn_cache_hits_total${labels} 19`), text);
    assert.ok(text.includes(`coredns_proxy_conn_cache_misses_total${labels} 1`), text);
  });

  test('have several questions under way, answered in any order; when all are busy another one is opened', async (t) => {
    const { server, release } = await holding(t);
    const forwarder = await forwarderTo(t, [server], patient);
    const first = atOnce(8, () => ask(forwarder, true));
    await until(() => server.asked.length === 8);
    assert.equal(server.accepted, 1);
    const second = ask(forwarder, true);
    await until(() => server.asked.length === 9);
    assert.equal(server.accepted, 2);
    release();
    assert.ok((await first).every(Boolean) && (await second));
  });

  test('are bounded in number', async (t) => {
    const { server, release } = await holding(t);
    const forwarder = await forwarderTo(t, [server], patient);
    const all = atOnce(1000, () => ask(forwarder, true));
    await until(() => server.asked.length === 1000);
    assert.equal(server.accepted, 16);
    release();
    assert.ok((await all).every(Boolean));
  });

  test('are closed when idle, and opened again', async (t) => {
    const server = await upstream(t, honest());
    const forwarder = await forwarderTo(t, [server], { ...patient, expireMs: 10 });
    assert.ok(await ask(forwarder, true));
    await until(() => server.connections.size === 0);
    assert.ok(await ask(forwarder, true));
    assert.equal(server.accepted, 2);
  });

  test('are closed with the forwarder, but not before the questions under way are answered', async (t) => {
    const { server, release } = await holding(t);
    const stop = new AbortController();
    const forwarder = await forwarderTo(t, [server], patient);
    await forwarder.start(stop.signal);
    const waiting = ask(forwarder, true);
    await until(() => server.asked.length === 1);
    stop.abort();
    release();
    assert.ok(await waiting);
    await until(() => server.connections.size === 0);
  });

  test('that the server closes instead of an answer cost no try, unless they were new', async (t) => {
    const seen = new Set<number>();
    const server = await upstream(t, (asked) => {
      if (seen.has(asked.port)) return { raw: Buffer.alloc(0), end: true };
      seen.add(asked.port);
      return honest()(asked);
    });
    const forwarder = await forwarderTo(t, [server], patient);
    assert.deepEqual(await times(4, () => ask(forwarder, true)), [true, true, true, true]);
    assert.equal(server.accepted, 4);
    const rude = await upstream(t, () => ({ raw: Buffer.alloc(0), end: true }));
    assert.equal(await ask(await forwarderTo(t, [rude], patient), true), false);
    assert.equal(rude.accepted, 1);
  });

  test('on which a question was not answered in time get no more', async (t) => {
    const server = await upstream(t, (asked) => (server.asked.length === 2 ? undefined : honest()(asked)));
    const forwarder = await forwarderTo(t, [server], { ...patient, tryMs: 300 });
    assert.deepEqual(await times(3, () => ask(forwarder, true)), [true, false, true]);
    assert.equal(server.accepted, 2);
  });
});

describe('UDP sockets', () => {
  const portsOf = (server: TestUpstream) => new Set(server.asked.map(({ port }) => port));
  const sockets = () => process.getActiveResourcesInfo().filter((name) => name === 'UDPWrap').length;

  test('are replaced after a hundred questions, and ids are not in order', async (t) => {
    const server = await upstream(t, honest());
    const forwarder = await forwarderTo(t, [server], patient);
    assert.ok((await times(250, () => ask(forwarder))).every(Boolean));
    assert.ok(portsOf(server).size >= 3, `${portsOf(server).size} ports`);
    const ids = server.asked.map(({ query }) => query.id);
    const steps = new Set(ids.slice(1).map((id, i) => (id - (ids[i] as number)) & 0xffff));
    assert.ok(steps.size > 200, `${steps.size} distances between ids`);
  });

  test('have several questions under way, and are bounded in number', async (t) => {
    const before = sockets();
    const { server, release } = await holding(t);
    const forwarder = await forwarderTo(t, [server], patient);
    const all: Promise<boolean>[] = [];
    // Not more at a time than the kernel keeps for a server that is slow to read.
    while (all.length < 3000) {
      for (let i = 0; i < 100; i++) all.push(ask(forwarder));
      await until(() => server.asked.length === all.length);
    }
    assert.ok(portsOf(server).size > 100 && portsOf(server).size <= 256, `${portsOf(server).size} ports`);
    release();
    assert.ok((await Promise.all(all)).every(Boolean));
    assert.ok(sockets() - before <= 257);
  });

  test('are given up with their questions when somebody guesses ids', async (t) => {
    const server = await upstream(t, ({ query }) =>
      server.asked.length > 1
        ? honest()({ query })
        : [
            ...Array.from({ length: 150 }, (_, i) => replyTo({ ...query, id: (query.id + 1 + i) & 0xffff })),
            honest('203.0.113.6')({ query }),
          ],
    );
    const forwarder = await forwarderTo(t, [server], patient);
    assert.deepEqual(await times(2, () => ask(forwarder)), [false, true]);
    assert.equal(portsOf(server).size, 2);
  });

  test('listen to nobody but the server', async (t) => {
    const liar = await upstream(t, () => undefined);
    const server = await upstream(t, async ({ query, port }) => {
      liar.sendUdp(honest('203.0.113.6')({ query }), port);
      await new Promise((resolve) => setTimeout(resolve, 20));
      return honest()({ query });
    });
    const forwarder = await forwarderTo(t, [server], patient);
    const answer = await forwarder.resolve(inquiry('www.example A'));
    assert.ok(Buffer.isBuffer(answer) && answer.includes(Buffer.from([192, 0, 2, 1])));
  });
});

test('opening may take twice as long as it took lately, from 30 down to 1 s', async () => {
  const timeouts: number[] = [];
  const pool = new Pool(
    {
      open: async ({ timeoutMs, onEnd }) => {
        timeouts.push(timeoutMs);
        const close = () => onEnd();
        return { ask: async () => Buffer.alloc(12), close };
      },
    },
    { connections: 1, busy: 1, questions: 1, ageMs: 1000, idleMs: 1000 },
  );
  for (let i = 0; i < 20; i++) await pool.ask(inquiry('www.example A'), 1000);
  assert.equal(timeouts[0], 30_000);
  assert.ok(timeouts.every((timeout, i) => i === 0 || timeout <= (timeouts[i - 1] as number)));
  assert.equal(timeouts.at(-1), 1000);
});

test('a silent server under a thousand questions a second costs bounded memory, and others nothing', async (t) => {
  const silent = await upstream(t, () => undefined);
  const good = await upstream(t, honest());
  const limits = { maxConcurrent: 2000, tryMs: 500, totalMs: 1000 };
  const metrics = new ForwardMetrics();
  const stuck = await forwarderTo(t, [silent], { ...limits, parts: { metrics } });
  const other = await forwarderTo(t, [good], { maxConnectAttempts: 1, tryMs: 100_000, totalMs: 100_000 });
  const waiting: Promise<Answer>[] = [];
  for (let second = 0; second < 30; second++) {
    for (let i = 0; i < 100; i++) waiting.push(stuck.resolve(inquiry(`s${second}.n${i}.example A`)));
    assert.ok(await ask(other));
  }
  const answers = await Promise.all(waiting);
  const count = (rcode: number) =>
    answers.filter((answer) => !Buffer.isBuffer(answer) && answer.rcode === rcode).length;
  const [refused, failed] = [count(Rcode.REFUSED), count(Rcode.SERVFAIL)];
  assert.equal(refused + failed, 3000);
  assert.ok(failed >= 2000);
  const { text } = await exposition(() => metrics.metrics())();
  assert.match(text, new RegExp(`^coredns_forward_max_concurrent_rejects_total ${refused}$`, 'm'));
});
