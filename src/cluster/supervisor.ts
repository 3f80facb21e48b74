// `portolan up` itself: claims a name and addresses, starts the server process and the DNS process, restarts the latter
// when it ends, and takes everything down in the end. Holds no cluster state, so that it stays small and survives.

import { Resolver } from 'node:dns/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { systemClock } from '#lib/clock.ts';
import { UserError } from '#lib/user-error.ts';
import { createFabric, hostRanges, NetworkError } from '#network/index.ts';
import { Child, describeExit } from './child.ts';
import { clusterDomain, dnsKubeconfigPath, dnsPort } from './endpoints.ts';
import { removeCluster } from './leftovers.ts';
import type { ChildMessage } from './messages.ts';
import { dnsServiceIP, freeRanges, hostLeg, type Ranges } from './ranges.ts';
import {
  type ClusterCard,
  fabricOf,
  isAlive,
  readCard,
  stateDirOf,
  thisNetworkNamespace,
  thisProcess,
  withNameLocked,
  writeCard,
} from './state.ts';

export interface UpOptions {
  readonly name: string;
  readonly nodes: number;
  readonly apiPort: number;
  readonly nodeMonitorGracePeriodMs: number;
  /** Shows progress to whoever waits. */
  readonly say: (line: string) => void;
}

const startTimeoutMs = 60_000;
const stopGraceMs = 20_000;

const moduleExtension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
const moduleAt = (path: string): string => fileURLToPath(new URL(`${path}.${moduleExtension}`, import.meta.url));

/** Makes the name ours: refuses if a cluster of that name runs, removes what a killed one left. */
async function claimName({ name, nodes, apiPort, nodeMonitorGracePeriodMs, say }: UpOptions): Promise<ClusterCard> {
  const existing = await readCard(name);
  if (existing && (await isAlive(existing.supervisor))) {
    throw new UserError(
      `A cluster named ${name} is already running (process ${existing.supervisor.pid}). ` +
        `Stop it with \`portolan down --name ${name}\`, or start another with --name OTHER.`,
    );
  }
  if (existing) say(`Removing what an earlier run of the cluster ${name} left behind`);
  await removeCluster(name, existing);
  const card: ClusterCard = {
    name,
    nodes,
    apiPort,
    nodeMonitorGracePeriodMs,
    supervisor: await thisProcess(),
    networkNamespace: await thisNetworkNamespace(),
    createdAt: new Date().toISOString(),
    ready: false,
  };
  await writeCard(card);
  return card;
}

/** Takes the first free set of addresses; making its interface is what makes it ours, also against a racing `up`. */
async function claimRanges(name: string): Promise<Ranges> {
  const candidates = freeRanges(await hostRanges());
  for (const ranges of candidates) {
    try {
      await createFabric({ hostLink: ranges.hostLink, fabric: fabricOf(name), address: `${hostLeg(ranges)}/24` });
      return ranges;
    } catch (error) {
      if (!(error instanceof NetworkError && error.reason === 'Exists')) throw error;
    }
  }
  throw new UserError('No free address ranges: stop a cluster with `portolan down --name NAME`.');
}

/** Resolves when the cluster DNS answers on its virtual IP, through the real data plane. */
async function dnsAnswers(clusterIP: string, signal: AbortSignal): Promise<void> {
  const resolver = new Resolver({ timeout: 250, tries: 1 });
  resolver.setServers([clusterIP]);
  for (;;) {
    try {
      await resolver.resolve4(`kubernetes.default.svc.${clusterDomain}`);
      return;
    } catch {
      await systemClock.sleep(5, signal);
    }
  }
}

export class Supervisor {
  readonly #options: UpOptions;
  readonly #stopping = new AbortController();
  #card: ClusterCard | undefined;
  #server: Child | undefined;
  #dns: Child | undefined;
  #starting: Promise<unknown> = Promise.resolve();
  #stopped: Promise<void> | undefined;
  /** Resolves with the reason when the cluster has ended by itself. */
  readonly ended: Promise<string>;
  #end!: (reason: string) => void;

