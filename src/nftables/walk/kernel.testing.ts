// The same packet through the kernel: a machine in a network namespace with a client before it and nothing behind it, whose
// rules tell by nft's trace what they did. Addresses of the machine are 10.9.0.1, 10.9.0.2, fd09::1, fd09::2; clients are
// anybody in 10.1.0.0/16 and fd01::/64; everything else is behind it.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { run } from '#lib/run.ts';
import { NftExec } from '../nft-exec.ts';
import { Transaction } from '../transaction.ts';
import type { Packet } from './flow.ts';
import type { Sent } from './sender.testing.ts';

export const localAddresses = ['10.9.0.1', '10.9.0.2', 'fd09::1', 'fd09::2'];

/** What the kernel did with a packet. */
export interface Traced {
  /** `table chain number: verdict` of each rule that matched. */
  readonly trail: readonly string[];
  readonly isAccepted: boolean;
  /** At the end of the way, when it was accepted. */
  readonly daddr: string;
  readonly dport: number;
  readonly saddr: string;
  readonly mark: number;
}

/** Source ports by which the traced packets are known. Answers have them as destination. */
const ports = { first: 20_000, last: 39_999 };
const patienceMs = 5000;

export class Kernel implements AsyncDisposable {
  readonly nft: NftExec;
  readonly #names: { readonly machine: string; readonly client: string };
  readonly #children: ChildProcess[] = [];
  readonly #senders = new Map<Packet['from'], ChildProcess>();
  readonly #traces = new Traces();
  #nextPort = ports.first;
  #rules = new Map<string, string>();

  static async start(name: string): Promise<Kernel> {
    const names = { machine: `${name}-m`, client: `${name}-c` };
    const kernel = new Kernel(names);
    try {
      await run('bash', ['-e'], { input: setUp(names) });
      await kernel.#startTracing();
      return kernel;
    } catch (error) {
      await kernel[Symbol.asyncDispose]();
      throw error;
    }
  }

