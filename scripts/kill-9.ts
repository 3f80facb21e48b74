// `npm run kill-9 -- ROUNDS`: an API server over a store on disk is killed without warning in the middle of writes, again
// and again. After each start every write that was acknowledged must be there, nothing that is there may contradict what
// was written, no two Services may have one address, each address must have its IPAddress and no other may be there, and a
// watch from before must go on without a gap, or say 410.

import { fileURLToPath } from 'node:url';
import { ApiProcess, type Connection } from './api-process.ts';
import { runSandboxed } from './sandbox.ts';

const configMaps = '/api/v1/namespaces/default/configmaps';
const services = '/api/v1/namespaces/default/services';
const ipAddresses = '/apis/networking.k8s.io/v1/ipaddresses';
const connectionCount = 4;
const writersPerConnection = 8;
const namesPerWriter = 20;
const leastMs = 30;
const mostMs = 400;

/** What is known of one name. */
interface Known {
  /** The last number that was acknowledged; absent: acknowledged to be gone, or never there. */
  acknowledged?: number | undefined;
  /** Writes that were sent and not answered when the server died: each may have happened or not. */
  doubtful: (number | 'gone')[];
}
interface Round {
  readonly known: Map<string, Known>;
  stopped: boolean;
  writes: number;
}

let number = 0;

async function write(connection: Connection, path: string, known: Known, round: Round): Promise<void> {
  const wanted = ++number;
  const isThere = known.acknowledged !== undefined;
  const isGone = isThere && wanted % 5 === 0;
  known.doubtful.push(isGone ? 'gone' : wanted);
  const name = path.split('/').at(-1);
  const collection = path.slice(0, path.lastIndexOf('/'));
  const metadata = { name, annotations: { number: String(wanted) } };
  const spec =
    collection === services ? { spec: { ports: [{ port: 80 }] } } : { data: { text: 'x'.repeat(wanted % 900) } };
  const body = JSON.stringify({ metadata, ...spec });
  const { status, body: answer } = isGone
    ? await connection.send('DELETE', path)
    : isThere
      ? await connection.send('PATCH', path, JSON.stringify({ metadata }), 'application/merge-patch+json')
      : await connection.send('POST', collection, body);
  if (status !== 200 && status !== 201) throw new Error(`write of ${path}: ${status} ${answer}`);
  known.acknowledged = isGone ? undefined : wanted;
  known.doubtful = [];
  round.writes++;
}

async function writeUntilKilled(connection: Connection, writer: number, round: Round): Promise<void> {
  const collection = writer % 2 ? services : configMaps;
  for (let i = 0; !round.stopped; i++) {
    const path = `${collection}/w${writer}-${i % namesPerWriter}`;
    const known = round.known.get(path) ?? { doubtful: [] };
    round.known.set(path, known);
    try {
      await write(connection, path, known, round);
    } catch (error) {
      if (!round.stopped) throw error;
    }
  }
}

interface Stored {
  readonly metadata: { name: string; resourceVersion: string; annotations?: Record<string, string> };
  readonly spec?: { clusterIP?: string; parentRef?: { name: string } };
}

async function listed(connection: Connection, collection: string): Promise<Map<string, Stored>> {
  const { status, body } = await connection.send('GET', collection);
  if (status !== 200) throw new Error(`list of ${collection}: ${status} ${body}`);
  const { items } = JSON.parse(String(body)) as { items: Stored[] };
  return new Map(items.map((item) => [`${collection}/${item.metadata.name}`, item]));
}

