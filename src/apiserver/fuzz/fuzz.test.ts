// Thousands of hostile requests to everything that is served (README.md). FUZZ_REQUESTS and FUZZ_SEED make a run longer, or
// another one, or the same again.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { kinds } from '#api/kinds/index.ts';
import { verbsOfKind } from '../discovery.ts';
import { startServer, type TestServer } from '../in-process-suite.ts';
import { subresourcesOf, verbsOf } from '../subresources.ts';
import { checkAllocators, checkObjects, Followers, removeEverything } from './aftermath-suite.ts';
import { type Route, routesOf } from './routes-suite.ts';
import { FuzzRun } from './run-suite.ts';

const seed = Number(process.env.FUZZ_SEED ?? 1);
const requests = Number(process.env.FUZZ_REQUESTS ?? 3_000);
/** Small ranges, so that a leak shows and filling them is quick. */
const ranges = { serviceCIDR: '10.96.0.0/23', nodePortRange: [30000, 30199] } as const;
const size = { range: ranges.serviceCIDR, addresses: 510, ports: 200 };
/** Long runs take their time: some ten times what they should. */
const timeout = Math.max(120_000, requests * 25);
/** Of two equal runs the second may leave so much more behind: caches that were not quite full, and chance. */
const heapMarginMiB = 24;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;
const quickClock = {
  now: () => new Date(),
  // What is waited for in small steps does not come any sooner here.
  sleep: (ms: number, signal?: AbortSignal) =>
    new Promise<void>((resolve, reject) => {
      const timer = setTimeout(resolve, ms <= 100 ? 1 : ms);
      signal?.addEventListener('abort', () => {
        clearTimeout(timer);
        reject(signal.reason);
      });
    }),
};

async function heapAfter(api: TestServer): Promise<number> {
  assert.deepEqual(await removeEverything(api), []);
  await api.store.compact(api.store.revision);
  for (let round = 0; round < 3; round++) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    collectGarbage();
  }
  return process.memoryUsage().heapUsed / 1024 / 1024;
}

describe(`a fuzz run of ${requests} requests, seed ${seed}`, () => {
  let api: TestServer;
  let routes: Route[];
  const lost: unknown[] = [];
  const onLost = (error: unknown) => lost.push(error);

  before(async () => {
    process.on('unhandledRejection', onLost);
    // Nobody but the run writes.
    api = await startServer({ ...ranges, clock: quickClock, kubernetesServicePeriodMs: 2 ** 31 - 1 });
    routes = await routesOf(api);
  });
  after(async () => {
    process.off('unhandledRejection', onLost);
    await api.server.close();
  });

  test('asks for every verb of every resource and sub-resource', () => {
    const wanted = kinds.flatMap((kind) => {
      const at = kind.group ? `${kind.group}/${kind.version}` : kind.version;
      return [
        ...verbsOfKind(kind).map((verb) => `${at} ${kind.resource} ${verb}`),
        ...subresourcesOf(kind).flatMap((sub) =>
          verbsOf(sub).map((verb) => `${at} ${kind.resource}/${sub.name} ${verb}`),
        ),
      ];
    });
    const names = new Set(routes.map(({ name }) => name));
    assert.deepEqual(
      wanted.filter((name) => !names.has(name)),
      [],
    );
  });

  test('gets a fitting answer to every request, and stores nothing but objects', { timeout }, async (context) => {
    const followers = new Followers(api);
    await followers.start();
    const run = new FuzzRun(api, routes, seed);
    await run.play(0, requests);
    assert.equal([...run.failures.values()].join('\n\n'), '');
    assert.deepEqual(await followers.compare(), []);
    assert.equal((await checkObjects(api)).join('\n\n'), '');
    const total = [...run.tallies.values()].reduce((sum, { answered }) => sum + answered, 0);
    context.diagnostic(`${total} of ${requests} requests were granted`);
    // Who is only refused has tried nothing.
    assert.ok(total > requests / 4, `only ${total} requests were granted`);
    const verbs = new Set(routes.map(({ verb }) => verb));
    const granted = new Set(routes.filter(({ name }) => run.tallies.get(name)?.answered).map(({ verb }) => verb));
    assert.deepEqual([...verbs.difference(granted)], [], 'verbs that were never granted');
  });

  test('leaks neither cluster IPs nor node ports', async () => {
    await checkAllocators(api, size);
  });

  test('leaves as much memory free as before', { timeout }, async () => {
    const first = await heapAfter(api);
    const run = new FuzzRun(api, routes, seed + 1);
    await run.play(0, requests);
    assert.equal([...run.failures.values()].join('\n\n'), '');
    const second = await heapAfter(api);
    assert.ok(second - first < heapMarginMiB, `the heap grew from ${first} to ${second} MiB in ${requests} requests`);
  });

  test('loses no error on the way', () => {
    assert.deepEqual(lost, []);
  });
});
