// As many queries as a server answers, and what that costs it.

import { dnsperf, type Load, type Outcome } from './dnsperf.ts';
import type { Server } from './servers.ts';

export interface Run extends Outcome {
  /** Answers for each second that the server computed: what stays the same when others compute on its cores, too. */
  readonly perProcessorSecond: number;
}

export async function saturate(server: Server, load: Omit<Load, 'port'>): Promise<Run> {
  const before = server.processorSeconds();
  const outcome = await dnsperf({ ...load, port: server.port });
  const used = server.processorSeconds() - before;
  return { ...outcome, perProcessorSecond: (outcome.sent - outcome.lost) / used };
}

export const count = (value: number): string => Math.round(value).toLocaleString('en');
