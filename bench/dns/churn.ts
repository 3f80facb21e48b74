// While endpoints change at the API, a hundred times a second, and queries come: how soon answers are new, and how long
// the queries wait.

import { Type } from '#dns/wire/index.ts';
import type { Connection } from '../../scripts/api-process.ts';
import { median, ms, percentile, report } from '../figures.ts';
import { endpointsAt, sliceName, slicesPath } from '../fill.ts';
import { Asker } from './asker.ts';
import type { Cluster } from './cluster.ts';
import { domainName, isHeadless, type Stored } from './data.ts';
import { dnsperfTimes } from './dnsperf.ts';
import { pathOf } from './queries.ts';
import type { Server } from './servers.ts';

const changesPerSecond = 100;
const queriesPerSecond = 5_000;
/** An answer is asked for again after so long. */
const pollMs = 1;
const patienceMs = 10_000;

const sleep = (duration: number) => new Promise((resolve) => setTimeout(resolve, duration));

/** How long after the request was sent, and after it was answered, the first answer was new. */
interface Delay {
  readonly sinceSent: number;
  readonly sinceWritten: number;
}

/** For each server with what is wanted of it; one after the other, so that none follows the changes beside another. */
export async function churn(
  cluster: Cluster,
  seconds: number,
  contestants: readonly { readonly start: () => Promise<Server>; readonly isOurs: boolean }[],
): Promise<void> {
  const headless = cluster.services.filter(isHeadless);
  let turn = 0;
  for (const { start, isOurs } of contestants) {
    const server = await cluster.started(start());
    const load = { port: server.port, queries: pathOf(cluster.folder, 'mix'), seconds, rate: queriesPerSecond };
    const still = await dnsperfTimes(load);
    const asker = await Asker.to(server.port);
    const answered = dnsperfTimes(load);
    const delays = await changes(seconds, () => change(cluster.connections[0], asker, headless, turn++));
    tell(server.title, delays, await answered, still, isOurs);
    asker.close();
    await server.stop();
  }
}

type Waits = Awaited<ReturnType<typeof dnsperfTimes>>;

function tell(title: string, delays: readonly Delay[], meanwhile: Waits, still: Waits, isOurs: boolean): void {
  const target = (text: string): string => (isOurs ? text : '-');
  const delay = (all: readonly number[]): string => `${ms(median(all))}, ${ms(percentile(all, 0.99))}`;
  const waits = ({ times, lost }: Waits): string =>
    `${ms(percentile(times, 0.99))}, ${ms(percentile(times, 0.999))}, ${ms(Math.max(...times))}; ${lost}`;
  const sinceWritten = delay(delays.map((each) => each.sinceWritten));
  report(
    `${title}: API write → new answer, ${changesPerSecond} changes/s: p50, p99`,
    sinceWritten,
    target('p99 10 ms'),
  );
  report('  the same from the sending of the request', delay(delays.map((each) => each.sinceSent)), '-');
  const what = `  ${queriesPerSecond} queries/s meanwhile: p99, p99.9, longest; lost`;
  report(what, waits(meanwhile), target('longest 5 ms'));
  report('  with no changes', waits(still), '-');
}

/** Begins a change whenever one is due, whatever becomes of those before. */
async function changes(seconds: number, make: () => Promise<Delay>): Promise<Delay[]> {
  const pending: Promise<Delay>[] = [];
  const begin = performance.now();
  const total = seconds * changesPerSecond;
  while (pending.length < total) {
    const due = Math.min(total, Math.floor(((performance.now() - begin) / 1000) * changesPerSecond));
    while (pending.length < due) pending.push(make());
    await sleep(1);
  }
  return await Promise.all(pending);
}

/** Puts an address of its own in the place of one endpoint of a headless Service. */
async function change(connection: Connection, asker: Asker, headless: readonly Stored[], turn: number): Promise<Delay> {
  const service = headless[turn % headless.length] as Stored;
  const address = `10.${64 + ((turn >> 16) & 31)}.${(turn >> 8) & 255}.${turn & 255}`;
  const addresses = [...service.addresses.slice(1), address];
  const path = `${slicesPath(service.namespace)}/${sliceName(service.name)}`;
  const body = JSON.stringify({ endpoints: endpointsAt(service.name, addresses, service.namespace) });
  const sent = performance.now();
  const written = connection.send('PATCH', path, body, 'application/merge-patch+json').then(({ status, body }) => {
    if (status !== 200) throw new Error(`PATCH ${path}: ${status} ${body}`);
    return performance.now();
  });
  const [answered, seen] = await Promise.all([written, firstSeen(asker, domainName(service), address)]);
  return { sinceSent: seen - sent, sinceWritten: Math.max(0, seen - answered) };
}

/** When the address is first among the answers. */
async function firstSeen(asker: Asker, name: string, address: string): Promise<number> {
  const deadline = performance.now() + patienceMs;
  while (performance.now() < deadline) {
    const answer = await asker.ask(name, Type.A);
    if (answer?.answer.some(({ data }) => data.type === 'A' && data.address === address)) return performance.now();
    await sleep(pollMs);
  }
  throw new Error(`${name} does not get the address ${address} within ${patienceMs / 1000} s`);
}
