// Where a container's logs lie: one file per run, of which the last two are kept (`kubectl logs --previous`).

import { rm } from 'node:fs/promises';
import { join } from 'node:path';

export const logFileOf = (podDirectory: string, container: string, attempt: number): string =>
  join(podDirectory, 'logs', container, `${attempt}.log`);

/** Makes room for the log of `attempt`. */
export async function removeOldLogs(podDirectory: string, container: string, attempt: number): Promise<void> {
  if (attempt >= 2) await rm(logFileOf(podDirectory, container, attempt - 2), { force: true });
}
