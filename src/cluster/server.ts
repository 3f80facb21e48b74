// The process that holds a cluster's API server, controllers, scheduler and nodes. Started by the supervisor with the
// cluster's name as its argument; stops on SIGTERM, and when the supervisor is gone.

import { createLogger } from '#lib/log.ts';
import { UserError } from '#lib/user-error.ts';
import { Cluster } from './cluster.ts';
import { tellSupervisor } from './messages.ts';
import { readCard } from './state.ts';

const log = createLogger('portolan');
const name = process.argv[2] ?? '';
let cluster: Cluster | undefined;
let stopping = false;
async function stop(): Promise<void> {
  if (stopping) return;
  stopping = true;
  await cluster?.stop().catch((error) => log.error('cannot stop cleanly', { error }));
  process.exit(0);
}
process.on('SIGTERM', () => void stop());
process.on('disconnect', () => void stop());
// It may have gone before there was anybody to hear of it.
if (!process.connected) await stop();
// A fault in one part's event handler must not take the API down with it; it is logged with its place.
process.on('unhandledRejection', (error) =>
  log.error('unhandled rejection', { error, stack: (error as Error)?.stack }),
);

const card = await readCard(name);
if (!card?.ranges) throw new Error(`no card with address ranges for the cluster ${JSON.stringify(name)}`);
cluster = new Cluster({ ...card, ranges: card.ranges }, log);
try {
  await cluster.start(() => tellSupervisor({ type: 'api-ready' }));
  tellSupervisor({ type: 'ready' });
} catch (error) {
  const message = error instanceof UserError ? error.message : `Cannot start the cluster: ${(error as Error).message}`;
  log.error('start failed', { error, stack: (error as Error).stack });
  tellSupervisor({ type: 'failed', message });
  await cluster.stop().catch((cause) => log.error('cannot stop cleanly', { error: cause }));
  process.exit(1);
}
