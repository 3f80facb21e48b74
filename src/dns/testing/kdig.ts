// The real kdig (Knot DNS), asking a server on loopback by TLS or HTTPS.

import { run } from '#lib/run.ts';
import { skipWithout } from './dig.ts';

/** For tests that need it. */
export const skip = skipWithout('kdig', 'knot-dnsutils');

/** Status, flags and records, with single spaces; or what went wrong. */
export async function kdig(port: number, ...args: string[]): Promise<string> {
  const text = await run('kdig', ['@127.0.0.1', '-p', String(port), '+retry=0', '+time=3', ...args]).catch(
    ({ message }) => message as string,
  );
  const status = /->>HEADER<<-.* status: (\w+)/.exec(text)?.[1];
  if (status === undefined) return text;
  const flags = /Flags: ([\w ]*);/.exec(text)?.[1];
  const records = text.split('\n').filter((line) => line !== '' && !line.startsWith(';'));
  return [`${status} ${flags}`, ...records.map((line) => line.replace(/\s+/g, ' '))].join('\n');
}
