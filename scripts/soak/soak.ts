// The soak itself: changes, incidents and calls at the same time until the time is over or something is not right, and
// at the end a look at what is left in the kernel.

import { endpointSlices, nodes as nodeKind } from '#api/index.ts';
import type { Client } from '#client/index.ts';
import type { Call } from './allowed.ts';
import { Failure, failureOf } from './failure.ts';
import { now } from './history.ts';
import { type Attempt, Judge, type Verdict, type ViewOfNode } from './judge.ts';
import { type Machine, machines, nodes, pods } from './machines.ts';
import { probe, probeSlice } from './objects.ts';
import { Random } from './random.ts';
import { ChangingService, families, portCatalogue, zoneOf } from './services.ts';
import { comparable, difference, tableOf } from './tables.ts';

const serviceCount = 8;
const callers = 16;
const flows = 8;
const keptConnections = 8;
const changesAtOnce = 3;
const changePauseMs = 250;
const callPauseMs = 40;
const flowPauseMs = 150;
const flowCalls = 60;
const incidentPauseMs = 12_000;
/** Chains that nobody uses go after ten seconds. */
const calmMs = 15_000;
const mostMB = 250;

export const say = (line: string) => process.stdout.write(`${line}\n`);
const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

const entrances = ['cluster IP', 'cluster IP', 'external IP', 'load balancer', 'node port', 'node port'] as const;

type Target = Omit<Attempt, 'begin' | 'end' | 'answer'>;

export interface SoakOptions {
  readonly seed: number;
  readonly minutes: number;
  /** After this long what was written counts as done. */
  readonly settleMs: number;
  /** Nothing is done to the proxies. */
  readonly calm: boolean;
}

export class Soak {
  readonly #client: Client;
  readonly #views: readonly ViewOfNode[];
  readonly #services: readonly ChangingService[];
  readonly #options: SoakOptions;
  readonly #judge: Judge;
  readonly #stop = new AbortController();
  readonly #incidents: string[] = [];
  readonly #busy = new Set<string>();
  readonly #count = { refused: 0, silence: 0, answered: 0, other: 0, unjudged: 0, flows: 0, kept: 0, changes: 0 };
  readonly #late: number[] = [];
  readonly #propagation: number[] = [];
  #keeps = 0;

  constructor(client: Client, views: readonly ViewOfNode[], options: SoakOptions) {
    this.#options = options;
    this.#judge = new Judge(options.settleMs);
    this.#client = client;
    this.#views = views;
    this.#services = ChangingService.several(serviceCount, client);
  }

