// What an `up` makes its own before it starts anything: the name, and the addresses. A cluster that has data goes on with the
// addresses that they hold; a new one takes the first that are free, those of stopped clusters last. What cannot be is refused
// before anything is made, and before stored data are forgotten.

import { UserError } from '#lib/user-error.ts';
import { createFabric, hostUses, NetworkError } from '#network/index.ts';
import { readStored, removeData, type StoredCluster, storedNames } from './data-folder.ts';
import { defaultApiPort } from './endpoints.ts';
import { removeCluster } from './leftovers.ts';
import { checkPool, type LoadBalancerWish, poolProblem, settleLoadBalancer } from './load-balancer.ts';
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
  /** Whether what is stored under the name is to be forgotten. */
  readonly fresh: boolean;
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
  const stored = storage === 'memory' || fresh ? undefined : await readStored(name);
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
  return { card, ipFamily, stored, fresh };
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
export async function claimRanges({ card, ipFamily, stored, fresh }: Claim): Promise<Ranges> {
  const candidates = await (stored ? storedRanges(stored, card, ipFamily) : newRanges(card, ipFamily));
  if (fresh) await removeData(card.name);
  for (const ranges of candidates) if (await claimFabric(card.name, ranges)) return ranges;
  const [ranges] = candidates;
  if (stored && ranges) throw await taken(card.name, ranges, `the interface ${ranges.hostLink}`);
  throw new UserError('No free address ranges: stop a cluster with `portolan down --name NAME`.');
}

/** In order of preference. Throws a UserError when the load balancers' pool is in the way of the first. */
async function newRanges(card: ClusterCard, ipFamily: IpFamily): Promise<Ranges[]> {
  const [uses, reserved] = await Promise.all([hostUses(), storedSlots(card.name)]);
  const [first, ...others] = freeRanges(ipFamily, uses, reserved);
  if (!first) return [];
  checkPool({ ...card, ranges: first }, uses);
  return [first, ...others.filter((ranges) => poolProblem({ ...card, ranges }, uses) === undefined)];
}

/** Throws a UserError when something of this machine, or the load balancers' pool, is in their way. */
async function storedRanges(stored: StoredCluster, card: ClusterCard, ipFamily: IpFamily): Promise<Ranges[]> {
  const ranges = ipFamily === ipFamilyOf(stored.ranges) ? stored.ranges : withBothFamilies(stored.ranges);
  const uses = await hostUses();
  const use = inTheWay(ranges, uses);
  if (use) throw await taken(card.name, ranges, use.by);
  checkPool({ ...card, ranges }, uses);
  return [ranges];
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

/** @param by what of this machine uses them */
async function taken(name: string, { families, slot }: Ranges, by: string): Promise<UserError> {
  const ranges = families.flatMap(({ serviceCIDR, podCIDR }) => [serviceCIDR, podCIDR]).join(' and ');
  const start = `Cannot continue the cluster ${name}: its Services and pods have addresses in ${ranges}`;
  const startOver = `start over with new addresses and no objects: \`portolan up --name ${name} --fresh\``;
  const other = await runningIn(slot);
  return new UserError(
    other
      ? `${start}, which the cluster ${other} uses now. Stop that with \`portolan down --name ${other}\`, or ${startOver}.`
      : `${start}, which this machine uses now (${by}). Take that away, or ${startOver}.`,
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
