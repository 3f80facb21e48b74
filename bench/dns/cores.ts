// Who runs where: the server that is measured on one core, everybody else on the other.

import { cpus } from 'node:os';
import { run } from '#lib/run.ts';

export const serverCore = 0;
export const generatorCore = 1;
export const hasTwoCores = cpus().length > 1;

/** Words before a program that keep it, and what it starts, on these cores. */
export const on = (...cores: readonly number[]): string[] => (hasTwoCores ? ['taskset', '-c', cores.join()] : []);

/** Keeps this process, and what it starts from now on, off the core of the server. */
export async function stayOffServerCore(): Promise<void> {
  if (hasTwoCores) await run('taskset', ['-a', '-p', '-c', String(generatorCore), String(process.pid)]);
}
