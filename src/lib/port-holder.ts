// Which program of this machine holds a port, for messages on why it cannot be had.

import { tryRun } from './run.ts';

/** Like `nginx (process 1234)`; undefined when that cannot be found out. */
export async function portHolder(protocol: 'tcp' | 'udp', port: number): Promise<string | undefined> {
  const args = ['-Hnp', protocol === 'tcp' ? '-lt' : '-au', `sport = :${port}`];
  const { stdout } = await tryRun('ss', args, { timeoutMs: 2000 }).catch(() => ({ stdout: '' }));
  const [, name, pid] = /users:\(\("([^"]*)",pid=(\d+)/.exec(stdout) ?? [];
  return pid === undefined ? undefined : `${name} (process ${pid})`;
}
