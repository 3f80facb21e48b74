// The resources that the server serves, by its discovery documents (api.md §2): what namespace deletion and garbage
// collection must look at, whatever server this is.

import type { ResourceRef } from '#api/index.ts';
import type { Client } from '#client/index.ts';

export interface ServedResource extends ResourceRef {
  readonly verbs: readonly string[];
}

interface ResourceList {
  readonly resources?: readonly { name: string; kind: string; namespaced: boolean; verbs: string[] }[];
}
interface GroupList {
  readonly groups?: readonly {
    name: string;
    preferredVersion?: { version: string };
    versions: { version: string }[];
  }[];
}

/** Every resource in its group's preferred version, without sub-resources. */
export async function discover(client: Client): Promise<ServedResource[]> {
  const { groups = [] } = (await client.json('GET', '/apis')) as GroupList;
  const named = groups.map(({ name, preferredVersion, versions }) => ({
    group: name,
    version: preferredVersion?.version ?? versions[0]?.version ?? 'v1',
  }));
  const lists = await Promise.all([{ group: '', version: 'v1' }, ...named].map((one) => resourcesOf(client, one)));
  return lists.flat();
}

async function resourcesOf(client: Client, at: { group: string; version: string }): Promise<ServedResource[]> {
  const path = at.group ? `/apis/${at.group}/${at.version}` : `/api/${at.version}`;
  const { resources = [] } = (await client.json('GET', path)) as ResourceList;
  return resources
    .filter(({ name }) => !name.includes('/'))
    .map(({ name, kind, namespaced, verbs }) => ({ ...at, resource: name, kind, namespaced, verbs }));
}
