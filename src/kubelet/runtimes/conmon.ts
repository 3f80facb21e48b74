// conmon(8), the monitor that podman and CRI-O put beside each container: it keeps the container's output and writes its
// exit code to a file, and is not our child, so nothing of a container hangs on this process's pipes.

import { type ChildProcess, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import type { ContainerSpec } from '../runtime.ts';

export interface ConmonOptions {
  readonly id: string;
  readonly conmon: string;
  /** The OCI runtime and the directory of its state. */
  readonly runtime: string;
  readonly runtimeRoot: string;
  readonly bundle: string;
  readonly pidFile: string;
  readonly conmonPidFile: string;
  readonly logFile: string;
  readonly exitDirectory: string;
  /** Must be given and exist: conmon's default needs a directory of the system that is not always there. */
  readonly socketDirectory: string;
  readonly tty: boolean;
  readonly stdin: ContainerSpec['stdin'];
}

/** A log that grows beyond this starts afresh. */
const logLimit = 64 * 1024 * 1024;
const reportLimit = 64 * 1024;
const createTimeoutMs = 30_000;

/** Creates the container, not yet started. Rejects with the OCI runtime's own words. */
export async function createWithConmon(options: ConmonOptions): Promise<void> {
  const args = [
    ...['--api-version', '1', '--cid', options.id, '--cuuid', options.id],
    ...['--runtime', options.runtime, `--runtime-arg=--root`, `--runtime-arg=${options.runtimeRoot}`],
    ...['--bundle', options.bundle, '--container-pidfile', options.pidFile, '--conmon-pidfile', options.conmonPidFile],
    ...['--log-path', `k8s-file:${options.logFile}`, '--log-size-max', String(logLimit)],
    ...['--exit-dir', options.exitDirectory, '--socket-dir-path', options.socketDirectory],
    ...inputFlags(options),
  ];
  const child = spawn(options.conmon, args, {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
    env: { ...process.env, _OCI_SYNCPIPE: '3' },
    cwd: '/',
  });
  const { data, message } = await readReport(child);
  if (data < 0) throw new Error(readableMessage(message));
}

/** A terminal takes input without being told to, and must not be closed when somebody detaches. */
function inputFlags({ tty, stdin }: ConmonOptions): string[] {
  if (tty) return ['--terminal'];
  if (stdin === 'none') return [];
  return stdin === 'once' ? ['--stdin'] : ['--stdin', '--leave-stdin-open'];
}

interface Report {
  /** The container's process, or negative. */
  readonly data: number;
  readonly message?: string;
}

/** conmon writes one line of JSON when it knows, and keeps the pipe open: it must be destroyed or it holds us. */
function readReport(child: ChildProcess): Promise<Report> {
  const pipe = child.stdio[3] as Readable;
  return new Promise<Report>((resolve, reject) => {
    let text = '';
    const fail = (why: string) => reject(new Error(`conmon: ${why}`));
    const timer = setTimeout(() => fail(`no answer within ${createTimeoutMs / 1000} s`), createTimeoutMs);
    const settle = () => {
      clearTimeout(timer);
      const line = text.slice(0, text.indexOf('\n') + 1 || undefined);
      try {
        resolve(JSON.parse(line) as Report);
      } catch {
        fail(text ? `unexpected answer ${JSON.stringify(text)}` : 'ended without an answer');
      }
    };
    child.on('error', (error) => {
      clearTimeout(timer);
      fail(error.message);
    });
    pipe.on('error', (error) => fail(error.message));
    pipe.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      if (text.includes('\n') || text.length > reportLimit) settle();
    });
    pipe.on('end', settle);
  }).finally(() => pipe.destroy());
}

/** runc reports in JSON or logrus lines; people want the sentence. */
function readableMessage(message = 'the container could not be created'): string {
  const last = message.trim().split('\n').at(-1) ?? '';
  const quoted = /\bmsg="((?:[^"\\]|\\.)*)"/.exec(last)?.[1];
  return (quoted?.replace(/\\(.)/g, '$1') ?? last).replace(/^(runc|crun) create failed: /, '');
}
