// UDP flows of the kernel's connection tracking, by the `conntrack` program.

import type { Family } from '#lib/cidr.ts';
import { CommandError, tryRun } from '#lib/run.ts';

export interface Flow {
  readonly destination: string;
  readonly destinationPort: number;
  /** From where answers come, before translation back. */
  readonly answeredBy: AddressAndPort;
}
export interface AddressAndPort {
  readonly address: string;
  readonly port: number;
}

/** Flows to one address that are answered by one endpoint, or by anybody. */
export interface FlowGroup {
  readonly destination: string;
  readonly destinationPort: number;
  readonly answeredBy?: AddressAndPort;
}

export interface Conntrack {
  /** Calls `see` for each flow. One that comes or goes meanwhile may be missed. */
  eachUdp(family: Family, see: (flow: Flow) => void): Promise<void>;
  /** Resolves with how many were deleted; flows that have ended meanwhile are no error. */
  deleteUdp(family: Family, groups: readonly FlowGroup[]): Promise<number>;
}

/** The kernel interrupts a dump when the table changes too much; what came is used, and the rest asked for again. */
const dumps = 3;
/** Groups deleted by one run of the shell, each a walk through the table (50,000 flows: 0.15 s). */
const groupsPerRun = 100;
const timeoutMs = 120_000;

export class ConntrackExec implements Conntrack {
  readonly #prefix: readonly string[];

  /** @param prefix words before it, to run it in a network namespace. */
  constructor({ prefix = [] }: { readonly prefix?: readonly string[] | undefined } = {}) {
    this.#prefix = prefix;
  }

  async eachUdp(family: Family, see: (flow: Flow) => void): Promise<void> {
    for (let dump = 1; dump <= dumps; dump++) if (await this.#dump(family, see)) return;
  }

  /** Resolves with whether it was complete. */
  async #dump(family: Family, see: (flow: Flow) => void): Promise<boolean> {
    const [file = '', ...args] = [...this.#prefix, 'conntrack', '-L', '-p', 'udp', ...of(family)];
    let rest = '';
    let lines = 0;
    const onOutput = (chunk: Buffer) => {
      const parts = (rest + chunk.toString('latin1')).split('\n');
      rest = parts.pop() ?? '';
      for (const line of parts) {
        const flow = parseFlow(line);
        if (!flow) continue;
        lines++;
        see(flow);
      }
    };
    const { code, stderr } = await tryRun(file, args, { onOutput, timeoutMs });
    if (code === 0) return true;
    if (lines === 0 && !/Interrupted/.test(stderr)) throw new CommandError([file, ...args].join(' '), code, stderr);
    return false;
  }

  async deleteUdp(family: Family, groups: readonly FlowGroup[]): Promise<number> {
    let deleted = 0;
    for (let at = 0; at < groups.length; at += groupsPerRun) {
      deleted += await this.#delete(family, groups.slice(at, at + groupsPerRun));
    }
    return deleted;
  }

  async #delete(family: Family, groups: readonly FlowGroup[]): Promise<number> {
    // The flows themselves go to standard output, the count of each run, also when it is none, to standard error.
    const script = 'while read -r words; do conntrack -D -p udp $words >/dev/null; done; true';
    const [file = 'sh', ...args] = [...this.#prefix, 'sh', '-c', script];
    const input = groups.map((group) => `${[...of(family), ...words(group)].join(' ')}\n`).join('');
    const { stderr } = await tryRun(file, args, { input, timeoutMs });
    const counts = [...stderr.matchAll(/: (\d+) flow entries have been deleted/g)];
    if (counts.length < groups.length) throw new CommandError('conntrack -D -p udp', 1, stderr);
    return counts.reduce((sum, [, count]) => sum + Number(count), 0);
  }
}

const of = (family: Family): string[] => ['-f', family.toLowerCase()];

const words = ({ destination, destinationPort, answeredBy }: FlowGroup): string[] => [
  ...['-d', destination, '--dport', `${destinationPort}`],
  ...(answeredBy ? ['-r', answeredBy.address, '--reply-port-src', `${answeredBy.port}`] : []),
];

/** `udp 17 29 src=A dst=B sport=1 dport=2 [UNREPLIED] src=C dst=A sport=3 dport=1 …`: there, and back. */
const flowLine = /src=\S+ dst=(\S+) sport=\d+ dport=(\d+) .*?src=(\S+) dst=\S+ sport=(\d+)/;

export function parseFlow(line: string): Flow | undefined {
  const [, destination, destinationPort, address, port] = flowLine.exec(line) ?? [];
  if (destination === undefined || address === undefined) return undefined;
  return {
    destination,
    destinationPort: Number(destinationPort),
    answeredBy: { address, port: Number(port) },
  };
}
