// One child process of the supervisor: started in a session of its own (so that a Ctrl-C at the terminal reaches the
// supervisor alone), its messages as events, its log kept in a file of bounded size.

import { type ChildProcess, fork } from 'node:child_process';
import { appendFileSync, mkdirSync, renameSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { ChildMessage } from './messages.ts';

/** A log file that has grown beyond this moves to NAME.1, and a new one begins. */
const logLimit = 5 * 1024 * 1024;
const lastWordsLength = 2000;
/** How long the output of a process that has ended may take to arrive. */
const lastWordsMs = 200;

export function appendLog(path: string, chunk: string | Buffer): void {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    appendFileSync(path, chunk, { mode: 0o600 });
    if (statSync(path).size > logLimit) renameSync(path, `${path}.1`);
  } catch {
    // A log that cannot be written (the disk is full) is no reason to take the cluster down.
  }
}

function closeOutput({ stdout, stderr }: ChildProcess): void {
  stdout?.destroy();
  stderr?.destroy();
}

export interface ChildOptions {
  readonly module: string;
  readonly args: readonly string[];
  /** Flags of Node's own. */
  readonly nodeFlags?: readonly string[] | undefined;
  /** Beyond that of this process. */
  readonly environment?: Readonly<Record<string, string>> | undefined;
  readonly logFile: string;
  readonly onMessage: (message: ChildMessage) => void;
}

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export class Child {
  readonly #process: ChildProcess;
  #lastWords = '';
  /** Resolves when the process has ended and all that it said is in the log. */
  readonly exited: Promise<Exit>;

  constructor({ module, args, nodeFlags = [], environment = {}, logFile, onMessage }: ChildOptions) {
    const child = fork(module, args, {
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      execPath: process.execPath,
      execArgv: [...process.execArgv, ...nodeFlags],
      env: { ...process.env, ...environment },
    });
    const onOutput = (chunk: Buffer) => {
      this.#lastWords = (this.#lastWords + chunk.toString()).slice(-lastWordsLength);
      appendLog(logFile, chunk);
    };
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', onOutput);
    child.on('message', (message) => onMessage(message as ChildMessage));
    this.#process = child;
    this.exited = new Promise((resolve) => {
      child.on('close', (code, signal) => resolve({ code, signal }));
      child.on('error', () => resolve({ code: -1, signal: null }));
      // What it started may hold its output open.
      child.on('exit', () => setTimeout(() => closeOutput(child), lastWordsMs));
    });
  }

  /** The end of what it printed: why it ended, when it ended by itself. */
  get lastWords(): string {
    return this.#lastWords.trim();
  }

  /** Asks it to end; kills it when it has not after `graceMs`. */
  async stop(graceMs: number): Promise<void> {
    this.#process.kill('SIGTERM');
    const timer = setTimeout(() => this.#process.kill('SIGKILL'), graceMs);
    await this.exited;
    clearTimeout(timer);
  }
}

export const describeExit = ({ code, signal }: Exit): string => (signal ? `ended by ${signal}` : `exit code ${code}`);
