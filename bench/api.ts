// The API server by itself, over a store on disk, with 10,000 Services and 100,000 endpoints: how fast it writes, reads,
// lists and tells watchers, what it takes, how fast it is back. Client and server are one process each, on one machine,
// and speak HTTP/2 over TLS, HTTP/1.1 where the times of single requests are taken.

import { once } from 'node:events';
import { ApiProcess, type Connection } from '../scripts/api-process.ts';
import { median, ms, percentile, report } from './figures.ts';
import { createAll, podAddresses, serviceBody, servicesPath, sliceBody, slicesPath, type Write } from './fill.ts';

const serviceCount = 10_000;
const endpointsPerService = 10;
const inFlight = 64;
const createRun = 5_000;
const getsPerSecond = 2_000;
const getSeconds = 10;
const getConnections = 32;
const lists = 20;
const watcherCount = 1_000;
const watchersPerConnection = 100;
const writesPerSecond = 100;
const watchSeconds = 10;
const watchRounds = 3;
const perRound = writesPerSecond * watchSeconds;
/** Sizes of the namespaces that the Services are in, so that lists of different lengths can be compared. */
const namespaces = { small: 1_000, middle: 3_000, large: 6_000 } as const;

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function seed(connections: readonly Connection[]): Promise<void> {
  const [first] = connections as [Connection];
  const services: Write[] = [];
  const slices: Write[] = [];
  let index = 0;
  for (const [namespace, count] of Object.entries(namespaces)) {
    const answer = await first.send('POST', '/api/v1/namespaces', JSON.stringify({ metadata: { name: namespace } }));
    if (answer.status !== 201) throw new Error(`cannot create the namespace ${namespace}: ${answer.body}`);
    for (let i = 0; i < count; i++, index++) {
      const name = `service-${index}`;
      services.push({ path: servicesPath(namespace), body: serviceBody(name) });
      slices.push({ path: slicesPath(namespace), body: sliceBody(name, podAddresses(index, endpointsPerService)) });
    }
  }
  const rates = [await createAll(connections, services, inFlight), await createAll(connections, slices, inFlight)];
  const [services1, slices1] = rates.map((rate) => `${Math.round(rate)}/s`);
  report('filling the store: Services, EndpointSlices', `${services1}, ${slices1}`, '-');
}

async function creates(connections: readonly Connection[]): Promise<void> {
  const path = servicesPath('default');
  const names = Array.from({ length: createRun }, (_, i) => `extra-${i}`);
  const rate = await createAll(
    connections,
    names.map((name) => ({ path, body: serviceBody(name) })),
    inFlight,
  );
  report(`durable creates of Services, ${inFlight} in flight`, `${Math.round(rate)}/s`, '2,500/s');
  for (let i = 0; i < names.length; i += inFlight) {
    const batch = names.slice(i, i + inFlight);
    await Promise.all(batch.map((name, j) => connections[j % connections.length]?.send('DELETE', `${path}/${name}`)));
  }
}

async function gets(api: ApiProcess): Promise<void> {
  const idle = await Promise.all(Array.from({ length: getConnections }, () => api.connectLean()));
  const times: number[] = [];
  const due: { path: string; at: number }[] = [];
  const pending = new Set<Promise<void>>();
  const work = async (get: (path: string) => Promise<void>) => {
    for (let next = due.shift(); next; next = due.shift()) {
      await get(next.path);
      times.push(performance.now() - next.at);
    }
    idle.push(get);
  };
  const begin = performance.now();
  const total = getsPerSecond * getSeconds;
  // Sent at its rate whatever becomes of the answers, so that a server that lags is not spared.
  for (let sent = 0; sent < total; await sleep(1)) {
    const wanted = Math.min(total, Math.floor(((performance.now() - begin) / 1000) * getsPerSecond));
    for (; sent < wanted; sent++) {
      const path = `/api/v1/namespaces/large/services/service-${4_000 + ((sent * 7919) % namespaces.large)}`;
      due.push({ path, at: performance.now() });
      const get = idle.pop();
      if (!get) continue;
      const done = work(get).then(() => void pending.delete(done));
      pending.add(done);
    }
  }
  await Promise.all(pending);
  const figures = `${ms(median(times))}, ${ms(percentile(times, 0.99))}`;
  report(`GET at ${getsPerSecond}/s, HTTP/1.1 on ${getConnections} connections: p50, p99`, figures, 'p99 5 ms');
}

async function listTimes(connection: Connection, path: string): Promise<{ p50: number; bytes: number }> {
  const times: number[] = [];
  let bytes = 0;
  for (let i = 0; i < lists; i++) {
    const begin = performance.now();
    const { status, body } = await connection.send('GET', path);
    times.push(performance.now() - begin);
    if (status !== 200) throw new Error(`GET ${path}: ${status}`);
    bytes = body.length;
  }
  return { p50: median(times), bytes };
}

async function listAll(connection: Connection): Promise<void> {
  const all = await listTimes(connection, '/api/v1/services');
  report(`LIST of ${serviceCount} Services, ${(all.bytes / 1e6).toFixed(1)} MB: p50`, ms(all.p50), '100 ms');
  const each: string[] = [];
  for (const [namespace, count] of Object.entries(namespaces)) {
    const { p50 } = await listTimes(connection, `/api/v1/namespaces/${namespace}/services`);
    each.push(ms((p50 / count) * 1000));
  }
  report(`  for each 1,000 of ${Object.values(namespaces).join(', ')}`, each.join(', '), 'the same');
}

