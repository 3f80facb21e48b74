// Runs a program to its end: the one way in which this project starts short-lived commands (ip, nft, runc, conntrack).

import { spawn } from 'node:child_process';

export interface RunOptions {
  readonly input?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** The program is killed after this long; 30 s when absent. */
  readonly timeoutMs?: number | undefined;
  readonly env?: NodeJS.ProcessEnv | undefined;
}
export interface RunResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** More output than this is a fault of the program, not something to buffer. */
const outputLimit = 64 * 1024 * 1024;

export class CommandError extends Error {
  override name = 'CommandError';
  readonly code: number;
  readonly stderr: string;
  constructor(command: string, code: number, stderr: string, options?: ErrorOptions) {
    super(`${command}: ${stderr.trim() || `exit code ${code}`}`, options);
    this.code = code;
    this.stderr = stderr;
  }
}

/** Runs `file` and resolves with what it printed, whatever its exit code. Rejects when it could not be run to its end. */
export function tryRun(file: string, args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  const command = [file, ...args].join(' ');
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, {
      stdio: ['pipe', 'pipe', 'pipe'],
      timeout: options.timeoutMs ?? 30_000,
      killSignal: 'SIGKILL',
      env: options.env ?? process.env,
      ...(options.signal && { signal: options.signal }),
    });
    const output = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
    let size = 0;
    const collect = (into: Buffer[]) => (chunk: Buffer) => {
      size += chunk.length;
      if (size > outputLimit) child.kill('SIGKILL');
      else into.push(chunk);
    };
    child.stdout.on('data', collect(output.stdout));
    child.stderr.on('data', collect(output.stderr));
    child.on('error', (error) => reject(new CommandError(command, -1, error.message, { cause: error })));
    child.on('close', (code, signal) => {
      const stderr = Buffer.concat(output.stderr).toString();
      if (signal) reject(new CommandError(command, -1, `ended by ${signal}${stderr && `: ${stderr}`}`));
      else resolve({ code: code ?? -1, stdout: Buffer.concat(output.stdout).toString(), stderr });
    });
    // A program that exits without reading its input is told on by its exit code, not by a broken pipe.
    child.stdin.on('error', () => {});
    child.stdin.end(options.input ?? '');
  });
}

/** Like {@link tryRun}, but a non-zero exit code throws {@link CommandError}. Resolves with standard output. */
export async function run(file: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  const { code, stdout, stderr } = await tryRun(file, args, options);
  if (code !== 0) throw new CommandError([file, ...args].join(' '), code, stderr);
  return stdout;
}
