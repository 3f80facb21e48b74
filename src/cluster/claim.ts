// What an `up` makes its own before it starts anything: the name, and the addresses. A cluster that has data goes on with the
// addresses that they hold; a new one takes the first that are free, those of stopped clusters last.

import { UserError } from '#lib/user-error.ts';
import { createFabric, deleteFabric, hostUses, NetworkError } from '#network/index.ts';
import { readStored, removeData, type StoredCluster, storedNames } from './data-folder.ts';
import { defaultApiPort } from './endpoints.ts';
import { removeCluster } from './leftovers.ts';
import { type LoadBalancerWish, settleLoadBalancer } from './load-balancer.ts';
import {
  freeRanges,
  hostLeg,
  type IpFamily,
  inTheWay,
  ipFamilyOf,
  onFabric,
  type Ranges,
  withBothFamilies,
} from './ranges.ts';
import { checkIPv6 } from './requirements.ts';
import {
  type ClusterCard,
  clusterNames,
  fabricOf,
  isAlive,
  readCard,
  type Storage,
  thisNetworkNamespace,
  thisProcess,
  writeCard,
} from './state.ts';

/** What is left out is as it was, or the default. */
export interface ClaimOptions {
  readonly name: string;
  readonly storage: Storage;
  /** Forgets what is stored under the name. */
  readonly fresh?: boolean | undefined;
  readonly nodes?: number | undefined;
  /** `dual`, or what it was. */
  readonly ipFamily?: IpFamily | undefined;
  readonly apiPort?: number | undefined;
  readonly nodeMonitorGracePeriodMs?: number | undefined;
  readonly loadBalancer?: LoadBalancerWish | undefined;
  /** Shows progress to whoever waits. */
  readonly say: (line: string) => void;
}

export interface Claim {
  readonly card: ClusterCard;
  readonly ipFamily: IpFamily;
  /** What the cluster goes on with; undefined for a new one. */
  readonly stored: StoredCluster | undefined;
}

const defaultNodes = 2;
/** Two families make for a fifth more work at the start and some megabytes more. */
const defaultIpFamily = 'ipv4';
const defaultGracePeriodMs = 40_000;

/** Makes the name ours: refuses if a cluster of that name runs, removes what a killed one left. */
export async function claimName(options: ClaimOptions): Promise<Claim> {
  const { name, storage, fresh = false, say } = options;
  const existing = await readCard(name);
  if (existing && (await isAlive(existing.supervisor))) {
    throw new UserError(
      `A cluster named ${name} is already running (process ${existing.supervisor.pid}). ` +
        `Stop it with \`portolan down --name ${name}\`, or start another with --name OTHER.`,
    );
  }
  if (existing) say(`Removing what an earlier run of the cluster ${name} left behind`);
  await removeCluster(name);
  if (fresh) await removeData(name);
  const stored = storage === 'memory' ? undefined : await readStored(name);
  const ipFamily = await settleIpFamily(options, stored);
  const now = new Date().toISOString();
  const card: ClusterCard = {
    name,
    storage,
    nodes: options.nodes ?? stored?.nodes ?? defaultNodes,
    apiPort: options.apiPort ?? stored?.apiPort ?? defaultApiPort,
    nodeMonitorGracePeriodMs:
      options.nodeMonitorGracePeriodMs ?? stored?.nodeMonitorGracePeriodMs ?? defaultGracePeriodMs,
    loadBalancer: settleLoadBalancer(options.loadBalancer ?? {}, stored?.loadBalancer),
    supervisor: await thisProcess(),
    networkNamespace: await thisNetworkNamespace(),
    createdAt: stored?.createdAt ?? now,
    startedAt: now,
    ready: false,
  };
  await writeCard(card);
  return { card, ipFamily, stored };
}

