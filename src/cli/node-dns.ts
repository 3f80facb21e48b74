// `portolan node-dns`: a DNS cache at an address of every node, in place of NodeLocal DNSCache, in any Kubernetes cluster.

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { completePath, ensureRequirements, nodeDnsRequirements } from '#cluster/requirements.ts';
import { corefileSource, runDns, type SettingsSource } from '#dns/index.ts';
import { parseBindAddress } from '#lib/bind-address.ts';
import { createLogger } from '#lib/log.ts';
import { UserError } from '#lib/user-error.ts';
import { NftExec } from '#nftables/index.ts';
import { type CorefileValues, fillCorefile, LocalAddress, removeLeftovers, usualCorefile } from '#node-dns/index.ts';
import { command, type Values } from './command.ts';
import { serveMetrics } from './metrics-server.ts';
import { logLevelOf, parentGone, partOptions, stopSignal } from './part.ts';

/** What upstream's node cache calls the Service that leads to the cluster DNS behind its back. */
const upstreamVariable = 'KUBE_DNS_UPSTREAM_SERVICE_HOST';

const options = {
  'local-addresses': {
    type: 'string',
    value: 'LIST',
    default: '169.254.20.10',
    help: "where this node's pods ask: a link-local address, then perhaps that of the cluster DNS",
  },
  upstream: {
    type: 'string',
    value: 'ADDRESS',
    help: `where the cluster DNS itself can be asked, another one than above (default: ${upstreamVariable} of the environment)`,
  },
  domain: { type: 'string', value: 'NAME', default: 'cluster.local', help: "the cluster's domain" },
  'resolv-conf': {
    type: 'string',
    value: 'FILE',
    default: '/etc/resolv.conf',
    help: 'names the servers for all other names',
  },
  corefile: {
    type: 'string',
    value: 'FILE',
    help: "what to serve instead of the usual; placeholders of upstream's node cache (__PILLAR__…) are filled in",
  },
  interface: {
    type: 'string',
    value: 'LINK',
    default: 'nodelocaldns',
    help: 'the link that is made for the addresses',
  },
  'setup-metrics-bind-address': {
    type: 'string',
    value: 'ADDRESS:PORT',
    default: '0.0.0.0:9353',
    help: 'where failures to keep up link and rules are counted; empty: nowhere',
  },
  cleanup: { type: 'boolean', help: 'remove what an earlier run has left in the kernel, and end' },
  'log-level': partOptions['log-level'],
} as const;

/** DNS, and the health endpoint of the usual configuration. */
const ports = [53, 8080];

function addressesOf(text: string): string[] {
  const addresses = text.split(',').map((address) => address.trim());
  const bad = addresses.find((address) => isIP(address) === 0);
  if (bad === undefined) return addresses;
  throw new UserError(`--local-addresses ${text}: ${JSON.stringify(bad)} is not an address such as 169.254.20.10.`);
}

function upstreamOf(text: string | undefined, local: readonly string[]): string {
  const address = text ?? process.env[upstreamVariable];
  if (address === undefined) {
    throw new UserError(
      `portolan node-dns needs --upstream ADDRESS, where the cluster DNS can be asked (or ${upstreamVariable} in the environment).`,
    );
  }
  if (isIP(address) === 0) throw new UserError(`--upstream ${address}: is not an address such as 10.96.0.53.`);
  if (local.includes(address)) {
    throw new UserError(
      `--upstream ${address}: is one of --local-addresses, so this server would ask itself. A second Service of the cluster DNS has an address of its own.`,
    );
  }
  return address;
}

/** The file is read again whenever it is asked for; what is filled in lies in `folder`. */
function sourceOf(corefile: string | undefined, values: CorefileValues, folder: string): SettingsSource {
  const file = join(folder, 'Corefile');
  const filled = corefileSource({ file, env: process.env, kubeconfig: undefined });
  return {
    read: async () => {
      const text = corefile === undefined ? usualCorefile : await readFile(corefile, 'utf8').catch(unreadable);
      await writeFile(file, fillCorefile(text, values));
      return await filled.read();
    },
  };
}

function unreadable(cause: Error): never {
  throw new UserError(`--corefile: ${cause.message}.`, { cause });
}

async function serve(values: Values<typeof options>): Promise<void> {
  const log = createLogger('node-dns', logLevelOf(values['log-level']));
  const addresses = addressesOf(values['local-addresses']);
  const clusterDns = upstreamOf(values.upstream, addresses);
  const metricsAt = parseBindAddress('--setup-metrics-bind-address', values['setup-metrics-bind-address']);
  const filling = { localAddresses: addresses, clusterDns, domain: values.domain, resolvConf: values['resolv-conf'] };
  await ensureRequirements((line) => log.info(line), nodeDnsRequirements);
  const folder = await mkdtemp(join(tmpdir(), 'portolan-node-dns-'));
  const source = sourceOf(values.corefile, filling, folder);
  const local = new LocalAddress({ nft: new NftExec(), log }, { link: values.interface, addresses, ports });
  const hurry = parentGone();
  const stop = AbortSignal.any([stopSignal(), hurry]);
  try {
    // What cannot be served must not take the addresses.
    await source.read();
    if (metricsAt) await serveMetrics(metricsAt, () => local.metrics());
    await local.setUp();
    void local.lookAfter(stop);
    const onReady = () => {
      local.claim();
      process.send?.({ type: 'ready', addresses });
    };
    await runDns({ source, log, hurry, onReady }, stop);
  } finally {
    await local.takeDown();
    await rm(folder, { recursive: true, force: true });
  }
}

export const nodeDns = command({
  name: 'node-dns',
  summary: 'run a DNS cache at an address of this node, in place of NodeLocal DNSCache',
  details:
    "The cluster's names are kept for half a minute (those that do not exist for 5 s) and asked of the cluster DNS by TCP, others of the\n" +
    "node's resolvers. Packets to the addresses are not tracked. Link and rules go when it ends; --cleanup removes them after a kill.",
  options,
  async run(values) {
    completePath();
    try {
      if (values.cleanup) await removeLeftovers(new NftExec(), values.interface);
      else await serve(values);
    } catch (error) {
      if (error instanceof UserError) throw error;
      throw new UserError(`portolan node-dns: ${(error as Error).message}.`, { cause: error });
    }
    process.exit();
  },
});
