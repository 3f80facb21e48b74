// The way to a container's standard input: the socket `attach` that conmon keeps in the bundle. It is of a kind that
// Node cannot open (SOCK_SEQPACKET), so Perl, which every Debian has, carries the bytes over. Output comes back on the
// same socket to everybody, and conmon waits for whoever does not take it: it is told that we do not want any.

import { spawn } from 'node:child_process';
import type { ContainerInput } from '../runtime.ts';
import { whenDrained } from './drained.ts';

/** A packet must fit conmon's buffer of 32 KiB. That nobody takes it any more is the container's end, and no failure. */
const carry = `
use strict; use Socket; use Errno;
$SIG{PIPE} = 'IGNORE';
my $socket;
socket($socket, AF_UNIX, SOCK_SEQPACKET, 0) && connect($socket, pack_sockaddr_un('attach'))
  && shutdown($socket, 0) or die "$!\\n";
while (sysread(STDIN, my $data, 16384)) { defined(syswrite($socket, $data)) or exit($!{EPIPE} ? 0 : 1) }
`;
const messageLimit = 1024;

/** @param bundle the directory with the socket: its own path may be longer than addresses of sockets can be */
export function openInput(bundle: string, signal: AbortSignal): ContainerInput {
  // Where a locale is missing, Perl would speak of that first.
  const env = { PATH: process.env.PATH, LC_ALL: 'C' };
  const child = spawn('perl', ['-e', carry], { cwd: bundle, env, stdio: ['pipe', 'ignore', 'pipe'] });
  const { stdin, stderr } = child;
  let message = '';
  stderr.setEncoding('utf8').on('data', (text: string) => {
    message = (message + text).slice(0, messageLimit);
  });
  // Breaks when the container ends before it has read everything, which is its own business.
  stdin.on('error', () => {});
  const kill = () => child.kill('SIGKILL');
  signal.addEventListener('abort', kill, { once: true });
  if (signal.aborted) kill();
  const closed = new Promise<void>((resolve, reject) => {
    const fail = (why: string) => reject(new Error(`cannot reach the container's standard input: ${why}`));
    child.on('error', ({ message }) => fail(message));
    child.on('close', (code) => (code ? fail(message.trim() || `exit code ${code}`) : resolve()));
  }).finally(() => signal.removeEventListener('abort', kill));
  // Who does not ask does not want to know.
  closed.catch(() => {});
  return {
    write: (data) => stdin.destroyed || stdin.writableEnded || stdin.write(data),
    drained: () => whenDrained(stdin),
    end: () => void stdin.end(),
    closed,
  };
}
