// The DNS server as a process of its own: flags and environment in, exit code out. Packets never wait here for anybody
// else's work.

import { isIP } from 'node:net';
import { parseArgs } from 'node:util';
import { parseBindAddress } from '#lib/bind-address.ts';
import { type Cidr, parseCidr } from '#lib/cidr.ts';
import { parseGoDuration } from '#lib/go-duration.ts';
import { createLogger, type Logger } from '#lib/log.ts';
import { connectApi } from './api-access.ts';
import { settingsFromCorefile, withKubeconfig } from './config/from-corefile.ts';
import { settingsFromFlags } from './config/from-flags.ts';
import type { DnsSettings } from './config/settings.ts';
import { DnsServer } from './server.ts';

export interface DnsOptions {
  readonly settings: DnsSettings;
  readonly log?: Logger | undefined;
  /** Called when every address is listened at and the records are complete. */
  readonly onReady?: ((server: Pick<DnsServer, 'addresses' | 'endpoints'>) => void) | undefined;
  /** Ends it at once, answers under way or not. */
  readonly hurry?: AbortSignal | undefined;
}

export const usage = `Usage: portolan dns --kubeconfig FILE [options]
       portolan dns --corefile FILE [--kubeconfig FILE]
  --kubeconfig FILE       how to reach the API server (environment: KUBECONFIG)
  --corefile FILE         what to serve, as CoreDNS is told it; in place of the options below
  --listen HOST:PORT      address for UDP and TCP, may be repeated (default 0.0.0.0:53)
  --domain NAME           the cluster's domain (default cluster.local)
  --reverse-cidrs LIST    service and pod ranges that are resolved in reverse, with commas between them
  --resolv-conf FILE      the resolvers for other names (default /etc/resolv.conf; empty: refuse other names)
  --ttl SECONDS           of every record, 0 to 3600 (default 5)
  --metrics-bind-address ADDRESS:PORT   where /metrics is served, for example 0.0.0.0:9153 (default: nowhere)
  --health-bind-address ADDRESS:PORT    where /health is served, for example 0.0.0.0:8080 (default: nowhere)
  --ready-bind-address ADDRESS:PORT     where /ready is served, for example 0.0.0.0:8181 (default: nowhere)
  --lameduck DURATION     how long queries are answered after SIGTERM, for example 5s (default 0s)`;

/** Where settings come from. */
export interface SettingsSource {
  /** Rejects with an Error that says what is wrong. Other settings may come later, and have another digest. */
  read(): Promise<{ readonly settings: DnsSettings; readonly digest: string }>;
}

/** Throws an Error that says which flag is wrong. */
export function parseDnsOptions(argv: readonly string[], env: NodeJS.ProcessEnv): SettingsSource {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      kubeconfig: { type: 'string' },
      corefile: { type: 'string' },
      listen: { type: 'string', multiple: true },
      domain: { type: 'string' },
      'reverse-cidrs': { type: 'string', multiple: true },
      'resolv-conf': { type: 'string' },
      ttl: { type: 'string' },
      'metrics-bind-address': { type: 'string' },
      'health-bind-address': { type: 'string' },
      'ready-bind-address': { type: 'string' },
      lameduck: { type: 'string' },
    },
  });
  const { kubeconfig = env.KUBECONFIG, corefile, ...flags } = values;
  if (corefile !== undefined) {
    const [flag] = Object.keys(flags);
    if (flag !== undefined) throw new Error(`--${flag} and --corefile exclude each other: say it in ${corefile}`);
    return { read: async () => withKubeconfig(await settingsFromCorefile(corefile, env), kubeconfig) };
  }
  if (!kubeconfig) throw new Error('--kubeconfig is missing: without an API server there are no records');
  const bindAddress = (name: `${'metrics' | 'health' | 'ready'}-bind-address`) =>
    parseBindAddress(`--${name}`, flags[name] ?? '');
  const health = bindAddress('health-bind-address');
  const lameduckMs = parseLameduck(flags.lameduck ?? '0s');
  if (lameduckMs > 0 && !health)
    throw new Error('--lameduck: --health-bind-address is missing, which tells of that time');
  const settings = settingsFromFlags({
    api: { by: 'kubeconfig', file: kubeconfig },
    listen: (flags.listen ?? ['0.0.0.0:53']).map(parseListen),
    domain: flags.domain ?? 'cluster.local',
    reverseCidrs: (flags['reverse-cidrs'] ?? []).flatMap((list) => list.split(',').filter(Boolean).map(parseRange)),
    resolvConf: (flags['resolv-conf'] ?? '/etc/resolv.conf') || undefined,
    ttl: parseTtl(flags.ttl ?? '5'),
    prometheus: bindAddress('metrics-bind-address'),
    health: health && { ...health, lameduckMs },
    ready: bindAddress('ready-bind-address'),
  });
  return { read: async () => ({ settings, digest: '' }) };
}

