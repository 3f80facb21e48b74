// One of several processes that answer at the same addresses: the kernel gives each its share of the packets. It does what
// its parent says, and ends with it.

import { processMetrics } from '#lib/exposition.ts';
import { createLogger, type LogLevel } from '#lib/log.ts';
import { connectApi } from '../api-access.ts';
import type { DnsSettings } from '../config/settings.ts';
import { DnsServer } from '../server.ts';
import { type FromWorker, type Generation, type Leave, type ToWorker, told } from './messages.ts';

/** How often it looks whether it is ready, and how often it says so at least: who is silent for long is taken for stuck. */
const lookMs = 100;
const sayMs = 1000;

const [component = 'dns', level = 'info'] = process.argv.slice(2);
const log = createLogger(component, level as LogLevel);
const generations = new WeakMap<DnsSettings, number>();
const listening = new AbortController();
const hurry = new AbortController();
let server: DnsServer | undefined;
let leaving: Promise<void> | undefined;

const say = (message: FromWorker): void => {
  if (process.connected) process.send?.(message);
};

// Whoever ends a group of processes, as a terminal does, ends the parent, too, which says what is to be done.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGUSR1'] as const) process.on(signal, () => {});
process.once('disconnect', () => process.exit(1));
process.on('message', (message: ToWorker) => void on(message));
// It may have gone before there was anybody to hear of it.
if (!process.connected) process.exit(1);

async function on(message: ToWorker): Promise<void> {
  switch (message.type) {
    case 'serve':
      return await serve(message, message.waits);
    case 'listen':
      return listening.abort();
    case 'reload':
      return await reply(message.id, () => reload(message));
    case 'metrics':
      return await reply(message.id, async () => {
        const own = server?.metrics() ?? [];
        return { metrics: await told([...own, ...(await processMetrics())]) };
      });
    case 'end':
      return await end(message.how);
  }
}

async function serve({ settings, generation }: Generation, waits: boolean): Promise<void> {
  generations.set(settings, generation);
  const onLoop = ({ message }: Error, of: DnsSettings) =>
    say({ type: 'loop', generation: generations.get(of) ?? 0, message });
  server = new DnsServer({ connect: connectApi, log, onLoop, isWorker: true }, settings);
  saySometimes(server);
  try {
    await server.start(waits ? listening.signal : undefined);
    say({ type: 'serving', addresses: server.addresses });
  } catch (error) {
    const failed: FromWorker = { type: 'failed', message: (error as Error).message };
    process.send?.(failed, () => process.exit(1));
  }
}

function saySometimes(server: DnsServer): void {
  let last = '';
  let saidAt = 0;
  const look = () => {
    const unready = server.unready();
    const now = performance.now();
    if (unready.join() === last && now - saidAt < sayMs) return;
    last = unready.join();
    saidAt = now;
    say({ type: 'state', unready });
  };
  look();
  setInterval(look, lookMs);
}

async function reload({ settings, generation }: Generation): Promise<object> {
  generations.set(settings, generation);
  await server?.reload(settings);
  return {};
}

async function reply(id: number, work: () => Promise<object>): Promise<void> {
  const result = await work().catch((error: Error) => ({ problem: error.message }));
  say({ type: 'reply', id, ...result });
}

async function end(how: Leave): Promise<void> {
  if (how === 'at once') hurry.abort();
  leaving ??= how === 'leave' ? server?.leave(hurry.signal) : server?.shutDown(hurry.signal);
  await leaving;
  process.exit();
}
