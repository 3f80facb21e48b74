// The real dig, asking a server on loopback, and whether other foreign clients are there.

import { accessSync } from 'node:fs';
import { run } from '#lib/run.ts';

/** Why a test cannot run; false when the program is there. */
export const skipWithout = (program: string, debianPackage: string): string | false => {
  const isThere = (process.env.PATH ?? '').split(':').some((folder) => {
    try {
      accessSync(`${folder}/${program}`);
      return true;
    } catch {
      return false;
    }
  });
  return isThere ? false : `${program} is not on the PATH (Debian package ${debianPackage})`;
};
/** For tests that need dig. */
export const skip = skipWithout('dig', 'bind9-dnsutils');

/**
 * What dig prints of many questions, all asked by one process, from each header on.
 * @param lines the arguments of each
 */
export async function askAll(port: number, lines: readonly string[], ...args: string[]): Promise<string[]> {
  const usual = ['@127.0.0.1', '-p', String(port), '+tries=1', '+time=5', '+nocookie', '+ignore', '+noednsneg'];
  const batch = ['-f', '-', ...usual, ...args];
  const text = await run('dig', batch, { input: lines.map((line) => `${line}\n`).join('') });
  return answersIn(text);
}

/** Each answer of what dig or kdig printed. */
export const answersIn = (text: string): string[] =>
  text.split(/^(?=;; ->>HEADER<<-)/m).filter((part) => part.startsWith(';; ->>HEADER<<-'));

/** What dig prints (asking at 127.0.0.1 unless there is an `@ADDRESS`), cut to status, flags, EDNS and records, with single spaces. */
export async function ask(port: number, ...args: string[]): Promise<string> {
  const at = args.some((arg) => arg.startsWith('@')) ? [] : ['@127.0.0.1'];
  const text = await run('dig', [...at, '-p', String(port), '+tries=1', '+time=3', '+nocookie', ...args]);
  const status = /status: (\w+)/.exec(text)?.[1];
  const [, flags, counts] = /flags: ([\w ]*); (QUERY.*)/.exec(text) ?? [];
  const records = text.split('\n').filter((line) => line !== '' && !line.startsWith(';'));
  return [`${status} ${flags}; ${counts}`, ...records.map((line) => line.replace(/\s+/g, ' '))].join('\n');
}
