// Queries a second of one process on one core, in turns with NSD (and CoreDNS, when there is one), so that all see the
// same machine.

import { median, report } from '../figures.ts';
import { dnsperf, type Outcome } from './dnsperf.ts';
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
  const outcomes = new Map<Server, Outcome[]>(servers.map((server) => [server, []]));
  for (let i = 0; i < rounds; i++) {
    for (const server of servers) {
      const outcome = await dnsperf({ port: server.port, queries: pathOf(folder, kind.file), seconds, tcp });
      outcomes.get(server)?.push(outcome);
    }
  }
  const of = (server: Server): Outcome[] => outcomes.get(server) as Outcome[];
  const [first] = of(nsd) as [Outcome];
  for (const server of servers) checkSameAnswers(server, of(server), first);
  const speed = (server: Server): number => median(of(server).map(({ perSecond }) => perSecond));
  const ratio = (server: Server): string =>
    median(of(server).map(({ perSecond }, i) => perSecond / (of(nsd)[i] as Outcome).perSecond)).toFixed(2);
  const way = tcp ? ' by TCP' : '';
  const share = ({ sent, lost }: { sent: number; lost: number }) => `${lost} of ${count(sent)}`;
  report(
    `${kind.title}${way}: queries/s, ratio to NSD`,
    `${count(speed(ours))}, ${ratio(ours)}`,
    tcp ? '-' : `${count(kind.target)}, ${wantedOfNsd.toFixed(2)}`,
  );
  report('  lost at 400 outstanding', share(total(of(ours))), 'none');
  for (const server of [nsd, ...peers]) {
    report(
      `  ${server.title}: queries/s, ratio, lost`,
      `${count(speed(server))}, ${ratio(server)}, ${share(total(of(server)))}`,
      '-',
    );
  }
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
