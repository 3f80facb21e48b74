// Who runs where, and before whom: the server that is measured on one core, everybody else on the other; the load
// generator before all others on its core, where it is the server's pauses that are looked for.

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

/**
 * Words before a program that goes before all on its core. Not for one that computes for long, nor for Node: threads of V8
 * wait for one another without leaving the core.
 */
export const beforeAll: readonly string[] = ['chrt', '-f', '1'];