function parseTtl(text: string): number {
  const ttl = /^\d{1,4}$/.test(text) ? Number(text) : Number.NaN;
  if (!(ttl <= 3600)) throw new Error(`--ttl "${text}": must be a number of seconds from 0 to 3600`);
  return ttl;
}

function parseLameduck(text: string): number {
  const problem = (why: string) => new Error(`--lameduck "${text}": ${why}; it must be a duration such as 5s`);
  let ms: number;
  try {
    ms = parseGoDuration(text);
  } catch (error) {
    throw problem((error as Error).message);
  }
  if (ms < 0 || ms > 3_600_000) throw problem('more than an hour, or less than nothing');
  return ms;
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

/**
 * Serves until `signal` aborts, takes leave of its clients ({@link DnsServer.shutDown}), then resolves. Rejects when an
 * address cannot be had, when the kubeconfig is unusable, or when what is forwarded comes back.
 */
export async function runDns(options: DnsOptions, signal: AbortSignal): Promise<void> {
  const log = options.log ?? createLogger('dns');
  const aborted = Promise.withResolvers<void>();
  const looped = Promise.withResolvers<never>();
  // Whoever waits for it hears of it.
  looped.promise.catch(() => {});
  const server = new DnsServer({ connect: connectApi, log, onLoop: looped.reject }, options.settings);
  await server.start();
  signal.addEventListener('abort', () => aborted.resolve(), { once: true });
  if (signal.aborted) aborted.resolve();
  let { hurry } = options;
  try {
    await Promise.race([server.synced(signal), looped.promise]);
    log.info('serving', { addresses: server.addresses });
    options.onReady?.(server);
    await Promise.race([aborted.promise, looped.promise]);
  } catch (error) {
    if (signal.aborted) return;
    hurry = AbortSignal.abort();
    throw error;
  } finally {
    await server.shutDown(hurry);
  }
}

/**
 * What ends the process. A signal: it takes leave of its clients, and a second one has its usual effect. That the parent is
 * gone which started it with an IPC channel: in a hurry.
 */
function endings(): { readonly stop: AbortSignal; readonly hurry: AbortSignal } {
  const stop = new AbortController();
  const hurry = new AbortController();
  const onSignal = () => {
    for (const name of ['SIGTERM', 'SIGINT']) process.off(name, onSignal);
    stop.abort();
  };
  const onOrphaned = () => {
    hurry.abort();
    stop.abort();
  };
  for (const name of ['SIGTERM', 'SIGINT']) process.on(name, onSignal);
  process.once('disconnect', onOrphaned);
  // The parent may have gone before there was anybody to hear of it.
  if (process.send && !process.connected) onOrphaned();
  return { stop: stop.signal, hurry: hurry.signal };
}

/** The process: resolves with its exit code, 0 when it was asked to end. */
export async function main(argv: readonly string[] = process.argv.slice(2)): Promise<number> {
  const { stop, hurry } = endings();
  try {
    const { settings } = await parseDnsOptions(argv, process.env).read();
    const onReady: DnsOptions['onReady'] = ({ addresses, endpoints }) =>
      process.send?.({ type: 'ready', addresses, endpoints });
    await runDns({ settings, onReady, hurry }, stop);
    return 0;
  } catch (error) {
    process.stderr.write(`portolan dns: ${(error as Error).message}\n`);
    return 1;
  }
}

if (import.meta.main) process.exit(await main());
