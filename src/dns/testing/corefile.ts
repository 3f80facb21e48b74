// Settings for a test, written as a Corefile.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { settingsFromCorefile } from '../config/from-corefile.ts';
import type { DnsSettings } from '../config/settings.ts';

export async function corefile(text: string): Promise<DnsSettings> {
  const folder = await mkdtemp(join(tmpdir(), 'portolan-dns-'));
  try {
    const file = join(folder, 'Corefile');
    await writeFile(file, text);
    return (await settingsFromCorefile(file, {})).settings;
  } finally {
    await rm(folder, { recursive: true });
  }
}
