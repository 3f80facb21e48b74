// Corefiles for tests: text in, settings out, and settings as text: a line a directive.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CorefileError } from '../../corefile/index.ts';
import { formatName } from '../../wire/index.ts';
import { settingsFromCorefile } from '../from-corefile.ts';
import type { DnsSettings, ServerKey } from '../settings.ts';

/** Of a file called Corefile. */
export async function settingsOf(text: string, env: Readonly<Record<string, string>> = {}): Promise<DnsSettings> {
  const folder = await mkdtemp(join(tmpdir(), 'corefile-'));
  try {
    await writeFile(join(folder, 'Corefile'), text);
    return (await settingsFromCorefile(join(folder, 'Corefile'), env)).settings;
  } catch (error) {
    if (error instanceof CorefileError) error.message = error.message.replaceAll(`${folder}/`, '');
    throw error;
  } finally {
    await rm(folder, { recursive: true });
  }
}

const namesAt = new Set(['zone', 'zones', 'fallthrough', 'except', 'disabled', 'domain', 'multicluster']);
const namesIn = (value: unknown): unknown => (Array.isArray(value) ? value.map(namesIn) : formatName(value as string));

const readable = (key: string, value: unknown): unknown => {
  if (namesAt.has(key)) return namesIn(value);
  if (value instanceof RegExp) return String(value);
  if (value instanceof Set) return [...value];
  return typeof value === 'bigint' ? String(value) : value;
};

const keyText = ({ transport, zone, host, port }: ServerKey): string =>
  `${transport}://${formatName(zone)}:${port}${host && ` at ${host}`}`;

/** `health {"host":"","port":8080,…}` below the keys of each server. */
export const written = ({ servers }: DnsSettings): string =>
  servers
    .flatMap(({ keys, directives }) => [
      keys.map(keyText).join(' '),
      ...Object.entries(directives).map(([name, value]) => `  ${name} ${JSON.stringify(value, readable)}`),
    ])
    .join('\n');
