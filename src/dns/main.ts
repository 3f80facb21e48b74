// The DNS server for as long as a process runs it: its settings are read, it serves, it takes leave of its clients. Packets
// never wait here for anybody else's work.

import { createLogger, type Logger } from '#lib/log.ts';
import { connectApi } from './api-access.ts';
import type { SettingsSource } from './config/source.ts';
import { DnsServer } from './server.ts';

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
 * address cannot be had or the settings are unusable.
 */
export async function runDns({ source, onReady, hurry, ...parts }: DnsOptions, signal: AbortSignal): Promise<void> {
  const log = parts.log ?? createLogger('dns');
  const { settings } = await source.read();
  const server = new DnsServer({ connect: connectApi, log }, settings);
  await server.start();
  const aborted = Promise.withResolvers<void>();
  signal.addEventListener('abort', () => aborted.resolve(), { once: true });
  if (signal.aborted) aborted.resolve();
  try {
    await server.synced(signal);
    log.info('serving', { addresses: server.addresses });
    onReady?.(server);
    await aborted.promise;
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    await server.shutDown(hurry);
  }
}
