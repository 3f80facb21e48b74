// UDP has no end of a connection, so a flow goes on to where it was first sent for as long as packets keep coming, also
// when nobody is there any more. Such flows are taken out of conntrack (services.md D.8). TCP and SCTP are never touched.

import { CommandError, run, tryRun } from '#lib/run.ts';
import type { ChangedFlows } from './programme.ts';

export interface Flow {
  readonly source: string;
  readonly sourcePort: number;
  readonly destination: string;
  readonly destinationPort: number;
  /** `address . port` from where answers come. */
  readonly answeredBy: string;
}

export interface Conntrack {
  listUdp(): Promise<Flow[]>;
  /** A flow that has ended meanwhile is no error. */
  deleteUdp(flows: readonly Flow[]): Promise<void>;
}

/** The flows to a changed address that are answered by somebody who is not, or no longer, its endpoint. */
export function staleFlows(flows: readonly Flow[], changed: readonly ChangedFlows[]): Flow[] {
  const serving = new Map(changed.map(({ key, serving }) => [key, new Set(serving)]));
  return flows.filter(({ destination, destinationPort, answeredBy }) => {
    const right = serving.get(`${destination} . udp . ${destinationPort}`);
    return right !== undefined && !right.has(answeredBy);
  });
}

/** The `conntrack` program. */
export class ConntrackExec implements Conntrack {
  readonly #prefix: readonly string[];

  /** @param prefix words before it, to run it in a network namespace. */
  constructor({ prefix = [] }: { readonly prefix?: readonly string[] | undefined } = {}) {
    this.#prefix = prefix;
  }

  async listUdp(): Promise<Flow[]> {
    const [file, args] = this.#command('-L', '-f', 'ipv4', '-p', 'udp');
    const { code, stdout, stderr } = await tryRun(file, args);
    // A dump that was interrupted is incomplete, and still worth using: the rest comes up at the next change.
    if (code !== 0 && stdout === '') throw new CommandError([file, ...args].join(' '), code, stderr);
    return stdout.split('\n').flatMap((line) => parseFlow(line) ?? []);
  }

  async deleteUdp(flows: readonly Flow[]): Promise<void> {
    if (flows.length === 0) return;
    const lines = flows.map(
      (flow) =>
        `-D -f ipv4 -p udp -s ${flow.source} -d ${flow.destination} --sport ${flow.sourcePort} --dport ${flow.destinationPort}\n`,
    );
    // Through cat, because conntrack opens /dev/stdin, which cannot be done with the socket that Node gives a child.
    const [file = 'sh', ...args] = [...this.#prefix, 'sh', '-c', 'cat | conntrack -R -'];
    await run(file, args, { input: lines.join('') });
  }

  #command(...args: readonly string[]): [string, string[]] {
    const [file = 'conntrack', ...rest] = [...this.#prefix, 'conntrack', ...args];
    return [file, rest];
  }
}

/** `udp 17 29 src=A dst=B sport=1 dport=2 [UNREPLIED] src=C dst=A sport=3 dport=1 …`: there, and back. */
export function parseFlow(line: string): Flow | undefined {
  const [there, back] = [...line.matchAll(/src=(\S+) dst=(\S+) sport=(\d+) dport=(\d+)/g)];
  if (!there || !back) return undefined;
  const [, source = '', destination = '', sourcePort, destinationPort] = there;
  return {
    source,
    destination,
    sourcePort: Number(sourcePort),
    destinationPort: Number(destinationPort),
    answeredBy: `${back[1]} . ${back[3]}`,
  };
}
