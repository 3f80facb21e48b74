// Gives every Namespace a ServiceAccount `default`, which pods that name none use.

import { isAlreadyExists, serviceAccounts } from '#api/index.ts';
import { keyOf, runWorkers, WorkQueue } from '#client/index.ts';
import { type ControllerParts, partsFor } from '../parts.ts';

const name = 'default';

export function runServiceAccounts(shared: ControllerParts<'namespaces' | 'serviceAccounts'>): Promise<void> {
  const { client, informers, signal, log } = partsFor(shared, 'serviceaccount-controller');
  const queue = new WorkQueue();
  informers.namespaces.onChange(({ object }) => queue.add(keyOf(object)));
  informers.serviceAccounts.onChange(({ type, object: { metadata } }) => {
    if (type === 'deleted' && metadata.name === name) queue.add(metadata.namespace ?? '');
  });
  return runWorkers(queue, { signal, workers: 2, log }, async (namespace) => {
    const owner = informers.namespaces.get(namespace);
    const isNeeded = owner && !owner.metadata.deletionTimestamp && !informers.serviceAccounts.get(name, namespace);
    if (!isNeeded) return;
    await client
      .resource(serviceAccounts)
      .create({ metadata: { name, namespace } })
      .catch((error) => {
        if (!isAlreadyExists(error)) throw error;
      });
  });
}
