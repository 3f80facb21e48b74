// The DNS server for as long as a process runs it: its settings are read, it serves, it takes leave of its clients. Packets
// never wait here for anybody else's work.

import { createLogger, type Logger } from '#lib/log.ts';
import { connectApi } from './api-access.ts';
import type { SettingsSource } from './config/source.ts';
import { Reloader } from './reloader.ts';
import { DnsServer, type DnsServerParts } from './server.ts';
import { workersOf } from './workers/count.ts';
import { WorkerPool } from './workers/pool.ts';

export interface DnsOptions {
  readonly source: SettingsSource;
  readonly log?: Logger | undefined;
  /** Called when every address is listened at and the records are complete. */
  readonly onReady?: ((server: Pick<DnsServer, 'addresses' | 'endpoints'>) => void) | undefined;
  /** Ends it at once, answers under way or not. */
  readonly hurry?: AbortSignal | undefined;
}

/**
 * Serves until `signal` aborts, takes leave of its clients ({@link DnsServer.shutDown}), then resolves. Rejects when an
 * address cannot be had, when the settings are unusable, or when what is forwarded comes back. SIGUSR1 has the settings
 * read again.
 */
export async function runDns({ source, onReady, ...options }: DnsOptions, signal: AbortSignal): Promise<void> {
  const log = options.log ?? createLogger('dns');
  const aborted = Promise.withResolvers<void>();
  const looped = Promise.withResolvers<never>();
  // Whoever waits for it hears of it.
  looped.promise.catch(() => {});
  const first = await source.read();
  const onLoop: DnsServerParts['onLoop'] = (error, settings) => {
    if (!reloader.undo(settings, error)) looped.reject(error);
  };
  const server =
    workersOf(first.settings) > 1
      ? new WorkerPool({ log, onLoop }, first.settings)
      : new DnsServer({ connect: connectApi, log, onLoop }, first.settings);
  const reloader = new Reloader({ source, server, log }, first);
  const reload = () => void reloader.reload();
  await server.start();
  reloader.start(signal);
  process.on('SIGUSR1', reload);
  signal.addEventListener('abort', () => aborted.resolve(), { once: true });
  if (signal.aborted) aborted.resolve();
  let { hurry } = options;
  try {
    await Promise.race([server.synced(signal), looped.promise]);
    log.info('serving', { addresses: server.addresses });
    onReady?.(server);
    await Promise.race([aborted.promise, looped.promise]);
  } catch (error) {
    if (signal.aborted) return;
    hurry = AbortSignal.abort();
    throw error;
  } finally {
    await server.shutDown(hurry);
    process.off('SIGUSR1', reload);
  }
}
