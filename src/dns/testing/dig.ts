// The real dig, asking a server on loopback.

import { accessSync } from 'node:fs';
import { run } from '#lib/run.ts';

const dig = (process.env.PATH ?? '').split(':').some((folder) => {
  try {
    accessSync(`${folder}/dig`);
    return true;
  } catch {
    return false;
  }
});
/** For tests that need it. */
export const skip = dig ? false : 'dig is not on the PATH (Debian package bind9-dnsutils)';

/** What dig prints (asking at 127.0.0.1 unless there is an `@ADDRESS`), cut to status, flags, EDNS and records, with single spaces. */
export async function ask(port: number, ...args: string[]): Promise<string> {
  const at = args.some((arg) => arg.startsWith('@')) ? [] : ['@127.0.0.1'];
  const text = await run('dig', [...at, '-p', String(port), '+tries=1', '+time=3', '+nocookie', ...args]);
  const status = /status: (\w+)/.exec(text)?.[1];
  const [, flags, counts] = /flags: ([\w ]*); (QUERY.*)/.exec(text) ?? [];
  const records = text.split('\n').filter((line) => line !== '' && !line.startsWith(';'));
  return [`${status} ${flags}; ${counts}`, ...records.map((line) => line.replace(/\s+/g, ' '))].join('\n');
}