  /** Rejects with a Failure. */
  async run(): Promise<void> {
    const { minutes, seed, calm } = this.#options;
    const until = now() + minutes * 60_000;
    const megabytesBefore = this.#views.map(({ proxy }) => proxy.residentMB());
    const random = new Random(seed);
    const stream = () => new Random(random.below(2 ** 31));
    const { signal } = this.#stop;
    const timer = setTimeout(() => this.#stop.abort(), minutes * 60_000);
    const report = setInterval(() => say(`${Math.round((until - now()) / 1000)} s to go: ${this.#counts()}`), 15_000);
    const loop = async (work: (random: Random) => Promise<void>) => {
      const own = stream();
      try {
        while (!signal.aborted) await work(own);
      } finally {
        this.#stop.abort();
      }
    };
    try {
      const ends = await Promise.allSettled([
        ...Array.from({ length: changesAtOnce }, () => loop((own) => this.#change(own))),
        ...Array.from({ length: callers }, () => loop((own) => this.#callOften(own))),
        ...Array.from({ length: flows }, () => loop((own) => this.#flow(own))),
        ...Array.from({ length: keptConnections }, () => loop((own) => this.#keepConnection(own))),
        loop(() => this.#propagate()),
        ...(calm ? [] : [loop((own) => this.#incident(own))]),
      ]);
      for (const end of ends) if (end.status === 'rejected') throw end.reason;
    } finally {
      this.#stop.abort();
      clearTimeout(timer);
      clearInterval(report);
    }
    say(this.#counts());
    say(`affinity left no choice ${this.#judge.held} times`);
    say(`from the write of an endpoint to the first connection there: ${figures(this.#propagation)}`);
    say(`answers that had not been right any more when they were asked for: ${figures(this.#late)}`);
    await this.#compare(megabytesBefore);
  }

  #counts(): string {
    return Object.entries(this.#count)
      .map(([what, count]) => `${count} ${what}`)
      .join(', ');
  }

  async #change(random: Random): Promise<void> {
    await random.pick(this.#services).change(random);
    this.#count.changes++;
    await sleep(random.below(2 * changePauseMs * changesAtOnce));
  }

  /** Some times, for affinity. */
  async #callOften(random: Random): Promise<void> {
    const target = this.#target(random);
    for (let left = random.below(5); left >= 0; left--) {
      await this.#attempt(target, undefined);
      await sleep(random.below(2 * callPauseMs));
    }
  }

  /** A UDP socket that goes on sending must follow the endpoints. */
  async #flow(random: Random): Promise<void> {
    const target = this.#target(random, 'UDP');
    const keep = `flow-${++this.#keeps}`;
    for (let i = 0; i < flowCalls && !this.#stop.signal.aborted; i++) {
      await this.#attempt({ ...target, isFlow: i > 0 }, keep);
      this.#count.flows++;
      await sleep(random.below(2 * flowPauseMs));
    }
    target.machine.release(keep);
  }

  /** A TCP connection that was made goes on until the client ends it, whatever happens. */
  async #keepConnection(random: Random): Promise<void> {
    await sleep(random.below(1000));
    const target = this.#target(random, 'TCP');
    const keep = `kept-${++this.#keeps}`;
    let broken: string | undefined;
    target.machine.watch(keep, (why) => {
      broken = why;
    });
    const begin = now();
    const answer = await this.#attempt(target, keep);
    if (answer !== undefined && kindOf(answer) === 'answered') {
      this.#count.kept++;
      for (let left = random.below(60); left > 0 && broken === undefined && !this.#stop.signal.aborted; left--)
        await sleep(500);
      // Without the rules the kernel does not translate what it had begun to.
      const isExcused = target.view.proxy.isBroken(begin, now());
      if (broken !== undefined && !isExcused)
        await this.#fail({ ...target, begin, end: now(), answer }, `a connection in progress ended: ${broken}`);
    }
    target.machine.release(keep);
  }

  /** Most often one that somebody answers for now. */
  #target(random: Random, only?: Call['protocol']): Target {
    let target = this.#anyTarget(random, only);
    for (let tries = 0; tries < 20 && random.chance(0.9) && !this.#judge.isAnswered(target); tries++)
      target = this.#anyTarget(random, only);
    return target;
  }

  #anyTarget(random: Random, only?: Call['protocol']): Target {
    const service = random.pick(this.#services);
    const machine = random.pick(machines);
    const family = random.pick(families);
    const to = random.pick(entrances);
    const place = random.pick(
      [...portCatalogue.keys()].filter((i) => only === undefined || portCatalogue[i]?.protocol === only),
    );
    const { port, protocol } = portCatalogue[place] ?? portCatalogue[0];
    // What comes from outside is routed to node one.
    const node = to === 'node port' ? random.pick(nodes) : (machine.node ?? nodes[0]);
    const view = this.#views.find(({ proxy }) => proxy.node === node) as ViewOfNode;
    const caller = { kind: machine.kind, node: machine.node?.name, address: machine.addresses[family] };
    const address = service.addressOf(family, to, view.proxy.node.index);
    const number = to === 'node port' ? service.nodePort(place) : port;
    return { machine, service, view, isFlow: false, call: { caller, family, protocol, to, address, port: number } };
  }

  /** One at a time of a client and what it calls, that it is known what the client had last. */
  async #attempt(target: Target, keep: string | undefined): Promise<string | undefined> {
    const { call, machine } = target;
    const key = `${machine.name} ${call.address} ${call.port} ${call.protocol}`;
    if (this.#busy.has(key)) return undefined;
    this.#busy.add(key);
    try {
      const begin = now();
      const answer = await machine.call({ protocol: call.protocol, address: call.address, port: call.port, keep });
      const attempt = { ...target, begin, end: now(), answer };
      const verdict = await this.#judge.judge(attempt);
      this.#count[kindOf(answer)]++;
      if (!verdict) this.#count.unjudged++;
      else if (!verdict.isRight) await this.#fail(attempt, verdict.because ?? '', verdict);
      else if (verdict.late > 0) this.#late.push(verdict.late);
      return answer;
    } finally {
      this.#busy.delete(key);
    }
  }

  /** Something that is done to a proxy, or the node's zone. */
  async #incident(random: Random): Promise<void> {
    for (let left = incidentPauseMs * (0.5 + random.next()); left > 0 && !this.#stop.signal.aborted; left -= 500)
      await sleep(500);
    if (this.#stop.signal.aborted) return;
    const { proxy, zone } = random.pick(this.#views);
    const { name } = proxy.node;
    const chance = random.next();
    const at = now();
    const note = (what: string) =>
      this.#incidents.push(`${at.toFixed(0)} to ${now().toFixed(0)} node ${name}: ${what}`);
    if (chance < 0.5) {
      await proxy.killAndStart(random, this.#options.settleMs);
      note('proxy killed and started');
    } else if (chance < 0.65) {
      note(`lost elements ${await proxy.loseElements(random, this.#options.settleMs)}`);
    } else if (chance < 0.8) {
      note(await proxy.flush(random, this.#options.settleMs));
    } else {
      const wanted = zoneOf(random.below(2) + 1);
      await zone.write(async () => {
        const labels = { 'topology.kubernetes.io/zone': wanted };
        await this.#client.resource(nodeKind).patch(name, { metadata: { labels } }, { type: 'merge' });
        return wanted;
      });
      note(`now in ${wanted}`);
    }
  }

  /** How long a new endpoint takes to be reached, from both nodes. */
  async #propagate(): Promise<void> {
    const callers = nodes.map((node) => pods.find((pod) => pod.node === node) as Machine);
    const isQuiet = () => {
      const at = now();
      return this.#views.every(({ proxy }) => proxy.oldest(at, at, 0) === at && !proxy.isBroken(at, at));
    };
    if (isQuiet()) {
      const target = pods[(this.#propagation.length / 2) % 2 ? 2 : 5] as Machine;
      const begin = now();
      await this.#client.resource(endpointSlices).update(probeSlice(target));
      const times = await Promise.all(
        callers.map(async (caller) => {
          while (isQuiet()) {
            const answer = await caller.call({ protocol: 'TCP', ...probe });
            if (answer.startsWith(`${target.name} `)) return now() - begin;
          }
          return undefined;
        }),
      );
      if (times.every((time) => time !== undefined)) this.#propagation.push(...times);
    }
    await sleep(700);
  }

  /** What is in the kernel must be what somebody would have written who had seen the end alone. */
  async #compare(megabytesBefore: readonly number[]): Promise<void> {
    await sleep(calmMs);
    const tables = await Promise.all(this.#views.map(async ({ proxy }) => comparable(await tableOf(proxy))));
    const megabytesAfter = this.#views.map(({ proxy }) => proxy.residentMB());
    await Promise.all(this.#views.map(({ proxy }) => proxy.startAfresh()));
    // While it loads, a Service may have what an older one takes over a moment later.
    await sleep(calmMs);
    for (const [i, { proxy }] of this.#views.entries()) {
      const [before = 0, after = 0, table = []] = [megabytesBefore[i], megabytesAfter[i], tables[i]];
      const { name } = proxy.node;
      say(
        `node ${name}: ${table.length} chains, rules and elements; ${Math.round(before)} MB before, ${Math.round(after)} MB after`,
      );
      const afresh = comparable(await tableOf(proxy));
      const [surplus, lacking] = [difference(table, afresh), difference(afresh, table)];
      if (surplus.length + lacking.length > 0)
        throw new Failure(
          `on node ${name} the kernel has what a new proxy would not write:\n${surplus.join('\n')}\nand lacks:\n${lacking.join('\n')}`,
        );
      if (after > mostMB) throw new Failure(`the proxy of node ${name} takes ${after} MB`);
    }
  }

  async #fail(attempt: Attempt, because: string, verdict?: Verdict): Promise<never> {
    throw await failureOf(attempt, because, verdict?.states ?? [], this.#incidents);
  }
}

function kindOf(answer: string): 'refused' | 'silence' | 'answered' | 'other' {
  if (answer === 'refused' || answer === 'silence') return answer;
  return answer.includes(' ') ? 'answered' : 'other';
}

function figures(times: readonly number[]): string {
  if (times.length === 0) return 'none';
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number) =>
    `${Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0)} ms`;
  return `${times.length}, p50 ${at(0.5)}, p99 ${at(0.99)}, longest ${at(1)}`;
}
