// `portolan proxy` on each node, and what is done to it: killed, its rules flushed, elements taken out of them. Keeps in mind
// when which node's rules could not be expected to be up to date, or to be there at all.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { run, tryRun } from '#lib/run.ts';
import { enter } from '#network/index.ts';
import { now } from './history.ts';
import type { Node } from './machines.ts';
import type { Random } from './random.ts';
import { tableOf } from './tables.ts';

const program = fileURLToPath(new URL('../../bin/portolan', import.meta.url));
const words = 15;
/** The proxy looks every 30 s whether its rules are there. */
const repairMs = 30_000;

/** A stretch of time. */
interface Stretch {
  readonly from: number;
  to: number;
}

export class ProxyOfNode {
  readonly node: Node;
  readonly #kubeconfig: string;
  #child: ChildProcess | undefined;
  /** Its rules may be as old as the begin of this. */
  readonly #stale: Stretch[] = [];
  /** Its rules may not be there. */
  readonly #broken: Stretch[] = [];
  /** What it said last. */
  readonly said: string[] = [];

  constructor(node: Node, kubeconfig: string) {
    this.node = node;
    this.#kubeconfig = kubeconfig;
  }

  /** Resolves when all rules are in the kernel. */
  async start(): Promise<void> {
    const [file = '', ...args] = [
      ...enter(this.node.namespace),
      ...[program, 'proxy', '--kubeconfig', this.#kubeconfig, '--node', this.node.name, '--log-level', 'info'],
    ];
    const child = spawn(file, args, { stdio: ['ignore', 'inherit', 'pipe'] });
    this.#child = child;
    const done = Promise.withResolvers<void>();
    createInterface({ input: child.stderr }).on('line', (line) => {
      this.said.push(line);
      if (this.said.length > words) this.said.shift();
      if (line.includes('all service rules are written')) done.resolve();
    });
    child.on('exit', () => done.reject(new Error(`portolan proxy ended:\n${this.said.join('\n')}`)));
    await done.promise;
  }

  async #kill(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    child.kill(signal);
    await once(child, 'exit');
  }

  /** Nothing that worked may stop working meanwhile. */
  async killAndStart(random: Random, settleMs: number): Promise<void> {
    const stale = begin(this.#stale);
    await this.#kill(random.chance(0.8) ? 'SIGKILL' : 'SIGTERM');
    await new Promise((resolve) => setTimeout(resolve, random.below(1500)));
    await this.start();
    stale.to = now() + settleMs;
  }

  async flush(random: Random, settleMs: number): Promise<string> {
    const commands = [
      'flush ruleset',
      'delete table ip portolan',
      'delete table ip6 portolan',
      'flush chain ip portolan services',
      'flush table ip6 portolan',
    ];
    const command = random.pick(commands);
    const broken = begin(this.#broken);
    await run(...this.inside('nft', ...command.split(' ')));
    broken.to = now() + repairMs + 2 * settleMs;
    return command;
  }

  /** The next start has to find out. */
  async loseElements(random: Random, settleMs: number): Promise<string> {
    const broken = begin(this.#broken);
    const lost = [];
    for (const { set, key } of (await tableOf(this)).elements) {
      if (!random.chance(0.1)) continue;
      const { code } = await tryRun(...this.inside('nft', 'delete', 'element', ...set.split(' '), `{ ${key} }`));
      if (code === 0) lost.push(`${set} ${key}`);
    }
    await this.killAndStart(random, settleMs);
    broken.to = now() + settleMs;
    return lost.join(', ') || 'none';
  }

  /** From when on what was current may be what a connection in this stretch of time found. */
  oldest(from: number, to: number, settleMs: number): number {
    const stale = this.#stale.filter((one) => one.from <= to && one.to >= from - settleMs);
    return Math.min(from, ...stale.map((one) => one.from)) - settleMs;
  }

  isBroken(from: number, to: number): boolean {
    return this.#broken.some((one) => one.from <= to && one.to >= from);
  }

  /** Words to run a program on the node. */
  inside(...command: string[]): [string, string[]] {
    const [file = '', ...args] = [...enter(this.node.namespace), ...command];
    return [file, args];
  }

  /** Resident memory in MB, as the kernel counts it. */
  residentMB(): number {
    const status = readFileSync(`/proc/${this.#child?.pid}/status`, 'utf8');
    return Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? Number.NaN) / 1024;
  }

  /** As one that has never been there before. */
  async startAfresh(): Promise<void> {
    await this.#kill('SIGTERM');
    await run(...this.inside(program, 'proxy', '--cleanup'));
    await this.start();
  }

  async stop(): Promise<void> {
    await this.#kill('SIGKILL');
  }
}

function begin(stretches: Stretch[]): Stretch {
  const stretch = { from: now(), to: Number.POSITIVE_INFINITY };
  stretches.push(stretch);
  return stretch;
}
