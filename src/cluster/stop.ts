// Ends a running cluster from another process: asks its supervisor, and does the supervisor's work if that does not end.

import { systemClock } from '#lib/clock.ts';
import { removeCluster } from './leftovers.ts';
import { type ClusterCard, isAlive } from './state.ts';

/** The supervisor gives its children 20 s and then removes what is left. */
const graceMs = 40_000;

export async function requestStop(card: ClusterCard): Promise<void> {
  signal(card, 'SIGTERM');
  const deadline = Date.now() + graceMs;
  while (await isAlive(card.supervisor)) {
    if (Date.now() > deadline) {
      signal(card, 'SIGKILL');
      await systemClock.sleep(500);
      await removeCluster(card.name);
      return;
    }
    await systemClock.sleep(20);
  }
}

function signal({ supervisor }: ClusterCard, name: NodeJS.Signals): void {
  try {
    process.kill(supervisor.pid, name);
  } catch (error) {
    // It ended just now.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
