// `portolan proxy`: the service proxy of one node by itself, in place of kube-proxy, in any Kubernetes cluster.

import { isIP } from 'node:net';
import { OwnNodeFollower } from '#client/index.ts';
import { completePath, ensureRequirements, proxyRequirements } from '#cluster/requirements.ts';
import { findOverlap, parseCidr } from '#lib/cidr.ts';
import { createLogger } from '#lib/log.ts';
import { UserError } from '#lib/user-error.ts';
import { NodeNetwork } from '#network/index.ts';
import { NftExec } from '#nftables/index.ts';
import { ConntrackExec, cleanUp, NodeProxy } from '#proxy/index.ts';
import { command, type Values } from './command.ts';
import { clientOf, logLevelOf, nodeNameOf, nodeOption, partOptions, stopSignal } from './part.ts';

const options = {
  ...partOptions,
  ...nodeOption,
  'cluster-cidr': {
    type: 'string',
    value: 'LIST',
    help: "pods' addresses, whose connections to cluster IPs keep their source (default: the pod CIDRs of the Node)",
  },
  'service-cluster-ip-range': {
    type: 'string',
    value: 'LIST',
    help: 'where cluster IPs come from, in clusters without ServiceCIDR objects (before 1.33): unused ones are silent',
  },
  'nodeport-addresses': {
    type: 'string',
    value: 'LIST',
    default: 'primary',
    help: "where node ports are served: address ranges, primary for the Node's own addresses, localhost for a relay of TCP",
  },
  'healthz-bind-address': {
    type: 'string',
    value: 'ADDRESS:PORT',
    help: 'where /healthz and /livez are served, for load balancers; empty: nowhere (default: port 10256, at all addresses)',
  },
  'metrics-bind-address': {
    type: 'string',
    value: 'ADDRESS:PORT',
    help: 'where /metrics, /proxyMode and /configz are served; empty: nowhere (default: port 10249 of the loopback)',
  },
  'masquerade-all': { type: 'boolean', help: "hide the source of pods' connections to cluster IPs, too" },
  cleanup: { type: 'boolean', help: 'remove what an earlier run has left in the kernel, and end' },
} as const;

function parseRanges(option: string, text: string | undefined): string[] | undefined {
  if (text === undefined) return undefined;
  const ranges = text.split(',').map((range) => range.trim());
  const bad = ranges.find((range) => !parseCidr(range));
  if (bad === undefined) return ranges;
  throw new UserError(`--${option} ${text}: ${JSON.stringify(bad)} is not an address range such as 10.244.0.0/16.`);
}

interface Named {
  readonly name: string;
  readonly ranges: readonly string[] | undefined;
}

/** What else has addresses of Services' ranges could not be reached: the rules are silent on those that no Service has. */
function refuseOverlap(services: Named, others: Named): void {
  const found = findOverlap(others.ranges ?? [], services.ranges ?? []);
  if (!found) return;
  const [range, other] = found;
  throw new UserError(
    `${others.name} (${range}) and ${services.name} (${other}) overlap: what has addresses of both could not be reached. ` +
      "Correct what is wrong: pods' addresses are as kube-controller-manager's --cluster-cidr has them, cluster IPs as " +
      "kube-apiserver's --service-cluster-ip-range.",
  );
}

/** A Node may list several addresses of a family: the first is the one. */
const onePerFamily = (addresses: readonly string[]): string[] =>
  [4, 6].flatMap((family) => addresses.find((address) => isIP(address) === family) ?? []);

/** Resolves with what `next` does, when the proxy has stopped for it. Rejects when the proxy stops before. */
async function runUntil<T>(next: () => Promise<T>, proxy: NodeProxy, signal: AbortSignal): Promise<T> {
  const over = new AbortController();
  proxy.start(AbortSignal.any([signal, over.signal]));
  const stopped = proxy.stopped().then(() => {
    throw new Error('the service proxy ended by itself, its log says why');
  });
  try {
    return await Promise.race([next(), stopped]);
  } finally {
    over.abort();
    await proxy.stopped();
  }
}

/** The rules are set in the network namespace that the process is in. */
async function serve(values: Values<typeof options>): Promise<void> {
  const log = createLogger('proxy', logLevelOf(values['log-level']));
  const nodeName = nodeNameOf(values.node);
  const podCIDRs = parseRanges('cluster-cidr', values['cluster-cidr']);
  const serviceCIDRs = parseRanges('service-cluster-ip-range', values['service-cluster-ip-range']);
  const services = { name: '--service-cluster-ip-range', ranges: serviceCIDRs };
  refuseOverlap(services, { name: '--cluster-cidr', ranges: podCIDRs });
  const client = await clientOf(values.kubeconfig, 'portolan-proxy');
  await ensureRequirements((line) => log.info(line), proxyRequirements);
  const signal = stopSignal();
  const failed = new AbortController();
  try {
    const follower = new OwnNodeFollower(client, nodeName, { log, signal: AbortSignal.any([signal, failed.signal]) });
    for (let node = await follower.next(); ; ) {
      refuseOverlap(services, { name: `The pod CIDR of the Node ${nodeName}`, ranges: node.podCIDRs });
      const hosts = node.addresses.map((address) => `${address}/${isIP(address) === 6 ? 128 : 32}`);
      refuseOverlap(services, { name: `The address of the Node ${nodeName}`, ranges: hosts });
      const proxy = new NodeProxy(
        { client, nft: new NftExec(), conntrack: new ConntrackExec(), network: new NodeNetwork(), log },
        {
          nodeName,
          nodeIPs: onePerFamily(node.addresses),
          nodePortAddresses: values['nodeport-addresses'].split(',').map((each) => each.trim()),
          clusterCIDRs: podCIDRs ?? node.podCIDRs,
          serviceCIDRs: serviceCIDRs ?? [],
          masqueradeAll: values['masquerade-all'],
          healthzBindAddress: values['healthz-bind-address'],
          metricsBindAddress: values['metrics-bind-address'],
        },
      );
      node = await runUntil(() => follower.next(node), proxy, signal);
      log.info('the addresses or pod CIDRs of the node changed, starting over', { node: nodeName });
    }
  } catch (error) {
    failed.abort();
    if (!signal.aborted) throw error;
  }
}

export const proxy = command({
  name: 'proxy',
  summary: 'run the service proxy of this machine by itself, in place of kube-proxy, in any Kubernetes cluster',
  details:
    "It must be the machine's only service proxy: stop kube-proxy and let it remove its rules (kube-proxy --cleanup) first.\n" +
    'The rules stay when it ends, so that it can be replaced without anybody noticing; --cleanup removes them.',
  options,
  async run(values) {
    completePath();
    if (values.cleanup) {
      for (const table of await cleanUp(new NftExec())) process.stdout.write(`removed the nftables table ${table}\n`);
    } else {
      await serve(values);
    }
    process.exit();
  },
});