/** Refuses families that this machine does not have, and to give up one that the cluster has addresses of. */
async function settleIpFamily({ name, ipFamily }: ClaimOptions, stored: StoredCluster | undefined): Promise<IpFamily> {
  const was = stored && ipFamilyOf(stored.ranges);
  const settled = ipFamily ?? was ?? defaultIpFamily;
  if (was && settled !== was && settled !== 'dual') {
    throw new UserError(
      `Cannot continue the cluster ${name} with --ip-family ${settled}: its nodes, pods and Services have their addresses by ` +
        `--ip-family ${was}, and keep them. Leave --ip-family out, start another cluster with --name OTHER, ` +
        `or start over with new addresses and no objects: \`portolan up --name ${name} --fresh --ip-family ${settled}\`.`,
    );
  }
  if (settled !== 'ipv4') await checkIPv6();
  return settled;
}

/** Takes a set of addresses; making its interface is what makes it ours, also against a racing `up`. */
export const claimRanges = ({ card: { name }, ipFamily, stored }: Claim): Promise<Ranges> =>
  stored ? claimStoredRanges(stored, ipFamily) : claimFreeRanges(name, ipFamily);

async function claimFreeRanges(name: string, ipFamily: IpFamily): Promise<Ranges> {
  const [uses, reserved] = await Promise.all([hostUses(), storedSlots(name)]);
  for (const ranges of freeRanges(ipFamily, uses, reserved)) {
    if (await claimFabric(name, ranges)) return ranges;
  }
  throw new UserError('No free address ranges: stop a cluster with `portolan down --name NAME`.');
}

/** False when somebody else has just taken them. */
async function claimFabric(name: string, ranges: Ranges): Promise<boolean> {
  try {
    const addresses = ranges.families.map((family) => onFabric(hostLeg(family), family));
    await createFabric({ hostLink: ranges.hostLink, fabric: fabricOf(name), addresses });
    return true;
  } catch (error) {
    if (!(error instanceof NetworkError && error.reason === 'Exists')) throw error;
    return false;
  }
}

async function claimStoredRanges({ name, ranges: earlier }: StoredCluster, ipFamily: IpFamily): Promise<Ranges> {
  const ranges = ipFamily === ipFamilyOf(earlier) ? earlier : withBothFamilies(earlier);
  // An interface of our own that was left over is no hindrance.
  await deleteFabric({ hostLink: ranges.hostLink, fabric: fabricOf(name) });
  const use = inTheWay(ranges, await hostUses());
  if (!use && (await claimFabric(name, ranges))) return ranges;
  const taken = ranges.families.flatMap(({ serviceCIDR, podCIDR }) => [serviceCIDR, podCIDR]).join(' and ');
  const start = `Cannot continue the cluster ${name}: its Services and pods have addresses in ${taken}`;
  const startOver = `start over with new addresses and no objects: \`portolan up --name ${name} --fresh\``;
  const other = await runningIn(ranges.slot);
  if (other) {
    throw new UserError(
      `${start}, which the cluster ${other} uses now. Stop that with \`portolan down --name ${other}\`, or ${startOver}.`,
    );
  }
  throw new UserError(
    `${start}, which this machine uses now (${use?.by ?? `the interface ${ranges.hostLink}`}). Take that away, or ${startOver}.`,
  );
}

/** The running cluster that has the slot. */
async function runningIn(slot: number): Promise<string | undefined> {
  const cards = await Promise.all((await clusterNames()).map(readCard));
  const here = await thisNetworkNamespace();
  for (const card of cards) {
    if (card?.ranges?.slot !== slot || card.networkNamespace !== here) continue;
    if (await isAlive(card.supervisor)) return card.name;
  }
  return undefined;
}

/** Of other clusters that have data: a stopped one needs its addresses when it continues. */
async function storedSlots(name: string): Promise<ReadonlySet<number>> {
  const others = (await storedNames()).filter((other) => other !== name);
  const stored = await Promise.all(others.map((other) => readStored(other).catch(() => undefined)));
  return new Set(stored.flatMap((each) => (each ? [each.ranges.slot] : [])));
}
