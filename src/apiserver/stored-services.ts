// Services in the store that an older server wrote. Upstream completes what it reads, at every read, because servers of two
// versions may share a store; this one's store is its own, so it is done once, before anybody reads.

import type { Kind, KubeObject } from '#api/index.ts';
import { completeStoredService } from '#api/kinds/service/stored.ts';
import { serviceKind } from '#api/kinds/service.ts';
import { copyJson } from '#api/schema/json.ts';
import { equalJson } from '#api/schema/managed-fields/index.ts';
import type { Registry } from './registry.ts';

/** @param primary the first IP family of the cluster. */
export async function completeStoredServices(registry: Registry, primary: string): Promise<void> {
  const kind = serviceKind as unknown as Kind;
  for await (const service of registry.all(serviceKind)) {
    const completed = copyJson(service);
    completeStoredService(completed, primary);
    if (equalJson(completed, service)) continue;
    const { namespace, name = '' } = service.metadata;
    const entry = await registry.get(kind, { namespace, name });
    if (entry) await registry.replace(kind, entry, completed as unknown as KubeObject, false);
  }
}
