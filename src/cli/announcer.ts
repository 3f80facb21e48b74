// `portolan announcer`: brings packets for load balancers' addresses to this machine, in any Kubernetes cluster.

import { Announcer } from '#announcer/index.ts';
import { OwnNodeFollower } from '#client/index.ts';
import { parsePool } from '#cluster/pool.ts';
import { announcerRequirements, completePath, ensureRequirements } from '#cluster/requirements.ts';
import type { AddressRange } from '#lib/address-ranges.ts';
import { createLogger } from '#lib/log.ts';
import { UserError } from '#lib/user-error.ts';
import { NodeNetwork, stopAllAnnouncing } from '#network/index.ts';
import { command, type Values } from './command.ts';
import { clientOf, logLevelOf, nodeNameOf, nodeOption, partOptions, stopSignal } from './part.ts';
import { poolExample } from './pool.ts';

const options = {
  ...partOptions,
  ...nodeOption,
  'load-balancer-pool': {
    type: 'string',
    value: 'RANGES',
    help: `the addresses to announce when Services have them, like ${poolExample}; the same on every machine`,
  },
  interface: {
    type: 'string',
    value: 'LINK',
    help: "the link with the clients, like eth0 (default: the one that has the Node's address)",
  },
  cleanup: { type: 'boolean', help: 'announce nothing any more from this machine, and end' },
} as const;

const network = new NodeNetwork();

function poolOf(text: string | undefined): AddressRange[] {
  if (text !== undefined) return parsePool(text);
  throw new UserError(
    'portolan announcer needs --load-balancer-pool RANGES, the addresses that it may announce: those of `portolan controllers`.',
  );
}

/** The names that Linux takes, but for those that nobody uses. */
function checkLink(name: string): string {
  if (/^[\w.:@-]{1,15}$/.test(name) && !/^\.\.?$/.test(name)) return name;
  throw new UserError(`--interface ${name}: is not the name of a link, such as eth0 or bond0.7.`);
}

async function linkOf(nodeName: string, addresses: readonly string[]): Promise<string> {
  const link = await network.linkWith(addresses);
  if (link !== undefined) return link;
  throw new UserError(
    `No link of this machine has an address of the Node ${nodeName} (${addresses.join(', ')}). ` +
      'Name the Node of this machine with --node, or the link with the clients with --interface.',
  );
}

/** A kernel that sends nothing on answers for nobody, and says nothing of it. */
async function checkForwarding(link: string, pool: readonly AddressRange[]): Promise<void> {
  for (const family of new Set(pool.map((range) => range.family))) {
    const forwards = await network.forwards(link, family).catch((cause) => {
      throw new UserError(`Cannot announce ${family} addresses on ${link}: ${cause.message}. Is --interface right?`, {
        cause,
      });
    });
    if (forwards) continue;
    const setting = family === 'IPv4' ? 'net.ipv4.ip_forward' : 'net.ipv6.conf.all.forwarding';
    throw new UserError(
      `Cannot announce ${family} addresses on ${link}: this machine does not forward packets, which a node must. ` +
        `Type: sysctl -w ${setting}=1`,
    );
  }
}

async function serve(values: Values<typeof options>): Promise<void> {
  const log = createLogger('announcer', logLevelOf(values['log-level']));
  const nodeName = nodeNameOf(values.node);
  const pool = poolOf(values['load-balancer-pool']);
  const named = values.interface === undefined ? undefined : checkLink(values.interface);
  const client = await clientOf(values.kubeconfig, 'portolan-announcer');
  await ensureRequirements((line) => log.info(line), announcerRequirements);
  const signal = stopSignal();
  const failed = new AbortController();
  try {
    const follower = new OwnNodeFollower(client, nodeName, { log, signal: AbortSignal.any([signal, failed.signal]) });
    for (let node = await follower.next(), before: string | undefined; ; ) {
      const link = named ?? (await linkOf(nodeName, node.addresses));
      await checkForwarding(link, pool);
      // Neighbours on another link are no neighbours any more.
      if (before !== undefined && before !== link) await stopAllAnnouncing();
      const over = new AbortController();
      new Announcer({ client, log }, { nodeName, at: { link }, pool }).start(AbortSignal.any([signal, over.signal]));
      log.info('at work', { node: nodeName, link });
      before = link;
      node = await follower.next(node).finally(() => over.abort());
      log.info('the node changed, starting over', { node: nodeName });
    }
  } catch (error) {
    failed.abort();
    if (!signal.aborted) throw error;
  }
}

export const announcer = command({
  name: 'announcer',
  summary: "bring packets for load balancers' addresses to this machine, in any Kubernetes cluster",
  details:
    'One runs on each machine, beside the service proxy. Of all machines that are ready one answers for an address (ARP, NDP), and another\n' +
    'takes over when it is gone: they knock at port 10256 of each other, where a refusal is an answer too.\n' +
    'What is announced stays so when it ends, so that it can be replaced without anybody noticing; --cleanup ends it.',
  options,
  async run(values) {
    completePath();
    if (values.cleanup) {
      for (const { address, link } of await stopAllAnnouncing())
        process.stdout.write(`no longer answers for ${address} on ${link}\n`);
    } else {
      await serve(values);
    }
    process.exit();
  },
});
