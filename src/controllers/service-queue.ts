// Queues the Services that a change of a Service or of a pod concerns.

import { keyOf, WorkQueue } from '#client/index.ts';
import type { Informers } from './parts.ts';
import { affectsEndpoints, servicesOf } from './service-pods.ts';

export function queueServices({ services, pods }: Informers): WorkQueue {
  const queue = new WorkQueue();
  const servicesUnder = (key: string) => services.by('selector', key);
  services.onChange(({ object }) => queue.add(keyOf(object)));
  pods.onChange(({ object, old }) => {
    if (old && !affectsEndpoints(old, object)) return;
    for (const service of servicesOf(object, servicesUnder)) queue.add(keyOf(service));
    for (const service of old ? servicesOf(old, servicesUnder) : []) queue.add(keyOf(service));
  });
  return queue;
}
