// The tables on the real kernel, in the world of kernel-suite.ts: real connections, with their answers, for every state of the
// endpoints, every policy, every kind of address, every caller and both families. One type of Service has all these addresses.

import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Family } from '#lib/cidr.ts';
import { enter } from '#network/index.ts';
import { namespaceOf, putAll } from '../kernel-suite.ts';
import { families } from '../words.ts';
import { type World, worlds } from '../worlds.testing.ts';
import type { CallReport, CallRequest } from './caller.testing.ts';
import {
  addressOf,
  type Called,
  type CallerName,
  type Case,
  callers,
  elsewhereOf,
  nameOf,
  outerAddresses,
  pools,
  serviceFor,
  slicesFor,
  sourceOf,
  types,
  wanted,
} from './cases.testing.ts';

/** Each policy is once the one inside and once the one outside. */
function casesToCall(): Case[] {
  const type = types.find(({ outer }) => outer === outerAddresses);
  assert.ok(type);
  return pools.rows.flatMap(({ name: state }, i): Case[] => [
    { state, type, internal: 'Cluster', external: 'Local', n: 50 + 2 * i },
    { state, type, internal: 'Local', external: 'Cluster', n: 51 + 2 * i },
  ]);
}

/** A pod of the other node reaches this node by its node ports only: everything else is translated where it is. */
const isCalledHere = (caller: CallerName, called: Called): boolean =>
  caller !== 'a pod elsewhere' || called === 'node port';

const patience = { ms: 5000, forSilenceMs: 500 };
/** Where there are two endpoints. */
const attempts = 6;

/** A process in each caller's namespace. */
class Callers {
  readonly #children = new Map<CallerName, ChildProcess>();
  readonly #pending = new Map<number, (got: string) => void>();
  #lastId = 0;

  start(): void {
    const program = fileURLToPath(new URL('./caller.testing.ts', import.meta.url));
    for (const caller of callers) {
      const [file = '', ...args] = [...enter(namespaceOf(caller)), process.execPath, program];
      const child = spawn(file, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
      child.on('message', ({ id, got }: CallReport) => {
        this.#pending.get(id)?.(got);
        this.#pending.delete(id);
      });
      this.#children.set(caller, child);
    }
  }

  call(caller: CallerName, request: Omit<CallRequest, 'id'>): Promise<string> {
    return new Promise((resolve) => {
      const id = ++this.#lastId;
      this.#pending.set(id, resolve);
      this.#children.get(caller)?.send({ id, ...request } satisfies CallRequest);
    });
  }

  stop(): void {
    for (const child of this.#children.values()) child.kill('SIGKILL');
  }
}

/** In the words of the tables, from what the server said: its name, and whom it sees. */
function inWords(got: string, caller: CallerName, world: World): string {
  const [, name, seen] = /^([ab]) (\S+)$/.exec(got) ?? [];
  if (name === undefined) return got;
  const itself = caller === 'a pod elsewhere' ? elsewhereOf(world) : sourceOf(world, caller);
  const isNode = seen === world.node(1) || seen === world.gateway(1);
  return `${name === 'a' ? 'here' : 'elsewhere'} as ${isNode ? 'the node' : seen === itself ? 'itself' : seen}`;
}

export function describeConnections(): void {
  describe('the tables of packets, by real connections', () => {
    const all = new Callers();
    const cases = casesToCall();
    before(async () => {
      await putAll(cases.map((one) => ({ service: serviceFor(one), slices: slicesFor(one) })));
      all.start();
    });
    after(() => all.stop());

    const answersTo = async (family: Family, caller: CallerName, called: Called, one: Case) => {
      const world: World = worlds[family];
      const want = wanted(caller, called, one);
      const patienceMs = want.includes('silence') ? patience.forSilenceMs : patience.ms;
      const request = { ...addressOf(world, one, called), patienceMs };
      const calls = Array.from({ length: want.length > 1 ? attempts : 1 }, () => all.call(caller, request));
      const got = new Set((await Promise.all(calls)).map((each) => inWords(each, caller, world)));
      return { what: `${one.state} (${nameOf(one)})`, want, got };
    };

    for (const family of families) {
      for (const caller of callers) {
        for (const called of (['cluster IP', ...outerAddresses] as const).filter((each) =>
          isCalledHere(caller, each),
        )) {
          test(`${caller} calls the ${called}, ${family}`, async () => {
            const answers = await Promise.all(cases.map((one) => answersTo(family, caller, called, one)));
            const wrong = answers.filter(({ want, got }) => [...got].some((answer) => !want.includes(answer)));
            const told = wrong.map(
              ({ what, want, got }) => `${what}: want ${want.join(', ')}, got ${[...got].join(', ')}`,
            );
            assert.equal(wrong.length, 0, `${wrong.length} are wrong:\n${told.slice(0, 10).join('\n')}`);
            // A few draws may all be the same; those of many Services are not.
            const seen = new Map<string, Set<string>>();
            for (const { want, got } of answers) seen.set(want.join(), (seen.get(want.join()) ?? new Set()).union(got));
            for (const [want, got] of seen) assert.equal([...got].sort().join(), want);
          });
        }
      }
    }
  });
}