  private constructor(names: { machine: string; client: string }) {
    this.#names = names;
    this.nft = new NftExec({ prefix: this.#in('machine') });
  }

  /** Has to be called after the rules have changed. */
  async readRules(): Promise<void> {
    const [file = '', ...args] = this.#in('machine');
    const { nftables } = JSON.parse(await run(file, [...args, 'nft', '--json', 'list', 'ruleset'])) as Listing;
    const counts = new Map<string, number>();
    this.#rules = new Map(
      nftables.flatMap(({ rule }) => {
        if (!rule) return [];
        const chain = `${rule.family} ${rule.table} ${rule.chain}`;
        const number = counts.get(chain) ?? 0;
        counts.set(chain, number + 1);
        return [[`${rule.family} ${rule.table} ${rule.handle}`, `${chain} ${number}`]];
      }),
    );
  }

  async send(packet: Omit<Packet, 'sport' | 'localAddresses'> & { dport: number }): Promise<Traced> {
    const { from, family, protocol, saddr, daddr, dport } = packet;
    if (protocol !== 'tcp' && protocol !== 'udp') throw new Error(`no packets of ${protocol} are sent here`);
    const sport = this.#nextPort++;
    const sent: Sent = { family, protocol, saddr, sport, daddr, dport };
    const traced = this.#traces.of(sport, this.#rules);
    this.#senders.get(from)?.send(sent);
    const deadline = AbortSignal.timeout(patienceMs);
    const late = once(deadline, 'abort').then(() => {
      throw new Error(`no complete trace of ${JSON.stringify(sent)}:\n${this.#traces.text(sport)}`);
    });
    return await Promise.race([traced, late]);
  }

  letGo(): void {
    for (const sender of this.#senders.values()) sender.send('let go');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of this.#children) child.kill('SIGKILL');
    for (const name of Object.values(this.#names)) await run('ip', ['netns', 'del', name]).catch(() => {});
  }

  #in(which: 'machine' | 'client'): string[] {
    return ['nsenter', `--net=/run/netns/${this.#names[which]}`];
  }

  #sender(which: 'machine' | 'client'): ChildProcess {
    const [file = '', ...args] = this.#in(which);
    const program = fileURLToPath(new URL('./sender.testing.ts', import.meta.url));
    const child = spawn(file, [...args, process.execPath, program], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    this.#children.push(child);
    return child;
  }

  /** Marks the packets to trace where they begin, and sees them where they end. */
  async #startTracing(): Promise<void> {
    this.#senders.set('prerouting', this.#sender('client')).set('output', this.#sender('machine'));
    const transaction = new Transaction({ family: 'inet', name: 'trace' });
    transaction.addTable();
    for (const [hook, priority] of [
      ['prerouting', -300],
      ['output', -300],
      ['input', 300],
      ['postrouting', 300],
    ] as const) {
      transaction.add({ kind: 'chain', name: hook, hook: { type: 'filter', hook, priority } });
      const which = priority < 0 ? `meta l4proto { tcp, udp } th sport ${ports.first}-${ports.last} ` : '';
      transaction.add({ kind: 'rule', chain: hook, expression: `${which}meta nftrace set 1` });
    }
    await this.nft.run(transaction);
    const [file = '', ...args] = this.#in('machine');
    const child = spawn(file, [...args, 'nft', '--handle', 'monitor', 'trace'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.#children.push(child);
    child.stdout?.setEncoding('utf8').on('data', (text: string) => this.#traces.push(text));
    await this.#untilTracing();
  }

  /** nft does not say when it has begun to listen. */
  async #untilTracing(): Promise<void> {
    for (let attempt = 0; attempt < 50; attempt++) {
      const sport = this.#nextPort++;
      const traced = this.#traces.of(sport, this.#rules).then(() => true);
      this.#senders.get('output')?.send({
        family: 'ip',
        protocol: 'udp',
        saddr: '10.9.0.1',
        sport,
        daddr: '10.2.0.1',
        dport: 9,
      } satisfies Sent);
      if (await Promise.race([traced, new Promise((resolve) => setTimeout(resolve, 100, false))])) return;
    }
    throw new Error('nft monitor trace does not trace');
  }
}

/** Reads what `nft monitor trace` prints, a line a rule, and one with the packet where it enters a base chain. */
class Traces {
  #rest = '';
  readonly #portOf = new Map<string, number>();
  readonly #linesOf = new Map<number, string[]>();
  readonly #complete = new Set<number>();
  readonly #waiting = new Map<number, () => void>();

  push(text: string): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) this.#line(line);
  }

  text(sport: number): string {
    return this.#linesOf.get(sport)?.join('\n') ?? 'nothing';
  }

