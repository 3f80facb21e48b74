// The one door to iproute2: a batch of `ip` commands in one network namespace, and its complaints turned into our errors.

import { isIPv6 as isIPv6Address } from 'node:net';
import { CommandError, tryRun } from '#lib/run.ts';

export type NetworkErrorReason = 'Exists' | 'NotFound' | 'Forbidden' | 'Failed';

/** What was tried, on what, and why it did not work. */
export class NetworkError extends Error {
  override name = 'NetworkError';
  readonly reason: NetworkErrorReason;
  constructor(reason: NetworkErrorReason, message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}

/** Of an address or a range. */
export const isIPv6 = (text: string): boolean => isIPv6Address(text.split('/')[0] ?? '');

/**
 * The command that gives a link an address, like `10.254.0.1/24`. Nobody else has it: IPv6 is spared the second for which
 * the kernel would look for another owner, and refuse to use it.
 */
export const addAddress = (address: string, link: string): string =>
  `addr add ${address} dev ${link}${isIPv6(address) ? ' nodad' : ''}`;

/** Runs the commands in order with one process; those after a failing one are not run. Without a namespace: in ours. */
export async function ip(namespace: string | undefined, commands: readonly string[]): Promise<void> {
  for (const command of commands) {
    if (/[\n\\#]/.test(command)) throw new NetworkError('Failed', `not an ip command: ${JSON.stringify(command)}`);
  }
  const args = [...(namespace === undefined ? [] : ['-n', namespace]), '-batch', '-'];
  await runIp(args, `${commands.join('\n')}\n`, (stderr) => {
    const line = /Command failed -:(\d+)/.exec(stderr)?.[1];
    const command = commands[line === undefined ? 0 : Number(line) - 1] ?? commands.join('; ');
    return `ip ${command}${namespace === undefined ? '' : ` (in network namespace ${namespace})`}`;
  });
}

/** One command with its own arguments; resolves with what it printed. */
export function ipOutput(args: readonly string[]): Promise<string> {
  return runIp(args, '', () => `ip ${args.join(' ')}`);
}

/** Resolves whether or not the thing was there. */
export async function ifPresent(removal: Promise<unknown>): Promise<void> {
  try {
    await removal;
  } catch (error) {
    if (!(error instanceof NetworkError && error.reason === 'NotFound')) throw error;
  }
}

async function runIp(args: readonly string[], input: string, tried: (stderr: string) => string): Promise<string> {
  let result: Awaited<ReturnType<typeof tryRun>>;
  try {
    result = await tryRun('ip', args, { input });
  } catch (error) {
    if (error instanceof CommandError && error.message.includes('ENOENT')) {
      throw new NetworkError('Failed', 'cannot run "ip": install iproute2', { cause: error });
    }
    throw error;
  }
  if (result.code !== 0) throw translate(tried(result.stderr), result.stderr);
  return result.stdout;
}

/** iproute2 does not localise its messages, and its exit codes say nothing. */
function translate(tried: string, stderr: string): NetworkError {
  const why = stderr
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('Command failed'))
    .map((line) => line.replace(/^RTNETLINK answers: |^Error: /, ''))
    .join('; ');
  if (/Operation not permitted|Permission denied/.test(why)) {
    return new NetworkError('Forbidden', `${tried}: ${why}: run as root, or with CAP_NET_ADMIN and CAP_SYS_ADMIN`);
  }
  if (/File exists|already assigned/.test(why)) return new NetworkError('Exists', `${tried}: ${why}`);
  if (/No such (file|device|process)|Cannot find device|does not exist/i.test(why)) {
    return new NetworkError('NotFound', `${tried}: ${why}`);
  }
  return new NetworkError('Failed', `${tried}: ${why || 'failed without saying why'}`);
}
