// `portolan up` itself: claims a name and addresses, starts the server process and the DNS process, starts them again when
// they end, and takes everything down in the end. Holds no cluster state, so that it stays small and survives.

import { Resolver } from 'node:dns/promises';
import { cp, rm } from 'node:fs/promises';
import { isIPv6 } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inBrackets } from '#lib/cidr.ts';
import { systemClock } from '#lib/clock.ts';
import { Restarts } from '#lib/restarts.ts';
import { dnsNodeFlags, serverEnvironment, serverNodeFlags } from '#lib/server-process.ts';
import { UserError } from '#lib/user-error.ts';
import { appendLog, Child, describeExit, type Exit } from './child.ts';
import { type Claim, type ClaimOptions, claimName, claimRanges } from './claim.ts';
import { dataDirOf } from './data-folder.ts';
import { clusterDomain, dnsKubeconfigPath, dnsPort } from './endpoints.ts';
import { removeCluster } from './leftovers.ts';
import type { ChildMessage } from './messages.ts';
import { apiServiceIP, dnsServiceIP, hostLeg, ipFamilyOf, type Ranges } from './ranges.ts';

import { type ClusterCard, stateDirOf, withNameLocked, writeCard } from './state.ts';

const startTimeoutMs = 60_000;
const stopGraceMs = 20_000;
/** A server that ends so often, each time before it has run for a minute, will not be better the next time. */
const serverRestarts = { goodRunMs: 60_000, attempts: 5 };
const dnsRestarts = { goodRunMs: 10_000 };

const moduleExtension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
const moduleAt = (path: string): string => fileURLToPath(new URL(`${path}.${moduleExtension}`, import.meta.url));

/** Resolves when the cluster DNS answers on its virtual IPs, through the real data plane. */
async function dnsAnswers(ranges: Ranges, signal: AbortSignal): Promise<void> {
  await Promise.all(ranges.families.map((family) => dnsAnswersAt(dnsServiceIP(family), ranges, signal)));
}

async function dnsAnswersAt(clusterIP: string, ranges: Ranges, signal: AbortSignal): Promise<void> {
  const resolver = new Resolver({ timeout: 250, tries: 1 });
  resolver.setServers([clusterIP]);
  // The Service `kubernetes` has one address, of the primary family.
  const type = isIPv6(apiServiceIP(ranges.families[0])) ? 'AAAA' : 'A';
  for (;;) {
    try {
      await resolver.resolve(`kubernetes.default.svc.${clusterDomain}`, type);
      return;
    } catch {
      await systemClock.sleep(5, signal);
    }
  }
}

export type RunningCard = ClusterCard & { readonly ranges: Ranges };

export class Supervisor {
  readonly #options: ClaimOptions;
  readonly #stopping = new AbortController();
  #card: ClusterCard | undefined;
  #server: Child | undefined;
  #dns: Child | undefined;
  #starting: Promise<unknown> = Promise.resolve();
  #stopped: Promise<void> | undefined;
  /** Resolves with the reason when the cluster has ended by itself. */
  readonly ended: Promise<string>;
  #end!: (reason: string) => void;

