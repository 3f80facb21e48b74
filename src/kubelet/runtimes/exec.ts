// Commands inside a running container: `runc exec` over plain pipes, or under a pseudo-terminal of ours when one is asked
// for (runc passes its size on).

import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { spawn as spawnTerminal } from '@lydell/node-pty';
import { whenDrained } from '#lib/drained.ts';
import type { ExecOptions, ExecSession } from '../runtime.ts';

/** Output that a left-over background process still holds open is not waited for longer than this after the exit. */
const drainMs = 250;

/** Begins the command of `argv`. @param pidFile where the OCI runtime notes the command's process. */
export function startExec(argv: readonly string[], pidFile: string, options: ExecOptions): ExecSession {
  return options.tty ? overTerminal(argv, pidFile, options) : overPipes(argv, pidFile, options);
}

/** Killing the OCI runtime alone would leave the command running in the container. */
function killCommand(pidFile: string, fallback: () => void): void {
  try {
    process.kill(Number(readFileSync(pidFile, 'utf8')), 'SIGKILL');
  } catch {
    fallback();
  }
}

function overPipes([file = '', ...args]: readonly string[], pidFile: string, options: ExecOptions): ExecSession {
  const child: ChildProcessWithoutNullStreams = spawn(file, args, { stdio: 'pipe' });
  // Breaks when the command ends before it has read everything, which is its own business.
  child.stdin.on('error', () => {});
  if (!options.stdin) child.stdin.end();
  const kill = () => killCommand(pidFile, () => child.kill('SIGKILL'));
  options.signal?.addEventListener('abort', kill, { once: true });
  if (options.signal?.aborted) kill();
  const exited = new Promise<number>((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code, signal) => {
      const done = () => resolve(code ?? (signal === 'SIGKILL' ? 137 : 143));
      child.on('close', done);
      setTimeout(done, drainMs).unref();
    });
  }).finally(() => options.signal?.removeEventListener('abort', kill));
  return {
    onOutput(handler) {
      child.stdout.on('data', (data: Buffer) => handler('stdout', data));
      child.stderr.on('data', (data: Buffer) => handler('stderr', data));
    },
    write: (data) => child.stdin.destroyed || child.stdin.write(data),
    drained: () => whenDrained(child.stdin),
    endInput: () => void child.stdin.end(),
    resize: () => {},
    pause() {
      child.stdout.pause();
      child.stderr.pause();
    },
    resume() {
      child.stdout.resume();
      child.stderr.resume();
    },
    exited,
  };
}

function overTerminal([file = '', ...args]: readonly string[], pidFile: string, options: ExecOptions): ExecSession {
  const terminal = spawnTerminal(file, args, { name: 'xterm', encoding: null, cols: 80, rows: 24 });
  const kill = () => killCommand(pidFile, () => terminal.kill('SIGKILL'));
  options.signal?.addEventListener('abort', kill, { once: true });
  if (options.signal?.aborted) kill();
  // A character of several bytes may arrive in two parts.
  const decoder = new TextDecoder();
  let over = false;
  const exited = new Promise<number>((resolve) => {
    terminal.onExit(({ exitCode, signal }) => {
      over = true;
      resolve(signal ? 128 + signal : exitCode);
    });
  }).finally(() => options.signal?.removeEventListener('abort', kill));
  return {
    // Without an encoding the library hands out Buffers, whatever its types say.
    onOutput: (handler) =>
      void terminal.onData((data: string | Uint8Array) => handler('stdout', Buffer.from(data as Uint8Array))),
    write: (data) => {
      if (!over) terminal.write(decoder.decode(data, { stream: true }));
      // What people type does not fill buffers.
      return true;
    },
    drained: async () => {},
    endInput: () => {
      // A terminal has no end of input; control-D is what says so to what reads from one.
      if (!over) terminal.write('\u0004');
    },
    resize: ({ columns, rows }) => {
      if (!over && columns > 0 && rows > 0) terminal.resize(columns, rows);
    },
    pause: () => terminal.pause(),
    resume: () => terminal.resume(),
    exited,
  };
}
