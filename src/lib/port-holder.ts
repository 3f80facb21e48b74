// Which program of this machine holds a port, for messages on why it cannot be had.

import { readlink } from 'node:fs/promises';
import { basename } from 'node:path';
import { tryRun } from './run.ts';

/**
 * Like `nginx (process 1234)`; undefined when that cannot be found out.
 * @param host the address at which it is wanted; all when absent.
 */
export async function portHolder(protocol: 'tcp' | 'udp', port: number, host = ''): Promise<string | undefined> {
  const args = ['-Hnp', protocol === 'tcp' ? '-lt' : '-au', `sport = :${port}`];
  const { stdout } = await tryRun('ss', args, { timeoutMs: 2000 }).catch(() => ({ stdout: '' }));
  const line = stdout.split('\n').find((each) => isInTheWay(localAddress(each), host)) ?? '';
  const [, name, pid] = /users:\(\("([^"]*)",pid=(\d+)/.exec(line) ?? [];
  return pid === undefined ? undefined : `${await programOf(pid, name)} (process ${pid})`;
}

/** What ss says is the name of a thread, and cut. */
const programOf = async (pid: string, otherwise = ''): Promise<string> =>
  await readlink(`/proc/${pid}/exe`).then(
    (path) => basename(path).replace(/ \(deleted\)$/, ''),
    () => otherwise,
  );

/** Of a line like `UNCONN 0 0 127.0.0.53%lo:53 0.0.0.0:* users:(…)`. */
const localAddress = (line: string): string =>
  (line.split(/\s+/)[3] ?? '')
    .replace(/:\d+$/, '')
    .replace(/%[^\]]*/, '')
    .replace(/^\[|\]$/g, '');

const everywhere = ['', '*', '0.0.0.0', '::'];
const isInTheWay = (held: string, wanted: string): boolean =>
  held !== '' && (held === wanted || everywhere.includes(held) || everywhere.includes(wanted));