  async of(sport: number, rules: ReadonlyMap<string, string>): Promise<Traced> {
    await new Promise<void>((resolve) => this.#waiting.set(sport, resolve));
    const lines = this.#linesOf.get(sport) ?? [];
    const [, saddr = '', daddr = '', dport] =
      packetPattern.exec(lines.findLast((line) => packetPattern.test(line)) ?? '') ?? [];
    const [, mark = '0'] = /meta mark (0x[0-9a-f]+)/.exec(lines.at(-1) ?? '') ?? [];
    return {
      trail: lines.flatMap((line) => step(line, rules) ?? []),
      isAccepted: !isDrop(lines.at(-1)),
      saddr,
      daddr,
      dport: Number(dport),
      mark: Number(mark),
    };
  }

  #line(line: string): void {
    const [, id = ''] = /^trace id (\w+) /.exec(line) ?? [];
    if (!this.#portOf.has(id)) {
      const sport = Number(/ inet trace .* packet: .*(?:tcp|udp) sport (\d+) /.exec(line)?.[1]);
      // Of packets that were sent again only the first counts. What comes in by loopback has another number.
      if (Number.isNaN(sport) || this.#complete.has(sport)) return;
      this.#portOf.set(id, sport);
      if (!this.#linesOf.has(sport)) this.#linesOf.set(sport, []);
    }
    const sport = this.#portOf.get(id) as number;
    const lines = this.#linesOf.get(sport) as string[];
    lines.push(line);
    if (!isLast(line, lines)) return;
    this.#portOf.delete(id);
    this.#complete.add(sport);
    this.#waiting.get(sport)?.();
    this.#waiting.delete(sport);
  }
}

const packetPattern = / packet: .*ip6? saddr (\S+) ip6? daddr (\S+) .*(?:tcp|udp) dport (\d+)/;
const isDrop = (line: string | undefined): boolean => /\(verdict drop\)| policy drop/.test(line ?? '');

function isLast(line: string, lines: readonly string[]): boolean {
  if (isDrop(line) || / inet trace input policy /.test(line)) return true;
  if (!/ inet trace postrouting policy /.test(line)) return false;
  // What is sent to the machine itself comes in again.
  const [, , daddr = ''] = packetPattern.exec(lines.findLast((one) => packetPattern.test(one)) ?? '') ?? [];
  return !localAddresses.includes(daddr) && !daddr.startsWith('127.') && daddr !== '::1';
}

/** Of a rule that came after it began to listen, nft knows the number only. */
function step(line: string, rules: ReadonlyMap<string, string>): string | undefined {
  const [, family, table, handle, verdict] =
    /^trace id \w+ (\S+) (\S+) \S+ (?:rule .* #|unknown rule) handle (\d+) \(verdict (.*)\)/.exec(line) ?? [];
  if (handle === undefined || table === 'trace') return undefined;
  return `${rules.get(`${family} ${table} ${handle}`)}: ${verdict}`;
}

interface Listing {
  readonly nftables: { readonly rule?: { family: string; table: string; chain: string; handle: number } }[];
}

/** Neighbours are written down, since rules that drop everything drop their discovery too. */
const setUp = ({ machine, client }: { machine: string; client: string }): string => `
ip netns add ${machine}; ip netns add ${client}
m() { ip netns exec ${machine} "$@"; }; c() { ip netns exec ${client} "$@"; }
for each in m c; do
  $each sh -c 'cd /proc/sys/net; echo 0 > ipv6/conf/all/accept_dad; echo 0 > ipv6/conf/default/accept_dad
    for file in ipv4/conf/*/rp_filter; do echo 0 > $file; done
    echo 1 > ipv4/ip_forward; echo 1 > ipv6/conf/all/forwarding; echo 1 > ipv6/ip_nonlocal_bind'
  $each ip link set lo up
done
m ip link add in0 address 02:00:00:00:00:01 type veth peer name in0 netns ${client} address 02:00:00:00:00:02
m ip link add out0 type veth peer name nowhere netns ${client}
for link in in0 out0; do m ip link set $link up; done; for link in in0 nowhere; do c ip link set $link up; done
for address in 10.9.0.1/32 10.9.0.2/32; do m ip addr add $address dev out0; done
for address in fd09::1/128 fd09::2/128; do m ip addr add $address dev out0 nodad; done
m ip neigh add 10.7.0.1 lladdr 02:00:00:00:00:03 dev out0 nud permanent
m ip -6 neigh add fe80::7 lladdr 02:00:00:00:00:03 dev out0 nud permanent
m ip route add 10.7.0.1 dev out0
m ip route add default via 10.7.0.1 dev out0 src 10.9.0.1; m ip -6 route add default via fe80::7 dev out0 src fd09::1
m ip route add 10.1.0.0/16 dev in0 src 10.9.0.1; m ip -6 route add fd01::/64 dev in0 src fd09::1
c ip addr add 10.8.0.2/24 dev in0; c ip addr add fd08::2/64 dev in0 nodad
c ip route add local 10.1.0.0/16 dev lo; c ip -6 route add local fd01::/64 dev lo
c ip route add default via 10.8.0.1; c ip -6 route add default via fd08::1
c ip neigh add 10.8.0.1 lladdr 02:00:00:00:00:01 dev in0 nud permanent
c ip -6 neigh add fd08::1 lladdr 02:00:00:00:00:01 dev in0 nud permanent
`;
