// What a person sees who types shell lines: each line after a `$`, then what it printed, without what differs from run to
// run (ages, uids, times, versions). `UPDATE_GOLDEN=1` writes the file instead of comparing with it.

import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import type { RunResult } from '#lib/run.ts';

export type Shell = (line: string) => Promise<RunResult>;

export async function transcribe(shell: Shell, lines: readonly string[]): Promise<string> {
  const parts: string[] = [];
  for (const line of lines) {
    const { code, stdout, stderr } = await shell(line);
    const output = normalise(`${stdout}${stderr}`).trimEnd();
    parts.push([`$ ${line}`, ...(output ? [output] : []), ...(code ? [`[exit code ${code}]`] : [])].join('\n'));
  }
  return `${parts.join('\n\n')}\n`;
}

/** Asserts that `text` is what the file has, or makes it so. */
export function compare(path: string, text: string): void {
  if (process.env.UPDATE_GOLDEN) {
    writeFileSync(path, text);
    return;
  }
  const want = existsSync(path) ? readFileSync(path, 'utf8') : '';
  assert.equal(text, want, `${path} differs; if that is meant, UPDATE_GOLDEN=1 writes it anew`);
}

function normalise(text: string): string {
  return (
    text
      .replace(/\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g, 'UID')
      .replace(/\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z\b/g, 'TIME')
      .replace(/\b[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d [-+]\d{4}/g, 'TIME')
      .replace(/\b(resource ?version\W+)\d+/gi, '$1N')
      .replace(/\b\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \+0000 UTC/g, 'TIME')
      .replace(/v1\.\d+\.\d+\+portolan/g, 'VERSION')
      // An age of seconds: two digits or one, the columns after it where they were.
      .replace(/(?<=^|[\s(])\d{1,2}s( +)?(?=$|[\s)])/gm, (age, spaces?: string) =>
        spaces ? '0s'.padEnd(age.length) : '0s',
      )
      .replace(/ +$/gm, '')
  );
}
