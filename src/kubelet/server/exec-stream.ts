// Remote commands, and containers that somebody attaches to, over a WebSocket (api.md §14): binary messages whose first byte is the channel. 0 stdin, 1 stdout,
// 2 stderr, 3 the final status, 4 the terminal's size; 255 (v5 only) ends another channel.

import type { WebSocket } from 'ws';
import type { Status } from '#api/index.ts';
import type { ExecSession } from '../runtime.ts';

export const protocols = ['v5.channel.k8s.io', 'v4.channel.k8s.io'] as const;

const channel = { stdin: 0, stdout: 1, stderr: 2, status: 3, resize: 4, close: 255 } as const;
/** Output is held back while the client has this much still to take. */
const highWater = 1024 * 1024;
const resumeCheckMs = 10;

const success: Status = { metadata: {}, status: 'Success' };

/** The status that tells a client how the command ended. */
export function exitStatus(code: number): Status {
  if (code === 0) return success;
  return {
    metadata: {},
    status: 'Failure',
    message: `command terminated with non-zero exit code: exit status ${code}`,
    reason: 'NonZeroExitCode',
    details: { causes: [{ reason: 'ExitCode', message: String(code) }] },
  };
}
const failure = (message: string): Status => ({
  metadata: {},
  status: 'Failure',
  message,
  reason: 'InternalError',
  code: 500,
});

export interface StreamOptions {
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  readonly tty: boolean;
}

/** Joins a command to its client until one of them ends. @param abort ends the command when the client is gone */
export async function streamExec(
  socket: WebSocket,
  session: ExecSession,
  options: StreamOptions,
  abort: () => void,
): Promise<void> {
  const send = (to: number, data: Uint8Array) => {
    if (socket.readyState === socket.OPEN) socket.send(Buffer.concat([Buffer.of(to), data]));
  };
  const wanted = { stdout: options.stdout, stderr: options.stderr && !options.tty };
  let held: NodeJS.Timeout | undefined;
  const holdBack = () => {
    if (held || socket.bufferedAmount < highWater) return;
    session.pause();
    held = setInterval(() => {
      if (socket.bufferedAmount >= highWater && socket.readyState === socket.OPEN) return;
      clearInterval(held);
      held = undefined;
      session.resume();
    }, resumeCheckMs);
  };
  session.onOutput((stream, data) => {
    if (!wanted[stream]) return;
    send(channel[stream], data);
    holdBack();
  });
  socket.on('message', (message) => receive(socket, session, Buffer.from(message as Buffer), options));
  socket.on('close', abort);
  socket.on('error', abort);
  // Tells the client that the command is there, before it has said anything.
  send(options.stdout ? channel.stdout : channel.status, Buffer.alloc(0));
  const status = await session.exited.then(exitStatus, (error: Error) => failure(error.message));
  clearInterval(held);
  send(channel.status, Buffer.from(JSON.stringify(status)));
  socket.close(1000);
}

function receive(socket: WebSocket, session: ExecSession, message: Buffer, { stdin, tty }: StreamOptions): void {
  const data = message.subarray(1);
  switch (message[0]) {
    case channel.stdin:
      if (stdin && data.length > 0 && !session.write(data) && !socket.isPaused) {
        socket.pause();
        void session.drained().then(() => socket.resume());
      }
      return;
    case channel.resize:
      if (tty) resize(session, data.toString());
      return;
    case channel.close:
      if (data[0] === channel.stdin && stdin) session.endInput();
      return;
    default:
      return;
  }
}

function resize(session: ExecSession, text: string): void {
  try {
    const { Width: columns, Height: rows } = JSON.parse(text) as { Width?: unknown; Height?: unknown };
    const fits = (value: unknown): value is number => Number.isInteger(value) && Number(value) < 65536;
    if (fits(columns) && fits(rows)) session.resize({ columns, rows });
  } catch {
    // A size that cannot be read changes nothing.
  }
}
