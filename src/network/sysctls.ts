// `net.*` sysctls of one network namespace. /proc/sys/net shows the namespace of the process that opens it, so reading and
// writing are done by a shell inside. Without a namespace: in ours.

import { run } from '#lib/run.ts';
import { NetworkError } from './ip.ts';
import { enter } from './namespaces.ts';

/** Names as sysctl(8) writes them → values. A failure leaves those before it set. */
export async function setSysctls(
  namespace: string | undefined,
  settings: Readonly<Record<string, string>>,
): Promise<void> {
  const lines = Object.entries(settings).map(([name, value]) => `echo ${value} > ${pathOf(name)}`);
  await shell(namespace, lines.join(' && '), `set ${Object.keys(settings).join(', ')}`);
}

export async function readSysctl(namespace: string | undefined, name: string): Promise<string> {
  return (await shell(namespace, `cat ${pathOf(name)}`, `read ${name}`)).trim();
}

/** The name of a link as a part of a sysctl's name: `eth0.7` is `eth0/7` there. */
export const inSysctl = (link: string): string => link.replaceAll('.', '/');

const pathOf = (name: string): string => `/proc/sys/${name.replace(/[./]/g, (one) => (one === '.' ? '/' : '.'))}`;

async function shell(namespace: string | undefined, script: string, tried: string): Promise<string> {
  const [file = '', ...args] = [...enter(namespace), 'sh', '-c', script];
  try {
    return await run(file, args);
  } catch (cause) {
    const where = namespace === undefined ? '' : ` in network namespace ${namespace}`;
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new NetworkError('Failed', `cannot ${tried}${where}: ${why}`, { cause });
  }
}