const mark = Buffer.from('"bench":"');
const quote = 0x22;
const newline = 0x0a;

/** Reads one watch: checks that no event is missing or out of order, and notes how late each is. */
class WatchReader {
  readonly delays: number[];
  received = 0;
  #rest: Buffer = Buffer.alloc(0);

  constructor(delays: number[]) {
    this.delays = delays;
  }

  /** In bytes, without a string for each event: the client's own collector must not be what is measured. */
  take(chunk: Buffer): void {
    const now = performance.now();
    const bytes = this.#rest.length > 0 ? Buffer.concat([this.#rest, chunk]) : chunk;
    const end = bytes.lastIndexOf(newline) + 1;
    this.#rest = bytes.subarray(end);
    for (let at = bytes.indexOf(mark); at >= 0 && at < end; at = bytes.indexOf(mark, at + 1)) {
      const from = at + mark.length;
      const [number, sent] = bytes.toString('latin1', from, bytes.indexOf(quote, from)).split(' ');
      if (Number(number) !== this.received) throw new Error(`event ${number} came where ${this.received} was due`);
      this.received++;
      this.delays.push(now - Number(sent));
    }
  }
}

/** Changes one Service after the other, each marked with its number and its time, and resolves when all are answered. */
async function writeAtRate(writer: Connection, path: string, first: number): Promise<void> {
  const begin = performance.now();
  // One after the other on one connection: the order of the events is the order of these writes.
  let last = Promise.resolve();
  for (let i = 0; i < perRound; i++) {
    const late = begin + (i / writesPerSecond) * 1000 - performance.now();
    if (late > 0) await sleep(late);
    const patch = JSON.stringify({ metadata: { annotations: { bench: `${first + i} ${performance.now()}` } } });
    last = last.then(async () => {
      const target = `${path}/service-${i % namespaces.small}`;
      const { status, body } = await writer.send('PATCH', target, patch, 'application/merge-patch+json');
      if (status !== 200) throw new Error(`PATCH ${target}: ${status} ${body}`);
    });
  }
  await last;
}

async function watchers(api: ApiProcess, writer: Connection): Promise<void> {
  const path = '/api/v1/namespaces/small/services';
  const start = JSON.parse(String((await writer.send('GET', `${path}?limit=1`)).body)).metadata.resourceVersion;
  const delays: number[] = [];
  const readers = Array.from({ length: watcherCount }, () => new WatchReader(delays));
  const connections: Connection[] = [];
  const opened: Promise<unknown>[] = [];
  for (const [i, reader] of readers.entries()) {
    if (i % watchersPerConnection === 0) connections.push(await api.connect());
    const { session } = connections.at(-1) as Connection;
    const stream = session.request({ ':path': `${path}?watch=true&resourceVersion=${start}` });
    stream.on('data', (chunk: Buffer) => reader.take(chunk));
    stream.on('error', () => {});
    opened.push(once(stream, 'response'));
  }
  await Promise.all(opened);
  // What the opening of a thousand watches leaves behind is not what a change takes to reach them.
  await sleep(1000);
  const rounds: { p50: number; p99: number }[] = [];
  const begin = performance.now();
  const processor = api.processorSeconds();
  for (let round = 0; round < watchRounds; round++) {
    await writeAtRate(writer, path, round * perRound);
    const due = (round + 1) * perRound;
    for (let i = 0; i < 100 && readers.some(({ received }) => received < due); i++) await sleep(100);
    rounds.push({ p50: median(delays), p99: percentile(delays, 0.99) });
    delays.length = 0;
  }
  const total = watchRounds * perRound;
  const complete = readers.filter(({ received }) => received === total).length;
  const busy = Math.round(((api.processorSeconds() - processor) / (performance.now() - begin)) * 100_000);
  const [p50, p99] = [rounds.map((round) => round.p50), rounds.map((round) => round.p99)];
  report(
    `${watcherCount} watchers, ${writesPerSecond} writes/s (server ${busy} % of a core): p50, p99, median of ${watchRounds}`,
    `${ms(median(p50))}, ${ms(median(p99))}`,
    'p99 50 ms',
  );
  report(`  p99 of each ${watchSeconds} s`, p99.map(ms).join(', '), '-');
  report('  watchers that saw every event, in order', `${complete} of ${watcherCount}`, 'all');
  for (const connection of connections) connection.close();
}

const api = await ApiProcess.create();
try {
  await api.start();
  const connections = await Promise.all(Array.from({ length: 4 }, () => api.connect()));
  const [first] = connections as [Connection];
  await seed(connections);
  report('resident memory with all in store', `${Math.round(api.residentMB())} MB`, '400 MB');
  await creates(connections);
  await gets(api);
  await listAll(first);
  await watchers(api, first);
  report('resident memory after all of that', `${Math.round(api.residentMB())} MB`, '400 MB');
  const restarts: number[] = [];
  for (let i = 0; i < 3; i++) {
    await api.kill();
    restarts.push(await api.start());
  }
  report('kill -9 to ready again: median of 3', ms(median(restarts)), '2 s');
  report('resident memory after the restart', `${Math.round(api.residentMB())} MB`, '400 MB');
} finally {
  await api.remove();
}
