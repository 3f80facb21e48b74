// The addresses of load balancers, for the parts that have to do with them and run by themselves.

import { ApiError, isNotFound, type KubeObject, nodes, rangesOf, serviceCIDRs } from '#api/index.ts';
import type { Client, Resource } from '#client/index.ts';
import { type Taken, takenProblem } from '#cluster/pool.ts';
import type { AddressRange } from '#lib/address-ranges.ts';
import { formatCidr, parseAddress, parseCidr } from '#lib/cidr.ts';
import type { Logger } from '#lib/log.ts';
import { UserError } from '#lib/user-error.ts';

export const poolExample = '192.0.2.0/28,192.0.2.40-192.0.2.49';

/** Throws a UserError when nodes, pods or Services of the cluster have addresses of the pool, as far as its API tells. */
export async function checkPool(pool: readonly AddressRange[], client: Client, log: Logger): Promise<void> {
  const [allNodes, ranges] = await Promise.all([
    itemsOf(client.resource(nodes), log),
    itemsOf(client.resource(serviceCIDRs), log),
  ]);
  const taken: Taken[] = [
    ...allNodes.flatMap(({ metadata: { name }, spec, status }) => [
      ...(status?.addresses ?? [])
        .filter(({ address }) => parseAddress(address))
        .map(({ address }) => ({ range: address, by: `the Node ${name}` })),
      ...(spec.podCIDRs ?? []).filter(parseCidr).map((range) => ({ range, by: `the pods of the Node ${name}` })),
    ]),
    ...ranges.flatMap((object) =>
      rangesOf(object).map((range) => ({
        range: formatCidr(range),
        by: `the cluster IPs of the ServiceCIDR ${object.metadata.name}`,
      })),
    ),
  ];
  const problem = takenProblem(pool, taken);
  if (problem !== undefined) throw new UserError(problem);
}

/** Before Kubernetes 1.33 there were no ServiceCIDRs. */
async function itemsOf<T extends KubeObject>(resource: Resource<T>, log: Logger): Promise<T[]> {
  try {
    return (await resource.list()).items;
  } catch (error) {
    if (isNotFound(error)) return [];
    if (!(error instanceof ApiError && error.code === 403)) throw error;
    log.warn('may not see whether addresses of the pool are taken', { resource: resource.ref.resource, error });
    return [];
  }
}
