// Queries a second of one process on one core, in turns with NSD (and CoreDNS, when there is one), so that all see the
// same machine.

import { median, report } from '../figures.ts';
import { pathOf, type QueryKind, queryKinds } from './queries.ts';
import { count, type Run, saturate } from './saturation.ts';
import type { Server } from './servers.ts';

const rounds = 3;
const warmUpSeconds = 2;
const wantedOfNsd = 0.3;

export interface Contest {
  readonly folder: string;
  readonly seconds: number;
  readonly ours: Server;
  readonly nsd: Server;
  /** Others, for comparison. */
  readonly peers: readonly Server[];
}

export async function qps(contest: Contest): Promise<void> {
  const { folder, ours, nsd, peers } = contest;
  for (const server of [ours, nsd, ...peers])
    await saturate(server, { queries: pathOf(folder, 'mix'), seconds: warmUpSeconds });
  for (const tcp of [false, true]) for (const kind of queryKinds) await compare(contest, kind, tcp);
}

async function compare({ folder, seconds, ours, nsd, peers }: Contest, kind: QueryKind, tcp: boolean): Promise<void> {
  const servers = [ours, nsd, ...peers];
  const runs = new Map<Server, Run[]>(servers.map((server) => [server, []]));
  for (let i = 0; i < rounds; i++) {
    for (const server of servers) {
      runs.get(server)?.push(await saturate(server, { queries: pathOf(folder, kind.file), seconds, tcp }));
    }
  }
  const of = (server: Server): Run[] => runs.get(server) as Run[];
  const [reference] = of(nsd) as [Run];
  for (const server of servers) checkSameAnswers(server, of(server), reference);
  const figures = (server: Server, field: 'perSecond' | 'perProcessorSecond'): string => {
    const ratios = of(server).map((run, i) => run[field] / (of(nsd)[i] as Run)[field]);
    return `${count(median(of(server).map((run) => run[field])))}, ${median(ratios).toFixed(2)}`;
  };
  for (const server of servers) {
    const title = `${server.title}, ${kind.title}${tcp ? ' by TCP' : ''}: queries/s, of NSD; lost`;
    const lost = of(server).reduce((sum, run) => sum + run.lost, 0);
    const target = server === ours && !tcp ? `${count(kind.target)}, ${wantedOfNsd.toFixed(2)}; 0` : '-';
    report(title, `${figures(server, 'perSecond')}; ${lost}`, target);
    report('  per second of its processor time', figures(server, 'perProcessorSecond'), '-');
  }
}

/** Who answers wrongly may be as quick as it likes. */
function checkSameAnswers({ title }: Server, runs: readonly Run[], reference: Run): void {
  for (const { rcodes } of runs) {
    for (const rcode of new Set([...rcodes.keys(), ...reference.rcodes.keys()])) {
      const [share, wanted] = [rcodes.get(rcode) ?? 0, reference.rcodes.get(rcode) ?? 0];
      // Runs end somewhere in the file of queries, so the shares are not quite the same.
      if (Math.abs(share - wanted) > 0.02) {
        throw new Error(`${title} answers ${(share * 100).toFixed(1)} % ${rcode}, NSD ${(wanted * 100).toFixed(1)} %`);
      }
    }
  }
}
