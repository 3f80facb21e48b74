// Empties a Namespace that is being deleted, of all resources that the server serves, then lets it go (api.md §11).

import { apiVersionOf, ignoreNotFound, type KubeObject, type Namespace, namespaces } from '#api/index.ts';
import { type Client, keyOf, runWorkers, WorkQueue } from '#client/index.ts';
import { discover, type ServedResource } from '../discovery.ts';
import { sameJson } from '../json.ts';
import { type ControllerParts, partsFor } from '../parts.ts';
import { type Findings, isEmpty, planStatus, type Remains } from './plan.ts';

type Parts = ControllerParts<'namespaces' | 'pods'>;

/** How often the content is looked at that no informer tells about. */
const recheckMs = 500;
/** Deletions of one resource that are under way together. */
const atOnce = 50;

export function runNamespaces(shared: Parts): Promise<void> {
  const parts = partsFor(shared, 'namespace-controller');
  const { informers, signal, log } = parts;
  const queue = new WorkQueue();
  const isGoing = (name: string | undefined): boolean =>
    Boolean(name && informers.namespaces.get(name)?.metadata.deletionTimestamp);
  informers.namespaces.onChange(({ object }) => {
    if (object.metadata.deletionTimestamp) queue.add(keyOf(object));
  });
  // Pods take their time to end, so they are what a namespace waits for.
  informers.pods.onChange(({ type, object: { metadata } }) => {
    if (type === 'deleted' && isGoing(metadata.namespace)) queue.add(metadata.namespace ?? '');
  });
  return runWorkers(queue, { signal, workers: 4, log }, (name) => reconcile(parts, queue, name));
}

async function reconcile({ client, informers, clock }: Parts, queue: WorkQueue, name: string): Promise<void> {
  const namespace = informers.namespaces.get(name);
  if (!namespace?.metadata.deletionTimestamp) return;
  const findings = await clear(client, name);
  const status = planStatus(namespace, findings, clock.now());
  const resource = client.resource(namespaces);
  if (isEmpty(findings)) {
    await finalize(client, namespace).catch(ignoreNotFound);
    return;
  }
  queue.addAfter(name, recheckMs);
  if (!sameJson(status, namespace.status)) await resource.updateStatus({ ...namespace, status }).catch(ignoreNotFound);
}

/** Asks for the deletion of everything in it, and counts what is still there. */
async function clear(client: Client, namespace: string): Promise<Findings> {
  let served: ServedResource[];
  try {
    served = await discover(client);
  } catch (error) {
    return { remains: [], deletionErrors: [], discoveryError: (error as Error).message };
  }
  const deletable = served.filter(
    ({ namespaced, verbs }) => namespaced && verbs.includes('list') && verbs.includes('delete'),
  );
  const results = await Promise.allSettled(deletable.map((ref) => clearResource(client, ref, namespace)));
  return {
    remains: results.filter((result) => result.status === 'fulfilled').map(({ value }) => value),
    deletionErrors: results
      .filter((result) => result.status === 'rejected')
      .map(({ reason }) => (reason as Error).message),
  };
}

async function clearResource(client: Client, ref: ServedResource, namespace: string): Promise<Remains> {
  const resource = client.resource(ref);
  const { items } = await resource.list({ namespace });
  const doomed = items.filter(({ metadata }) => !metadata.deletionTimestamp);
  for (let at = 0; at < doomed.length; at += atOnce) {
    await Promise.all(
      doomed
        .slice(at, at + atOnce)
        .map(({ metadata: { name = '', uid } }) =>
          resource.delete(name, { namespace, uid, propagationPolicy: 'Background' }).catch(ignoreNotFound),
        ),
    );
  }
  const left = items.length > 0 ? (await resource.list({ namespace })).items : [];
  return {
    resource: `${ref.resource}.${ref.group}`,
    count: left.length,
    finalizers: count(left),
  };
}

function count(objects: readonly KubeObject[]): Record<string, number> {
  const finalizers = objects.flatMap(({ metadata }) => metadata.finalizers ?? []);
  return Object.fromEntries([...Map.groupBy(finalizers, (name) => name)].map(([name, all]) => [name, all.length]));
}

async function finalize(client: Client, namespace: Namespace): Promise<void> {
  const finalizers = (namespace.spec.finalizers ?? []).filter((finalizer) => finalizer !== 'kubernetes');
  const body = { ...namespace, apiVersion: apiVersionOf(namespaces), kind: namespaces.kind, spec: { finalizers } };
  await client.json('PUT', `/api/v1/namespaces/${namespace.metadata.name}/finalize`, body);
}
