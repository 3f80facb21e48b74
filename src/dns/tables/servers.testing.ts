// Who is asked: a responder for each configuration of a table, fed by a real API server that has the sample cluster. Names
// outside of it are known to a server on loopback, at the port {$UPSTREAM}.

import { PassThrough } from 'node:stream';
import type { TestContext } from 'node:test';
import {
  type Endpoints,
  endpointSlices,
  endpoints,
  isNotFound,
  type KubeObject,
  namespaces,
  pods,
  type ResourceRef,
  services,
} from '#api/index.ts';
import { Client } from '#client/index.ts';
import type { Logger } from '#lib/log.ts';
import { apiServer } from '../api-server.testing.ts';
import { buildBlocks } from '../blocks.ts';
import { settingsOf } from '../config/testing/written.ts';
import { Responder } from '../responder.ts';
import { log as quiet } from '../testing/listening.ts';
import { record } from '../testing/replies.ts';
import { sampleObjects, samplePods } from '../testing/sample.ts';
import { type Asked, until, upstream } from '../testing/upstream.ts';
import { Class, encodeMessage, Flag, formatName, Rcode, typeName } from '../wire/index.ts';
import type { Row } from './document.testing.ts';
import { type ZoneOf, zoneFinder } from './expected.testing.ts';

export interface Served {
  readonly responder: Responder;
  readonly zoneOf: ZoneOf;
}

type Situation = Pick<Row, 'corefile' | 'isSynced'>;

/** Ends with the test. */
export class Servers {
  readonly #cluster: Client;
  readonly #upstreamPort: number;
  readonly #log: Logger;
  readonly #signal: AbortSignal;
  readonly #served = new Map<string, Promise<Served>>();

  constructor(cluster: Client, upstreamPort: number, log: Logger, signal: AbortSignal) {
    this.#cluster = cluster;
    this.#upstreamPort = upstreamPort;
    this.#log = log;
    this.#signal = signal;
  }

  static async start(t: TestContext, log = quiet): Promise<Servers> {
    const stop = new AbortController();
    t.after(() => stop.abort());
    const { port } = await upstream(t, outside);
    return new Servers(await sampleCluster(t), port, log, stop.signal);
  }

  /** Those of one configuration share a server. */
  of({ corefile, isSynced }: Situation): Promise<Served> {
    const key = `${isSynced} ${corefile}`;
    const served = this.#served.get(key) ?? this.#serve({ corefile, isSynced });
    this.#served.set(key, served);
    return served;
  }

  async #serve({ corefile, isSynced }: Situation): Promise<Served> {
    const settings = await settingsOf(corefile, { UPSTREAM: String(this.#upstreamPort) });
    const blocks = buildBlocks(settings, {
      connect: async () => (isSynced ? this.#cluster : silent),
      log: this.#log,
      ownAddresses: ['10.244.0.53'],
      isOurselves: () => false,
      onLoop: () => {},
      status: { metrics: () => [], unready: () => [] },
      out: new PassThrough().resume(),
    });
    const components = [...blocks.components];
    this.#signal.addEventListener('abort', () => blocks.components.stop(), { once: true });
    await blocks.components.started();
    if (isSynced) await until(() => components.every((component) => component.isReady?.() !== false));
    const [site, ...others] = blocks.sites;
    if (!site || others.length > 0) throw new Error(`A table is asked at one address:\n${corefile}`);
    const kubernetes = settings.servers.flatMap(({ directives }) => directives.kubernetes ?? []);
    const zones = kubernetes.flatMap((one) => one.zones.map(formatName));
    return {
      responder: new Responder({ routes: site.routes, log: this.#log }),
      zoneOf: zoneFinder(zones, kubernetes[0]?.ttl ?? 5),
    };
  }
}

/** An API server that never says anything. */
const silent = new Client(({ signal }) => {
  return new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason)));
});

async function sampleCluster(t: TestContext): Promise<Client> {
  const client = new Client(await apiServer(t, '10.96.0.0/12,fd00:96::/112'));
  for (const object of sampleObjects) {
    const ref = 'endpoints' in object ? endpointSlices : object.metadata.namespace ? services : namespaces;
    await createUnlessThere(client, ref as ResourceRef<KubeObject>, object);
  }
  const ingress = [{ ip: '203.0.113.1' }];
  const balanced = await client.resource(services).get('balanced', 'default');
  await client.resource(services).updateStatus({ ...balanced, status: { loadBalancer: { ingress } } });
  for (const pod of samplePods) {
    const created = await client.resource(pods).create(pod);
    await client.resource(pods).updateStatus({ ...created, status: pod.status });
  }
  await client.resource(endpoints).create({
    metadata: { name: 'legacy', namespace: 'default' },
    subsets: [{ addresses: [{ ip: '10.244.9.7', hostname: 'old' }], ports: [{ port: 80, protocol: 'TCP' }] }],
  } as Endpoints);
  await client.resource(pods).delete('leaving', { namespace: 'default' });
  return client;
}

/** The API server makes some objects itself. */
async function createUnlessThere(client: Client, ref: ResourceRef<KubeObject>, object: KubeObject): Promise<void> {
  const { name = '', namespace } = object.metadata;
  const resource = client.resource(ref);
  try {
    await resource.get(name, namespace);
  } catch (error) {
    if (!isNotFound(error)) throw error;
    await resource.create(object);
  }
}

const answers: Readonly<Record<string, readonly string[]>> = {
  'www.example.com. A': ['www.example.com 60 A 192.0.2.80'],
  'www.example.com. AAAA': ['www.example.com 60 AAAA 2001:db8::80'],
  'alias.example.com. A': ['alias.example.com 60 CNAME www.example.com', 'www.example.com 60 A 192.0.2.80'],
  'signed.example.com. A': ['signed.example.com 60 A 192.0.2.82'],
  'large.example.com. A': ['large.example.com 60 A 192.0.2.81'],
  '77.0.96.10.in-addr.arpa. PTR': ['77.0.96.10.in-addr.arpa 60 PTR mine.example'],
  '80.0.96.10.in-addr.arpa. PTR': ['80.0.96.10.in-addr.arpa 60 PTR mine.example'],
  '10.in-addr.arpa. SOA': ['10.in-addr.arpa 60 SOA 20'],
  '5.1.244.10.in-addr.arpa. PTR': ['5.1.244.10.in-addr.arpa 60 PTR mine.example'],
};

/** What the other server says: there is nothing but `answers`, it is broken for `dead`, `large` needs TCP, `signed` has AD. */
function outside({ query, isTcp }: Asked): Buffer {
  const { name = '', type = 0, class: klass } = query.question ?? {};
  const text = formatName(name);
  const answer = answers[`${text} ${typeName(type)}`]?.map(record) ?? [];
  const exists = klass !== Class.IN || Object.keys(answers).some((key) => key.startsWith(`${text} `));
  const rcode = text.startsWith('dead.') ? Rcode.SERVFAIL : exists ? Rcode.NOERROR : Rcode.NXDOMAIN;
  const said = (text.startsWith('large.') && !isTcp ? Flag.TC : 0) | (text.startsWith('signed.') ? Flag.AD : 0);
  const flags = Flag.QR | Flag.RA | (query.flags & Flag.RD) | said;
  const authority = rcode === Rcode.NXDOMAIN ? [record('example.com 300 SOA 20')] : [];
  return encodeMessage({ ...query, flags: flags | rcode, answer, authority, additional: [] });
}
