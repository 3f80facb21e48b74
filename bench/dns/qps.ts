// Queries a second of one process on one core, in turns with NSD (and CoreDNS, when there is one), so that all see the
// same machine.

import { median, report } from '../figures.ts';
import { dnsperf, type Load, type Outcome } from './dnsperf.ts';
import { pathOf, type QueryKind, queryKinds } from './queries.ts';
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

interface Run extends Outcome {
  /** For each second that the server computed: what is left of noise when others compute on its core, too. */
  readonly perProcessorSecond: number;
}

const count = (value: number): string => Math.round(value).toLocaleString('en');

export async function qps(contest: Contest): Promise<void> {
  const { folder, ours, nsd, peers } = contest;
  for (const { port } of [ours, nsd, ...peers])
    await dnsperf({ port, queries: pathOf(folder, 'mix'), seconds: warmUpSeconds });
  for (const kind of queryKinds) await compare(contest, kind, false);
  for (const kind of queryKinds) await compare(contest, kind, true);
}

async function compare({ folder, seconds, ours, nsd, peers }: Contest, kind: QueryKind, tcp: boolean): Promise<void> {
  const servers = [ours, nsd, ...peers];
  const runs = new Map<Server, Run[]>(servers.map((server) => [server, []]));
  for (let i = 0; i < rounds; i++) {
    for (const server of servers) {
      const load = { port: server.port, queries: pathOf(folder, kind.file), seconds, tcp };
      runs.get(server)?.push(await measure(server, load));
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
    const title = `${server.title}, ${kind.title}${tcp ? ' by TCP' : ''}: queries/s, ratio to NSD`;
    const isOurs = server === ours;
    const target = isOurs && !tcp ? `${count(kind.target)}, ${wantedOfNsd.toFixed(2)}` : '-';
    report(title, figures(server, 'perSecond'), target);
    report('  per second of its processor time, ratio to NSD', figures(server, 'perProcessorSecond'), '-');
    const { sent, lost } = total(of(server));
    report('  lost at 400 outstanding', `${lost} of ${count(sent)}`, isOurs ? 'none' : '-');
  }
}

async function measure(server: Server, load: Load): Promise<Run> {
  const before = server.processorSeconds();
  const outcome = await dnsperf(load);
  const used = server.processorSeconds() - before;
  return { ...outcome, perProcessorSecond: (outcome.sent - outcome.lost) / used };
}

const total = (outcomes: readonly Outcome[]): { sent: number; lost: number } => ({
  sent: outcomes.reduce((sum, { sent }) => sum + sent, 0),
  lost: outcomes.reduce((sum, { lost }) => sum + lost, 0),
});

/** Who answers wrongly may be as quick as it likes. */
function checkSameAnswers({ title }: Server, outcomes: readonly Outcome[], reference: Outcome): void {
  for (const { rcodes } of outcomes) {
    for (const rcode of new Set([...rcodes.keys(), ...reference.rcodes.keys()])) {
      const [share, wanted] = [rcodes.get(rcode) ?? 0, reference.rcodes.get(rcode) ?? 0];
      // Runs end somewhere in the file of queries, so the shares are not quite the same.
      if (Math.abs(share - wanted) > 0.02) {
        throw new Error(`${title} answers ${(share * 100).toFixed(1)} % ${rcode}, NSD ${(wanted * 100).toFixed(1)} %`);
      }
    }
  }
}
