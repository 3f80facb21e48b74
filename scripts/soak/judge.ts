// Whether what became of a connection is allowed by some state of its Service between a moment before its begin and its answer.

import type { EndpointSlice, Service } from '#api/index.ts';
import { type Allowed, allowed, type Call, type View } from './allowed.ts';
import { type History, now } from './history.ts';
import { type Machine, servers } from './machines.ts';
import type { ProxyOfNode } from './proxies.ts';
import type { ChangingService } from './services.ts';

/** A node as connections find it. */
export interface ViewOfNode {
  readonly proxy: ProxyOfNode;
  readonly addresses: readonly string[];
  readonly zone: History<string>;
}
export interface Attempt {
  readonly call: Call;
  readonly machine: Machine;
  readonly service: ChangingService;
  readonly view: ViewOfNode;
  /** The socket has been used before: its flow may go on to where it went. */
  readonly isFlow: boolean;
  readonly begin: number;
  readonly end: number;
  readonly answer: string;
}
export interface Verdict {
  readonly isRight: boolean;
  readonly because?: string;
  /** The states that it was judged by. */
  readonly states: readonly Allowed[];
  /** For how long before it began its answer had not been right any more, in milliseconds; 0 when it was right. */
  readonly late: number;
}

/** A client with affinity and its last answer. */
interface Remembered {
  readonly attempt: Attempt;
  readonly endpoint: string;
}

/** Affinity that is about to end may have ended. */
const notInTime = 300;
/** They are looked for after the rules are written, by programs that go through the whole table of connections. */
export const flowsTakeLonger = 3;

export class Judge {
  readonly #settleMs: number;
  readonly #remembered = new Map<string, Remembered>();
  /** Answers that affinity left no choice for. */
  held = 0;

  constructor(settleMs: number) {
    this.#settleMs = settleMs;
  }

