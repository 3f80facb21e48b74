// A packet's way through all rules of an nft in memory, as netfilter leads the first packet of a connection: the hooks of its
// route, their chains by priority, translation by the first nat chain that decides, and conntrack's view of it afterwards.

import { formatAddress, inBrackets } from '#lib/cidr.ts';
import { NftError } from '../errors.ts';
import type { FakeChain, FakeTable } from '../fake-table.ts';
import type { FakeNft } from '../nft-fake.ts';
import type { Hook } from '../objects.ts';
import { type Decision, evaluate } from './evaluate.ts';
import { Flow, type Packet } from './flow.ts';
import { parseRule, type RejectWith } from './rule.ts';

export interface WalkOptions {
  /** For `numgen random`; from 0 to below 1. */
  readonly random?: (() => number) | undefined;
  /**
   * Is called before each rule, and may run transactions: what they change while the packet is on its way counts for sets at
   * once and for rules from the next base chain on, and a chain that is new has none until then. So it is in the kernel.
   */
  readonly beforeRule?: (() => void) | undefined;
}

/** A rule that matched. */
export interface Step {
  readonly hook: Hook['hook'];
  /** `family name` */
  readonly table: string;
  readonly chain: string;
  readonly rule: string;
  /** In its chain, from 0. */
  readonly number: number;
  /** `continue`, `goto chain`, `drop`, … */
  readonly verdict: string;
}

export interface Walked {
  /** In words: `goes to 10.0.0.1:80, masqueraded`, `goes where it was sent`, `is dropped`, `is rejected with tcp reset`. */
  readonly outcome: string;
  readonly verdict: 'accepted' | 'dropped' | 'rejected';
  readonly rejectedWith: RejectWith | undefined;
  /** `address:port` that it has in the end. */
  readonly destination: string;
  readonly isTranslated: boolean;
  readonly isMasqueraded: boolean;
  readonly mark: number;
  readonly hooks: readonly Hook['hook'][];
  readonly trail: readonly Step[];
}

/**
 * Rules that add to sets do so. Throws when any rule of any chain is not understood, whether or not the packet comes by.
 */
export function walk(nft: FakeNft, packet: Packet, options: WalkOptions = {}): Walked {
  for (const { chains } of nft.tables.values()) {
    for (const { rules } of chains.values()) for (const rule of rules) parseRule(rule);
  }
  return new Walk(nft, packet, options).run();
}

/** The trail, a line a rule. */
export const trailText = ({ trail, outcome }: Walked): string =>
  [
    ...trail.map(({ hook, table, chain, rule, verdict }) => `${hook}: ${table} ${chain}: ${rule} → ${verdict}`),
    outcome,
  ].join('\n');

type End = 'accept' | 'drop' | { readonly rejectedWith: RejectWith };

/** nat chains run here, whatever priority they have; it orders them among themselves. */
const natPriority = { prerouting: -100, output: -100, input: 100, postrouting: 100, forward: undefined } as const;
/** Before it there is no connection to ask about. */
const conntrackPriority = -200;
/** As the kernel. */
const deepest = 16;

interface BaseChain {
  readonly tableName: string;
  /** As it was when the packet came to the chain. */
  readonly table: FakeTable;
  readonly chain: FakeChain;
  readonly hook: Hook;
}

class Walk {
  readonly #nft: FakeNft;
  readonly #flow: Flow;
  readonly #from: Packet['from'];
  readonly #random: () => number;
  readonly #beforeRule: () => void;
  readonly #trail: Step[] = [];
  readonly #hooks: Hook['hook'][] = [];
  /** Each end of a connection is translated once. */
  readonly #decided = { destination: false, source: false };

  constructor(nft: FakeNft, packet: Packet, { random = Math.random, beforeRule = () => {} }: WalkOptions) {
    this.#nft = nft;
    this.#flow = new Flow(packet);
    this.#from = packet.from;
    this.#random = random;
    this.#beforeRule = beforeRule;
  }

  run(): Walked {
    const flow = this.#flow;
    const isHere = () => flow.isLocal(flow.now.daddr);
    let end = this.#hook(this.#from);
    if (end === 'accept' && this.#from === 'prerouting') {
      end = isHere() ? this.#hook('input') : this.#through('forward', 'postrouting');
    } else if (end === 'accept') {
      // To the machine itself it goes out, and comes in by loopback.
      end = isHere() ? this.#through('postrouting', 'prerouting', 'input') : this.#hook('postrouting');
    }
    return this.#told(end);
  }

