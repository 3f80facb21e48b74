// The service proxy by itself, as a process of its own against an API server of its own: how fast it loads, follows and
// keeps up, what it takes, and what connections through it cost. Everything is seen from outside: in the kernel's own
// reports of what changed, in the memory and time that the kernel accounts, in connections that are made.

import type { Connection } from '../scripts/api-process.ts';
import { median, ms, percentile, report } from './figures.ts';
import { besideKubeProxy } from './proxy/beside-kube-proxy.ts';
import { firstPackets } from './proxy/first-packet.ts';
import { startServers } from './proxy/paths.ts';
import { change, changeEndpoint, changeTimes, withCluster } from './proxy/proxied-cluster.ts';
import { throughput } from './proxy/throughput.ts';

/** How many changes are timed, and the pause between them in ms. */
const changes = [200, 20] as const;
/** Services of which it is watched where their connections go. */
const probed = 20;
const idleSeconds = 10;
const storm = { services: 1_000, perSecond: 1_000, seconds: 60, inFlight: 400 } as const;

const sleep = (duration: number) => new Promise((resolve) => setTimeout(resolve, duration));
const mb = (value: number): string => `${Math.round(value)} MB`;

async function large(): Promise<number> {
  let p50 = Number.NaN;
  const filling = { services: 10_000, endpoints: 10, probed };
  await withCluster(filling, async ({ connections: [connection], proxy, probed }) => {
    report('first load, 10,000 Services × 10, from synced caches', ms(await proxy.firstLoad()), '2.5 s');
    await sleep(2_000);
    const before = proxy.processorSeconds();
    await sleep(idleSeconds * 1000);
    const busy = ((proxy.processorSeconds() - before) / idleSeconds) * 100;
    const times = await changeTimes(connection, probed, ...changes);
    p50 = median(times);
    report('one endpoint changes, 10,000 × 10: p50, p99', `${ms(p50)}, ${ms(percentile(times, 0.99))}`, '30 ms, 60 ms');
    report('processor with nothing changing', `${busy.toFixed(1)} %`, '1 %');
    report('resident memory, 10,000 × 10', mb(proxy.residentMB()), '250 MB');
  });
  return p50;
}

async function small(largeP50: number): Promise<void> {
  await withCluster({ services: 100, endpoints: 10, probed }, async ({ connections: [connection], proxy, probed }) => {
    await proxy.firstLoad();
    const times = await changeTimes(connection, probed, ...changes);
    const ratio = median(times) / largeP50;
    const figures = `${ms(median(times))}, ${ms(percentile(times, 0.99))} (${ratio.toFixed(2)} of it)`;
    report('the same with 100 Services: p50, p99', figures, '≥ 0.5 of it');
    report('resident memory, 100 × 10', mb(proxy.residentMB()), '-');
  });
}

/** Every Service changes once a second, one after the other; of some it is watched how late. */
async function underStorm(): Promise<void> {
  const filling = { services: storm.services, endpoints: 10, probed };
  await withCluster(filling, async ({ api, connections, proxy, probed }) => {
    await proxy.firstLoad();
    const times: number[] = [];
    const pending = new Set<Promise<unknown>>();
    const track = (work: Promise<unknown>) => {
      const done = work.finally(() => pending.delete(done));
      pending.add(done);
    };
    let mostPending = 0;
    const busy = [api, proxy].map((part) => part.processorSeconds());
    const begin = performance.now();
    const total = storm.perSecond * storm.seconds;
    for (let i = 0; i < total; await sleep(1)) {
      const due = Math.min(total, Math.floor(((performance.now() - begin) / 1000) * storm.perSecond));
      // Who waits for a request to be sent is counted in: the time begins when it was due.
      for (; i < due && pending.size < storm.inFlight; i++) {
        const index = i % storm.services;
        const connection = connections[index % connections.length] as Connection;
        const watched = probed[index];
        track(
          watched
            ? change(connection, watched, begin + (i / storm.perSecond) * 1000).then((time) => times.push(time))
            : changeEndpoint(connection, index, 10, Math.floor(i / storm.services)),
        );
      }
      mostPending = Math.max(mostPending, pending.size);
    }
    const seconds = (performance.now() - begin) / 1000;
    const [server, follower] = [api, proxy].map((part, i) => (part.processorSeconds() - (busy[i] as number)) / seconds);
    await Promise.all(pending);
    const figures = `${ms(median(times))}, ${ms(percentile(times, 0.99))}`;
    report(`${storm.perSecond} changes/s for ${seconds.toFixed(0)} s, 1,000 Services: p50, p99`, figures, 'p99 200 ms');
    const cores = [server, follower].map((share) => `${Math.round((share ?? 0) * 100)} %`).join(', ');
    report('  of a core: API server, proxy with its nft', cores, '-');
    report(
      '  requests under way at most; resident memory of the proxy',
      `${mostPending}; ${mb(proxy.residentMB())}`,
      '-',
    );
  });
}

// Ends those that it started, too (end-with-us).
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(1));

const stopServers = await startServers(10);
const [only, size] = process.argv.slice(2);
const wants = (part: string): boolean => only === undefined || only === part;
if (wants('large')) await large().then(small);
if (wants('storm')) await underStorm();
if (wants('first-packet')) await firstPackets();
if (wants('throughput')) await throughput();
if (wants('kube-proxy')) await besideKubeProxy(size === undefined ? undefined : Number(size));
stopServers();