async function check(connection: Connection, round: Round): Promise<void> {
  const stored = new Map([...(await listed(connection, configMaps)), ...(await listed(connection, services))]);
  for (const [path, known] of round.known) {
    const found = stored.get(path)?.metadata.annotations?.number;
    const now = found === undefined ? 'gone' : Number(found);
    const may = [known.acknowledged ?? 'gone', ...known.doubtful];
    if (!may.includes(now)) throw new Error(`LOST: ${path} is at ${now}, and may be at ${may.join(' or ')}`);
    known.acknowledged = now === 'gone' ? undefined : now;
    known.doubtful = [];
  }
  const owners = [...stored].flatMap(([path, { spec }]) => (spec?.clusterIP ? [`${spec.clusterIP} of ${path}`] : []));
  const addresses = owners.map((text) => text.split(' ')[0]);
  if (new Set(addresses).size !== addresses.length) throw new Error('two Services have one cluster IP');
  const objects = [...(await listed(connection, ipAddresses)).values()].map(
    ({ metadata, spec }) => `${metadata.name} of ${services}/${spec?.parentRef?.name}`,
  );
  const [have, want] = [objects, owners].map((all) => all.sort().join(', '));
  if (have !== want) throw new Error(`the IPAddress objects are not those of the Services: ${have}, but ${want}`);
}

/** Resumes a watch from before the kill, reads up to a write made now, and replays it onto what was there. */
async function resume(
  connection: Connection,
  since: string,
  before: Map<string, Stored>,
): Promise<'resumed' | 'too old'> {
  const name = `mark-${++number}`;
  await connection.send('POST', configMaps, JSON.stringify({ metadata: { name } }));
  const stream = connection.session.request({ ':path': `${configMaps}?watch=true&resourceVersion=${since}` });
  let rest = '';
  const state = new Map(before);
  reading: for await (const chunk of stream) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      const { type, object } = JSON.parse(line) as { type: string; object: Stored };
      if (type === 'ERROR') return 'too old';
      const path = `${configMaps}/${object.metadata.name}`;
      if (type === 'DELETED') state.delete(path);
      else state.set(path, object);
      if (object.metadata.name === name) break reading;
    }
  }
  stream.destroy();
  const now = await listed(connection, configMaps);
  const versions = (objects: Map<string, Stored>) =>
    [...objects]
      .map(([path, { metadata }]) => `${path} ${metadata.resourceVersion}`)
      .sort()
      .join('\n');
  if (versions(now) !== versions(state)) throw new Error('a resumed watch does not lead to what is stored');
  return 'resumed';
}

async function run(rounds: number): Promise<void> {
  const api = await ApiProcess.create();
  const round: Round = { known: new Map(), stopped: false, writes: 0 };
  const starts: number[] = [];
  let resumed = 0;
  try {
    await api.start();
    for (let i = 1; i <= rounds; i++) {
      round.stopped = false;
      const connections = await Promise.all(Array.from({ length: connectionCount }, () => api.connect()));
      const [first] = connections as [Connection];
      const before = await listed(first, configMaps);
      const since = JSON.parse(String((await first.send('GET', `${configMaps}?limit=1`)).body)).metadata
        .resourceVersion;
      const writers = connections.flatMap((connection, c) =>
        Array.from({ length: writersPerConnection }, (_, w) =>
          writeUntilKilled(connection, c * writersPerConnection + w, round),
        ),
      );
      await new Promise((resolve) => setTimeout(resolve, leastMs + Math.random() * (mostMs - leastMs)));
      round.stopped = true;
      await api.kill();
      await Promise.all(writers);
      for (const connection of connections) connection.close();
      starts.push(await api.start());
      const connection = await api.connect();
      await check(connection, round);
      if ((await resume(connection, since, before)) === 'resumed') resumed++;
      connection.close();
      if (i % 10 === 0 || i === rounds)
        process.stdout.write(`round ${i}: ${round.writes} acknowledged writes, none lost\n`);
    }
    const slowest = Math.round(Math.max(...starts));
    process.stdout.write(
      `${rounds} kills, ${round.writes} acknowledged writes, none lost; ${resumed} watches resumed, `,
    );
    process.stdout.write(`${rounds - resumed} told that they are too old; slowest start ${slowest} ms\n`);
  } finally {
    await api.remove();
  }
}

const rounds = Number(process.argv[2] ?? Number.NaN);
if (!Number.isInteger(rounds) || rounds < 1) {
  process.stdout.write(
    'Usage: npm run kill-9 -- ROUNDS\n\nKills an API server under writes, and looks for what was lost.\n',
  );
  process.exit(2);
}
if (process.env.PORTOLAN_SANDBOX === undefined) {
  process.exit(runSandboxed([fileURLToPath(import.meta.url), String(rounds)]));
}
await run(rounds);