  /** Undefined: nothing can be said, since the rules had been taken away. */
  async judge(attempt: Attempt): Promise<Verdict | undefined> {
    const { service, view, begin, end } = attempt;
    await Promise.all([service.idle(), service.neighbour.idle()]);
    await view.zone.idle();
    const settleMs = attempt.isFlow ? flowsTakeLonger * this.#settleMs : this.#settleMs;
    const since = view.proxy.oldest(begin, end, settleMs);
    if (view.proxy.isBroken(since, end)) return undefined;
    const states = [...this.#states(attempt, since, end)];
    const isRight = states.some((state) => fits(attempt, state)) || (attempt.isFlow && mayBeLost(attempt, states));
    if (!isRight) return { isRight, because: 'no state of the Service allows it', states, late: 0 };
    const keeps = attempt.isFlow ? undefined : this.#brokenAffinity(attempt);
    if (keeps) return { isRight: false, because: keeps, states, late: 0 };
    return { isRight, states, late: this.#late(attempt) };
  }

  /** Whether there is an endpoint, by what was written last. */
  isAnswered(target: Pick<Attempt, 'call' | 'service' | 'view'>): boolean {
    const at = now();
    return this.#states(target, at, at).some(({ endpoints }) => endpoints.size > 0);
  }

  *#states(target: Pick<Attempt, 'call' | 'service' | 'view'>, since: number, to: number): Generator<Allowed> {
    const { call, service } = target;
    const own = this.#statesOf(service, target, since, to);
    if (call.to !== 'external IP') {
      for (const { state } of own) yield state;
      return;
    }
    // The other may ask for it, too.
    const others = [...this.#statesOf(service.neighbour, target, since, to)];
    for (const one of own) for (const other of others) yield (one.rank < other.rank ? one : other).state;
  }

  *#statesOf(
    service: ChangingService,
    { call, view }: Pick<Attempt, 'call' | 'view'>,
    since: number,
    to: number,
  ): Generator<{ readonly rank: string; readonly state: Allowed }> {
    const slices = service.slices.filter(({ family }) => family === call.family);
    for (const zone of view.zone.between(since, to)) {
      const at: View = { name: view.proxy.node.name, zone, addresses: view.addresses };
      for (const object of service.service.between(since, to)) {
        for (const found of combinations(slices.map(({ is }) => is.between(since, to)))) {
          const state = allowed(call, object, found, at);
          yield { rank: rankOf(object, state), state };
        }
      }
    }
  }

  #late(attempt: Attempt): number {
    const { service, begin, end } = attempt;
    const current = [...this.#states(attempt, begin, end)];
    if (current.some((state) => fits(attempt, state)) || attempt.isFlow) return 0;
    const changes = [service.service, ...service.slices.map(({ is }) => is)].map((one) => one.currentSince(begin));
    return begin - Math.max(...changes);
  }

  /** What is wrong with an endpoint that the client should not have changed. */
  #brokenAffinity(attempt: Attempt): string | undefined {
    const { call, machine, service, view, begin, end, answer } = attempt;
    const key = [view.proxy.node.name, machine.name, call.address, call.port, call.protocol].join(' ');
    const last = this.#remembered.get(key);
    const endpoint = endpointOf(answer, call)?.endpoint;
    if (endpoint === undefined) this.#remembered.delete(key);
    else this.#remembered.set(key, { attempt, endpoint });
    if (!last || endpoint === undefined) return undefined;
    const since = view.proxy.oldest(last.attempt.begin, end, this.#settleMs);
    if (view.proxy.isBroken(since, end)) return undefined;
    const states = [...this.#states(attempt, since, end)];
    const [{ affinity = 0 } = {}] = states;
    const isBound =
      states.every((state) => state.affinity === affinity && state.endpoints.has(last.endpoint)) &&
      end - last.attempt.begin < affinity * 1000 - notInTime;
    if (!isBound) return undefined;
    this.held++;
    if (endpoint === last.endpoint) return undefined;
    return `the client had ${last.endpoint} ${(begin - last.attempt.end).toFixed(0)} ms before, and affinity lasts ${affinity} s (${service.name})`;
  }
}

/** Of two that ask for an address and port the older has it; who does not ask comes last. */
const rankOf = (service: Service | undefined, { otherwise }: Allowed): string =>
  otherwise === 'untouched' || !service ? '~' : `${service.metadata.creationTimestamp} ${service.metadata.name}`;

function* combinations(choices: readonly (readonly (EndpointSlice | undefined)[])[]): Generator<EndpointSlice[]> {
  const [first, ...rest] = choices;
  if (!first) return yield [];
  for (const one of first) for (const others of combinations(rest)) yield one ? [one, ...others] : others;
}

/** `NAME PORT SOURCE` of an answer, as `address port` of the endpoint. */
function endpointOf(answer: string, { family }: Call): { endpoint: string; source: string } | undefined {
  const [name, port, source] = answer.split(' ');
  const server = servers.find((one) => one.name === name);
  return server && source ? { endpoint: `${server.addresses[family]} ${port}`, source } : undefined;
}

function fits({ call, view, answer, isFlow }: Attempt, { endpoints, otherwise, serving }: Allowed): boolean {
  const found = endpointOf(answer, call);
  if (!found) return otherwise === 'untouched' || answer === otherwise;
  if (isFlow && serving.has(found.endpoint)) return true;
  const source = endpoints.get(found.endpoint);
  if (source === undefined) return false;
  if (isFlow) return true;
  const own = view.addresses;
  // What arrives at the node itself does not pass where sources are changed.
  const isAtNode = own.includes(found.endpoint.split(' ')[0] ?? '');
  const isCaller = found.source === call.caller.address;
  return source === 'caller' ? isCaller : own.includes(found.source) || (isAtNode && isCaller);
}

/** While a flow is taken from one endpoint to another an answer may go astray. */
const mayBeLost = ({ answer }: Attempt, states: readonly Allowed[]): boolean =>
  answer === 'silence' &&
  new Set(states.map(({ endpoints, serving }) => [...endpoints.keys(), '/', ...serving].join())).size > 1;