  constructor(options: ClaimOptions) {
    this.#options = options;
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  /** Resolves when all nodes are ready and DNS answers; on failure takes down what was begun, then throws. */
  async start(): Promise<RunningCard> {
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

  async #begin(): Promise<RunningCard> {
    const { name, say } = this.#options;
    const { signal } = this.#stopping;
    const claim = await withNameLocked(name, () => claimName(this.#options));
    this.#card = claim.card;
    signal.throwIfAborted();
    const ranges = await claimRanges(claim);
    for (const line of beginning(claim)) say(line);
    const card = { ...claim.card, ranges };
    this.#card = card;
    await writeCard(card);
    signal.throwIfAborted();
    say(`Starting the API server and ${card.nodes} node${card.nodes === 1 ? '' : 's'}`);
    await this.#startServer(card);
    const running = { ...card, ready: true };
    this.#card = running;
    await writeCard(running);
    void this.#keepServer(running);
    return running;
  }

  async #takeDown(): Promise<void> {
    this.#stopping.abort(new UserError('The cluster was stopped while it was starting.'));
    // What is being claimed just now is known, and can be given back, when that is over.
    await this.#starting;
    await Promise.all([this.#dns?.stop(2000), this.#server?.stop(stopGraceMs)]);
    if (this.#card) await removeCluster(this.#card.name);
  }

  #logFile(part: string): string {
    return join(stateDirOf(this.#options.name), 'log', `${part}.log`);
  }

  /** Resolves when it does its whole work. Rejects when it ends before, or takes too long. */
  async #startServer(card: RunningCard): Promise<void> {
    const { name, ranges } = card;
    const timeout = AbortSignal.timeout(startTimeoutMs);
    const { signal } = this.#stopping;
    const { promise: started, resolve, reject } = Promise.withResolvers<void>();
    let awaited = 'the API server to answer';
    const on: Record<ChildMessage['type'], (message: ChildMessage) => void> = {
      failed: (message) => message.type === 'failed' && reject(new UserError(message.message)),
      'api-ready': () => {
        awaited = 'every node to be ready';
        this.#startDns(ranges);
      },
      ready: () => {
        awaited = `the cluster DNS to answer on its virtual IP, ${ranges.families.map(dnsServiceIP).join(' and ')}`;
        // When the time is over, that is what is told.
        const ended = (error: unknown) => timeout.aborted || reject(error);
        dnsAnswers(ranges, AbortSignal.any([timeout, signal])).then(resolve, ended);
      },
    };
    const server = new Child({
      module: moduleAt('./server'),
      args: [name],
      nodeFlags: serverNodeFlags,
      environment: serverEnvironment,
      logFile: this.#logFile('server'),
      onMessage: (message) => on[message.type](message),
    });
    this.#server = server;
    const stopped = () => reject(signal.reason);
    signal.addEventListener('abort', stopped);
    timeout.addEventListener('abort', () => void this.#startTimedOut(awaited).then(reject));
    void server.exited.then((exit) => reject(startFailure(card, exit, server.lastWords)));
    await started.finally(() => signal.removeEventListener('abort', stopped));
  }

  /** With its objects on disk, a server that ends is started again; without, the cluster has ended with it. */
  async #keepServer(card: RunningCard): Promise<void> {
    const { signal } = this.#stopping;
    const restarts = new Restarts(serverRestarts);
    for (let startedAt = Date.now(); ; ) {
      const exit = await this.#server?.exited;
      if (!exit || signal.aborted) return;
      const what = `The server process ended (${describeExit(exit)})`;
      if (card.storage === 'memory') return this.#end(`${what}, and the state of the cluster with it.`);
      const waitMs = restarts.next(Date.now() - startedAt);
      if (waitMs === undefined) {
        this.#tell(`${what} again and again, and is given up.`);
        const kept = await this.#keepLogs().catch((error: Error) => `nowhere: ${error.message}`);
        return this.#end(`The cluster ends; its data stay. What was logged is in ${kept}.`);
      }
      this.#tell(`${what}. It is started again.`);
      startedAt = Date.now();
      try {
        await systemClock.sleep(waitMs, signal);
        await this.#startServer(card);
        this.#tell(`The server process runs again, after ${((Date.now() - startedAt) / 1000).toFixed(1)} s.`);
      } catch (error) {
        if (signal.aborted) return;
        this.#tell((error as Error).message);
        await this.#server?.stop(stopGraceMs);
      }
    }
  }

  async #startTimedOut(awaited: string): Promise<UserError> {
    const what = `The cluster did not become ready in ${startTimeoutMs / 1000} s: it waited in vain for ${awaited}.`;
    const again = 'Start it with --log-level debug to have more logged.';
    if (this.#options.storage === 'memory') return new UserError(`${what} ${again}`);
    const kept = await this.#keepLogs().catch((error: Error) => `nowhere: ${error.message}`);
    return new UserError(`${what} Its data stay. What was logged is in ${kept}. ${again}`);
  }

  /** With the data, where they outlive the cluster. */
  async #keepLogs(): Promise<string> {
    const { name } = this.#options;
    const folder = join(dataDirOf(name), 'log');
    await rm(folder, { recursive: true, force: true });
    await cp(join(stateDirOf(name), 'log'), folder, { recursive: true });
    return folder;
  }

  /** To the terminal, and for those who look later. */
  #tell(line: string): void {
    this.#options.say(line);
    appendLog(this.#logFile('supervisor'), `${new Date().toISOString()} ${line}\n`);
  }

  /** Once the API answers, for as long as the cluster lives; it finds a server that was started again by itself. */
  #startDns(ranges: Ranges): void {
    if (this.#dns) return;
    this.#options.say('Starting the cluster DNS');
    this.#runDns(ranges);
  }

  /** Keeps a DNS process running: a new one at once, then more and more patiently if they keep ending. */
  #runDns(ranges: Ranges, restarts = new Restarts(dnsRestarts)): void {
    if (this.#stopping.signal.aborted) return;
    const startedAt = Date.now();
    const listen = ranges.families.map((family) => `${inBrackets(hostLeg(family))}:${dnsPort}`);
    const reverse = ranges.families.flatMap(({ serviceCIDR, podCIDR }) => [serviceCIDR, podCIDR]);
    this.#dns = new Child({
      // As `portolan dns` is started by anybody else.
      module: moduleAt('../cli/main'),
      args: [
        ...['dns', '--log-level', process.env.PORTOLAN_LOG ?? 'warn'],
        ...['--kubeconfig', dnsKubeconfigPath(this.#options.name)],
        ...listen.flatMap((address) => ['--listen', address]),
        ...['--domain', clusterDomain],
        ...['--reverse-cidrs', reverse.join()],
        ...['--resolv-conf', '/etc/resolv.conf'],
      ],
      nodeFlags: dnsNodeFlags,
      logFile: this.#logFile('dns'),
      onMessage: () => {},
    });
    void this.#dns.exited.then(async () => {
      await systemClock.sleep(restarts.next(Date.now() - startedAt) ?? 0);
      this.#runDns(ranges, restarts);
    });
  }
}

/** What a person wants to know of what the cluster begins with. */
function beginning({ card, ipFamily, stored }: Claim): string[] {
  if (!stored) return [];
  const since = stored.createdAt.replace('T', ' ').replace(/\..*/, ' UTC');
  const lines = [`Continuing the cluster ${card.name} of ${since} with all its objects (--fresh starts without)`];
  if (card.apiPort !== stored.apiPort) {
    const ports = `from port ${stored.apiPort} to ${card.apiPort}`;
    lines.push(`The API server moves ${ports}: copies of the kubeconfig name the old one`);
  }
  if (ipFamily !== ipFamilyOf(stored.ranges)) {
    lines.push('Nodes and pods get addresses of both families; Services do when their ipFamilyPolicy says so');
  }
  return lines;
}

/** A store that is mapped into memory and is not what it should be ends its process like this. */
const memoryFaults: readonly (NodeJS.Signals | null)[] = ['SIGSEGV', 'SIGBUS', 'SIGABRT'];

function startFailure({ name, storage }: ClusterCard, exit: Exit, lastWords: string): UserError {
  const what = `The server process ended while starting (${describeExit(exit)}).`;
  const said = lastWords && ` It said:\n${lastWords}`;
  if (storage === 'memory' || !memoryFaults.includes(exit.signal)) return new UserError(`${what}${said}`);
  return new UserError(
    `${what} The data of the cluster ${name} in ${dataDirOf(name)} seem to be damaged. Put them back from a backup, ` +
      `or forget them with \`portolan up --name ${name} --fresh\`.${said}`,
  );
}