  #through(...hooks: readonly Hook['hook'][]): End {
    for (const hook of hooks) {
      const end = this.#hook(hook);
      if (end !== 'accept') return end;
    }
    return 'accept';
  }

  #hook(hook: Hook['hook']): End {
    this.#hooks.push(hook);
    for (const base of this.#baseChains(hook)) {
      const end = Array.isArray(base) ? this.#nat(hook, base) : this.#baseChain(this.#asNow(base));
      if (end !== 'accept') return end;
    }
    return 'accept';
  }

  /** In their order, those of type nat as one. Of equal priority the newest comes first. */
  #baseChains(hook: Hook['hook']): (BaseChain | BaseChain[])[] {
    const all = [...this.#nft.tables]
      .filter(([, { family }]) => family === this.#flow.family || family === 'inet')
      .flatMap(([tableName, table]) =>
        [...table.chains.values()].flatMap((chain) => {
          const found = chain.definition.hook;
          return found?.hook === hook ? { tableName, table, chain, hook: found } : [];
        }),
      )
      .reverse()
      .sort((a, b) => a.hook.priority - b.hook.priority);
    const nat = all.filter((base) => base.hook.type === 'nat');
    const others = all.filter((base) => base.hook.type !== 'nat');
    const at = natPriority[hook];
    if (nat.length === 0 || at === undefined) return others;
    const tie = others.find((base) => base.hook.priority === at);
    if (tie) throw new NftError('Invalid', `whether ${tie.chain.definition.name} or nat comes first is not known`);
    return [
      ...others.filter((base) => base.hook.priority < at),
      nat,
      ...others.filter((base) => base.hook.priority > at),
    ];
  }

  #nat(hook: Hook['hook'], chains: readonly BaseChain[]): End {
    const which = hook === 'prerouting' || hook === 'output' ? 'destination' : 'source';
    if (this.#decided[which]) return 'accept';
    this.#decided[which] = true;
    for (const base of chains) {
      const before = this.#flow.translations;
      const end = this.#baseChain(this.#asNow(base));
      if (end !== 'accept') return end;
      if (this.#flow.translations > before) return 'accept';
    }
    return 'accept';
  }

  #asNow(base: BaseChain): BaseChain {
    const table = this.#nft.tables.get(base.tableName) ?? base.table;
    return { ...base, table, chain: table.chains.get(base.chain.definition.name) ?? base.chain };
  }

  #baseChain(base: BaseChain): End {
    const end = this.#chain(base, base.chain, 0);
    return end ?? base.hook.policy ?? 'accept';
  }

  /** Undefined when the packet comes back from it. */
  #chain(base: BaseChain, chain: FakeChain, depth: number): End | undefined {
    if (depth > deepest) throw new NftError('Failed', `chains call each other too deeply, at ${chain.definition.name}`);
    for (const [number, rule] of chain.rules.entries()) {
      this.#beforeRule();
      const decision = this.#rule(base, rule);
      if (!decision) continue;
      this.#trail.push({
        hook: base.hook.hook,
        table: base.tableName,
        chain: chain.definition.name,
        rule,
        number,
        verdict: 'chain' in decision ? `${decision.kind} ${decision.chain}` : decision.kind,
      });
      switch (decision.kind) {
        case 'continue':
          continue;
        case 'return':
          return undefined;
        case 'accept':
        case 'drop':
          return decision.kind;
        case 'reject':
          return { rejectedWith: decision.with };
        case 'goto':
          return this.#chain(base, this.#called(base, decision.chain), depth + 1);
        case 'jump': {
          const end = this.#chain(base, this.#called(base, decision.chain), depth + 1);
          if (end !== undefined) return end;
        }
      }
    }
    return undefined;
  }

  #rule(base: BaseChain, rule: string): Decision | undefined {
    if (base.hook.priority <= conntrackPriority && /\bct\b/.test(rule)) {
      throw new NftError('Invalid', `"${rule}" asks conntrack before it has seen the packet`);
    }
    const { sets } = this.#asNow(base).table;
    return evaluate(rule, this.#flow, {
      sets,
      hook: base.hook.hook,
      isNat: base.hook.type === 'nat',
      random: this.#random,
    });
  }

  #called(base: BaseChain, name: string): FakeChain {
    const chain = base.table.chains.get(name);
    if (chain) return chain;
    const isNew = this.#asNow(base).table.chains.get(name);
    if (isNew) return { ...isNew, rules: [] };
    throw new NftError('NotFound', `no chain ${name}`);
  }

  #told(end: End): Walked {
    const { now, family, isTranslated, isMasqueraded, mark } = this.#flow;
    const address = formatAddress({ family: family === 'ip' ? 'IPv4' : 'IPv6', value: now.daddr });
    const destination = `${inBrackets(address)}:${now.dport}`;
    const rejectedWith = typeof end === 'object' ? end.rejectedWith : undefined;
    const goes = `goes ${isTranslated ? `to ${destination}` : 'where it was sent'}${isMasqueraded ? ', masqueraded' : ''}`;
    return {
      outcome: rejectedWith ? `is rejected with ${rejectedWith}` : end === 'drop' ? 'is dropped' : goes,
      verdict: rejectedWith ? 'rejected' : end === 'drop' ? 'dropped' : 'accepted',
      rejectedWith,
      destination,
      isTranslated,
      isMasqueraded,
      mark: Number(mark),
      hooks: this.#hooks,
      trail: this.#trail,
    };
  }
}
