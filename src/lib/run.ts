// Runs a program to its end: the one way in which this project starts short-lived commands (ip, nft, runc, conntrack).

import { type ChildProcess, spawn } from 'node:child_process';

export interface RunOptions {
  readonly input?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** The program is killed after this long; 30 s when absent. */
  readonly timeoutMs?: number | undefined;
  readonly env?: NodeJS.ProcessEnv | undefined;
  /** Takes standard output as it comes, of any length, instead of the result. */
  readonly onOutput?: ((chunk: Buffer) => void) | undefined;
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
      env: options.env ?? process.env,
      ...(options.signal && { signal: options.signal }),
    });
    killAfter(options.timeoutMs, child);
    const output = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
    let size = 0;
    const collect = (into: Buffer[]) => (chunk: Buffer) => {
      size += chunk.length;
      if (size > outputLimit) child.kill('SIGKILL');
      else into.push(chunk);
    };
    child.stdout.on('data', options.onOutput ?? collect(output.stdout));
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

/** Not spawn's own `timeout`: of a program that could not be started, that one keeps us from ending until it is over. */
function killAfter(timeoutMs = 30_000, child: ChildProcess): void {
  const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs);
  child.once('exit', () => clearTimeout(timer));
  child.once('error', () => child.pid === undefined && clearTimeout(timer));
}

/** Like {@link run}, with standard output in pieces as it comes. A caller that stops listening ends the program. */
export async function* outputOf(
  file: string,
  args: readonly string[],
  { timeoutMs }: Pick<RunOptions, 'timeoutMs'> = {},
): AsyncGenerator<string> {
  const command = [file, ...args].join(' ');
  const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  killAfter(timeoutMs, child);
  const ended = new Promise<number>((resolve, reject) => {
    child.on('error', (error) => reject(new CommandError(command, -1, error.message, { cause: error })));
    child.on('close', (code, signal) => {
      if (signal) reject(new CommandError(command, -1, `ended by ${signal}`));
      else resolve(code ?? -1);
    });
  });
  // It is waited for at the end only.
  ended.catch(() => {});
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    if (stderr.length < 65_536) stderr += chunk;
  });
  try {
    for await (const chunk of child.stdout.setEncoding('utf8')) yield chunk as string;
    const code = await ended;
    if (code !== 0) throw new CommandError(command, code, stderr);
  } finally {
    if (child.exitCode === null) child.kill('SIGKILL');
  }
}