  constructor(options: UpOptions) {
    this.#options = options;
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  /** Resolves when all nodes are ready and DNS answers; on failure takes down what was begun, then throws. */
  async start(): Promise<ClusterCard & { ranges: Ranges }> {
    const started = this.#begin();
    this.#starting = started.catch(() => {});
    try {
      return await started;
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  /** Takes everything down, also while it is starting. */
  stop(): Promise<void> {
    this.#stopped ??= this.#takeDown();
    return this.#stopped;
  }

  async #begin(): Promise<ClusterCard & { ranges: Ranges }> {
    const { signal } = this.#stopping;
    this.#card = await withNameLocked(this.#options.name, () => claimName(this.#options));
    signal.throwIfAborted();
    const ranges = await claimRanges(this.#options.name);
    const card = { ...this.#card, ranges };
    this.#card = card;
    await writeCard(card);
    signal.throwIfAborted();
    await this.#startServer(ranges);
    this.#card = { ...card, ready: true };
    await writeCard(this.#card);
    return { ...card, ready: true };
  }

  async #takeDown(): Promise<void> {
    this.#stopping.abort(new UserError('The cluster was stopped while it was starting.'));
    // What is being claimed just now is known, and can be given back, when that is over.
    await this.#starting;
    await Promise.all([this.#dns?.stop(2000), this.#server?.stop(stopGraceMs)]);
    if (this.#card) await removeCluster(this.#card.name, this.#card);
  }

  #logFile(part: string): string {
    return join(stateDirOf(this.#options.name), 'log', `${part}.log`);
  }

  async #startServer(ranges: Ranges): Promise<void> {
    const { name, nodes, say } = this.#options;
    const timeout = AbortSignal.timeout(startTimeoutMs);
    const { signal } = this.#stopping;
    say(`Starting the API server and ${nodes} node${nodes === 1 ? '' : 's'}`);
    await new Promise<void>((resolve, reject) => {
      const on: Record<ChildMessage['type'], (message: ChildMessage) => void> = {
        failed: (message) => message.type === 'failed' && reject(new UserError(message.message)),
        'api-ready': () => {
          say('Starting the cluster DNS');
          this.#runDns(ranges);
        },
        ready: () => dnsAnswers(dnsServiceIP(ranges), AbortSignal.any([timeout, signal])).then(resolve, reject),
      };
      const server = new Child({
        module: moduleAt('./server'),
        args: [name],
        logFile: this.#logFile('server'),
        onMessage: (message) => on[message.type](message),
      });
      this.#server = server;
      signal.addEventListener('abort', () => reject(signal.reason));
      timeout.addEventListener('abort', () =>
        reject(
          new UserError(
            `The cluster did not become ready in ${startTimeoutMs / 1000} s; its log is at the end of ${this.#logFile('server')}.`,
          ),
        ),
      );
      void server.exited.then((exit) => {
        reject(
          new UserError(
            `The server process ended while starting (${describeExit(exit)}). It said:\n${server.lastWords}`,
          ),
        );
        if (signal.aborted) return;
        this.#end(`The server process ended (${describeExit(exit)}), and the state of the cluster with it.`);
      });
    });
  }

  /** Keeps a DNS process running: a new one at once, then more and more patiently if they keep ending. */
  #runDns(ranges: Ranges, failures = 0): void {
    if (this.#stopping.signal.aborted) return;
    const startedAt = Date.now();
    const listen = `${hostLeg(ranges)}:${dnsPort}`;
    this.#dns = new Child({
      module: moduleAt('../dns/main'),
      args: [
        ...['--kubeconfig', dnsKubeconfigPath(this.#options.name)],
        ...['--listen', listen],
        ...['--domain', clusterDomain],
        ...['--reverse-cidrs', `${ranges.serviceCIDR},${ranges.podCIDR}`],
        ...['--resolv-conf', '/etc/resolv.conf'],
      ],
      logFile: this.#logFile('dns'),
      onMessage: () => {},
    });
    void this.#dns.exited.then(async () => {
      const soon = Date.now() - startedAt < 10_000;
      const next = soon ? failures + 1 : 0;
      await systemClock.sleep(next <= 1 ? 0 : Math.min(10_000, 100 * 2 ** next));
      this.#runDns(ranges, next);
    });
  }
}
