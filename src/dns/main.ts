// The DNS server as a process of its own: flags and environment in, exit code out. Packets never wait here for anybody
// else's work.

import { isIP } from 'node:net';
import { parseArgs } from 'node:util';
import { type Cidr, parseCidr } from '#lib/cidr.ts';
import { createLogger, type Logger } from '#lib/log.ts';
import { connectApi } from './api-access.ts';
import { settingsFromFlags } from './config/from-flags.ts';
import type { DnsSettings } from './config/settings.ts';
import { DnsServer } from './server.ts';

export interface DnsOptions {
  readonly settings: DnsSettings;
  readonly log?: Logger | undefined;
  /** Called when every address is listened at and the records are complete. */
  readonly onReady?: ((addresses: DnsServer['addresses']) => void) | undefined;
}

export const usage = `Usage: portolan dns --kubeconfig FILE [options]
  --kubeconfig FILE       how to reach the API server (environment: KUBECONFIG)
  --listen HOST:PORT      address for UDP and TCP, may be repeated (default 0.0.0.0:53)
  --domain NAME           the cluster's domain (default cluster.local)
  --reverse-cidrs LIST    service and pod ranges that are resolved in reverse, with commas between them
  --resolv-conf FILE      the resolvers for other names (default /etc/resolv.conf; empty: refuse other names)
  --ttl SECONDS           of every record, 0 to 3600 (default 5)`;

/** Throws an Error that says which flag is wrong. */
export function parseDnsOptions(argv: readonly string[], env: NodeJS.ProcessEnv): DnsSettings {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      kubeconfig: { type: 'string', default: env.KUBECONFIG ?? '' },
      listen: { type: 'string', multiple: true, default: ['0.0.0.0:53'] },
      domain: { type: 'string', default: 'cluster.local' },
      'reverse-cidrs': { type: 'string', multiple: true, default: [] },
      'resolv-conf': { type: 'string', default: '/etc/resolv.conf' },
      ttl: { type: 'string', default: '5' },
    },
  });
  if (!values.kubeconfig) throw new Error('--kubeconfig is missing: without an API server there are no records');
  const ttl = /^\d{1,4}$/.test(values.ttl) ? Number(values.ttl) : Number.NaN;
  if (!(ttl <= 3600)) throw new Error(`--ttl "${values.ttl}": must be a number of seconds from 0 to 3600`);
  return settingsFromFlags({
    api: { by: 'kubeconfig', file: values.kubeconfig },
    listen: values.listen.map(parseListen),
    domain: values.domain,
    reverseCidrs: values['reverse-cidrs'].flatMap((list) => list.split(',').filter(Boolean).map(parseRange)),
    resolvConf: values['resolv-conf'] || undefined,
    ttl,
  });
}

function parseListen(text: string): { host: string; port: number } {
  const [, bracketed, plain, digits] = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(text) ?? [];
  const host = bracketed ?? plain ?? '';
  const port = Number(digits);
  if (isIP(host) === 0 || !(port <= 65535)) throw new Error(`--listen "${text}": must be an IP address and a port`);
  return { host, port };
}

function parseRange(text: string): Cidr {
  const cidr = parseCidr(text);
  if (!cidr) throw new Error(`--reverse-cidrs "${text}": must be an address range such as 10.96.0.0/12`);
  return cidr;
}

/** Serves until `signal` aborts, then resolves. Rejects when an address cannot be had or the kubeconfig is unusable. */
export async function runDns(options: DnsOptions, signal: AbortSignal): Promise<void> {
  const log = options.log ?? createLogger('dns');
  const server = new DnsServer({ connect: connectApi, log }, options.settings);
  await server.start();
  const aborted = Promise.withResolvers<void>();
  signal.addEventListener('abort', () => aborted.resolve(), { once: true });
  if (signal.aborted) aborted.resolve();
  try {
    await server.synced(signal);
    log.info('serving', { addresses: server.addresses });
    options.onReady?.(server.addresses);
    await aborted.promise;
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    await server.close();
  }
}

/** The process: ends well on SIGTERM and SIGINT, and when the parent that started it with an IPC channel is gone. */
export async function main(argv: readonly string[] = process.argv.slice(2)): Promise<number> {
  const stop = new AbortController();
  for (const event of ['SIGTERM', 'SIGINT', 'disconnect'] as const) process.once(event, () => stop.abort());
  // The parent may have gone before there was anybody to hear of it.
  if (process.send && !process.connected) stop.abort();
  try {
    const settings = parseDnsOptions(argv, process.env);
    const onReady: DnsOptions['onReady'] = (addresses) => process.send?.({ type: 'ready', addresses });
    await runDns({ settings, onReady }, stop.signal);
    return 0;
  } catch (error) {
    process.stderr.write(`portolan dns: ${(error as Error).message}\n`);
    return 1;
  }
}

if (import.meta.main) process.exit(await main());
