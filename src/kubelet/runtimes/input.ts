// The way to a container's standard input: the socket `attach` that conmon keeps in the bundle. It is of a kind that
// Node cannot open (SOCK_SEQPACKET), so Perl, which every Debian has, carries the bytes over.

import { spawn } from 'node:child_process';
import { whenDrained } from '#lib/drained.ts';
import type { ContainerInput } from '../runtime.ts';

/**
 * Output comes back on the same socket to everybody, and conmon waits for whoever does not take it: it is taken and
 * dropped. It must not be refused, nor the socket be closed before conmon has seen the end of input: conmon 2.1 then
 * forgets the connection first and loses that end (it reads what it has just freed). So only our half is closed, and
 * with `stay` the rest is left to conmon, else it follows a little later. A packet must fit conmon's buffer of 32 KiB.
 */
const carry = `
use strict; use Socket; use Errno;
$SIG{PIPE} = 'IGNORE';
my $stay = shift eq 'stay';
my ($socket, $packet, $typing) = (undef, '', 1);
socket($socket, AF_UNIX, SOCK_SEQPACKET, 0) && connect($socket, pack_sockaddr_un('attach')) or die "$!\\n";
my ($in, $out) = (fileno(STDIN), fileno($socket));
sub finish { $typing = 0; $packet = ''; shutdown($socket, 1); alarm 1 unless $stay }
$SIG{ALRM} = sub { exit 0 };
$SIG{TERM} = sub { $stay = 0; finish() };
while (1) {
  my ($readable, $writable) = ('', '');
  vec($readable, $out, 1) = 1;
  vec($readable, $in, 1) = 1 if $typing && $packet eq '';
  vec($writable, $out, 1) = 1 if $packet ne '';
  next if select($readable, $writable, undef, undef) < 0;
  if (vec($readable, $out, 1)) { sysread($socket, my $dropped, 65536) or exit 0 }
  if ($packet ne '' && vec($writable, $out, 1)) {
    if (defined(send($socket, $packet, MSG_DONTWAIT))) { $packet = '' }
    elsif (!$!{EAGAIN}) { exit($!{EPIPE} ? 0 : 1) }
  }
  if ($typing && $packet eq '' && vec($readable, $in, 1)) { sysread(STDIN, $packet, 16384) or finish() }
}
`;
const messageLimit = 1024;

/**
 * @param bundle the directory with the socket: its own path may be longer than addresses of sockets can be
 * @param isOnce the end of this input is the end of the container's
 */
export function openInput(bundle: string, isOnce: boolean, signal: AbortSignal): ContainerInput {
  // Where a locale is missing, Perl would speak of that first.
  const env = { PATH: process.env.PATH, LC_ALL: 'C' };
  const child = spawn('perl', ['-e', carry, isOnce ? 'stay' : 'leave'], {
    cwd: bundle,
    env,
    stdio: ['pipe', 'ignore', 'pipe'],
  });
  const { stdin, stderr } = child;
  let message = '';
  stderr.setEncoding('utf8').on('data', (text: string) => {
    message = (message + text).slice(0, messageLimit);
  });
  // Breaks when the container ends before it has read everything, which is its own business.
  stdin.on('error', () => {});
  const kill = () => child.kill('SIGTERM');
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
