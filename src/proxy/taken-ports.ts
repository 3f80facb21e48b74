// A Service whose external IP or load balancer's address is an address of this node has what is called there at its ports, also
// at the number of another Service's node port or of the kubelet. kube-proxy does the same without a word, and people search
// long (k/k #104679): here the Services are told, once, and by the one node whose address it is.

import type { KubeObject, Node } from '#api/index.ts';
import type { EventRecorder } from '#client/index.ts';
import type { Family } from '#lib/cidr.ts';
import type { Logger } from '#lib/log.ts';
import { referenceTo } from './listeners/reference.ts';
import { hostsIn } from './node-port-addresses.ts';
import type { ProxyObserver, ServiceState } from './observer.ts';

export interface TakenPortsParts {
  readonly recorder: Pick<EventRecorder, 'event'>;
  /** All of the node. */
  readonly nodeAddresses: () => Promise<readonly string[]>;
  readonly log: Logger;
}

export interface TakenPortsOptions {
  readonly nodeName: string;
  /** Where node ports are served. */
  readonly nodePortRanges: readonly string[];
}

/** `tcp . 30080` */
type Port = string;

/** What a Service asks of a node besides its cluster IPs. */
interface Asked {
  readonly service: KubeObject;
  readonly outer: readonly { readonly address: string; readonly port: Port; readonly rank: string }[];
  readonly nodePorts: readonly Port[];
}

interface Conflict {
  readonly taker: KubeObject;
  readonly address: string;
  readonly port: Port;
  /** Whose node port it is; undefined: it is the kubelet's port. */
  readonly owner: KubeObject | undefined;
}

interface Known {
  readonly services: Map<string, Asked>;
  hasChanged: boolean;
  /** The conflicts that people know of. */
  told: ReadonlySet<string>;
}

const defaultKubeletPort = 10_250;

export class TakenPorts implements ProxyObserver {
  readonly #parts: TakenPortsParts;
  readonly #options: TakenPortsOptions;
  readonly #families = new Map<Family, Known>();
  #kubeletPort: Port = `tcp . ${defaultKubeletPort}`;
  #work: Promise<void> = Promise.resolve();

  constructor(parts: TakenPortsParts, options: TakenPortsOptions) {
    this.#parts = parts;
    this.#options = options;
  }

  nodeChanged(node: Node | undefined): void {
    const port = node?.status?.daemonEndpoints?.kubeletEndpoint?.Port;
    this.#kubeletPort = `tcp . ${port || defaultKubeletPort}`;
    for (const known of this.#families.values()) known.hasChanged = true;
  }

  set(family: Family, key: string, state: ServiceState | undefined): void {
    const known = this.#families.get(family) ?? { services: new Map(), hasChanged: false, told: new Set() };
    this.#families.set(family, known);
    const asked = state && askedBy(state);
    if (sameAsked(asked, known.services.get(key))) return;
    if (asked) known.services.set(key, asked);
    else known.services.delete(key);
    known.hasChanged = true;
  }

  written(family: Family): void {
    const known = this.#families.get(family);
    if (!known?.hasChanged) return;
    known.hasChanged = false;
    const conflicts = this.#conflicts([...known.services.values()]);
    if (conflicts.length === 0 && known.told.size === 0) return;
    this.#work = this.#work
      .then(() => this.#tellNew(known, conflicts))
      .catch((error) => this.#parts.log.warn('cannot see whether Services take ports of the node', { error }));
  }

  /** Resolves when all that was found is told. */
  async idle(): Promise<void> {
    await this.#work;
  }

  /** Whoever has the address: the node, perhaps. */
  #conflicts(services: readonly Asked[]): Conflict[] {
    const owners = new Map(services.flatMap(({ service, nodePorts }) => nodePorts.map((port) => [port, service])));
    const holders = new Map<string, { rank: string; conflict: Conflict }>();
    for (const { service, outer } of services) {
      for (const { address, port, rank } of outer) {
        const isKubelets = port === this.#kubeletPort;
        const owner = isKubelets ? undefined : owners.get(port);
        if (!isKubelets && (!owner || owner === service)) continue;
        const other = holders.get(`${address} ${port}`);
        if (!other || rank < other.rank)
          holders.set(`${address} ${port}`, { rank, conflict: { taker: service, address, port, owner } });
      }
    }
    return [...holders.values()].map(({ conflict }) => conflict);
  }

  async #tellNew(known: Known, conflicts: readonly Conflict[]): Promise<void> {
    const own = await this.#parts.nodeAddresses();
    const served = hostsIn(this.#options.nodePortRanges, own);
    const isServed = (address: string) =>
      served.includes(address) || served.includes(address.includes(':') ? '::' : '0.0.0.0');
    const here = conflicts.filter(({ address, owner }) => own.includes(address) && (!owner || isServed(address)));
    const now = new Map(here.map((conflict) => [idOf(conflict), conflict]));
    for (const [id, conflict] of now) if (!known.told.has(id)) this.#tell(conflict);
    known.told = new Set(now.keys());
  }

  #tell({ taker, address, port, owner }: Conflict): void {
    const { recorder, log } = this.#parts;
    const [protocol = '', number] = port.split(' . ');
    const at = `port ${number}/${protocol.toUpperCase()} of ${address}, which is an address of node ${this.#options.nodeName}`;
    const from = owner ? `the node port of Service ${nameOf(owner)}` : 'the kubelet';
    const advice = 'Use an address that no node has, or another port.';
    recorder.event(taker, 'Warning', 'ExternalIPTakesPort', `This Service takes ${at}, from ${from}. ${advice}`);
    if (owner) {
      const by = `Service ${nameOf(taker)}, which has the address as an external IP or from its load balancer`;
      recorder.event(
        owner,
        'Warning',
        'NodePortTaken',
        `This Service's node port is not reached at ${at}: it is taken by ${by}.`,
      );
    }
    log.warn('a Service takes a port of the node', { service: nameOf(taker), address, port, from });
  }
}

function askedBy({ service, wants }: ServiceState): Asked | undefined {
  const frontends = (wants?.frontends ?? []).filter(({ traffic }) => traffic !== 'internal');
  if (frontends.length === 0) return undefined;
  const portOf = ({ protocol, port }: { protocol: string; port: number }): Port => `${protocol} . ${port}`;
  return {
    service: referenceTo(service),
    outer: frontends.flatMap((one) =>
      one.address === undefined ? [] : { address: one.address, port: portOf(one), rank: one.rank },
    ),
    nodePorts: frontends.filter(({ address }) => address === undefined).map(portOf),
  };
}

/** Most changes are of endpoints, which do not matter here. */
const sameAsked = (a: Asked | undefined, b: Asked | undefined): boolean =>
  a?.service.metadata.uid === b?.service.metadata.uid &&
  a?.nodePorts.join() === b?.nodePorts.join() &&
  JSON.stringify(a?.outer) === JSON.stringify(b?.outer);

const nameOf = ({ metadata }: KubeObject): string => `${metadata.namespace}/${metadata.name}`;

const idOf = ({ taker, address, port, owner }: Conflict): string =>
  [taker.metadata.uid, address, port, owner?.metadata.uid].join(' ');
