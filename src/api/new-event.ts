// A core/v1 Event as whoever records it writes it for the first time (api.md §16).

import { randomBytes } from 'node:crypto';
import type { KubeObject } from './object.ts';
import type { Event } from './schema/core.ts';
import { timestamp } from './schema/time.ts';

export interface NewEvent {
  /** Must have `apiVersion` and `kind`. */
  readonly about: KubeObject;
  readonly type: string;
  readonly reason: string;
  readonly message: string;
  readonly component: string;
  /** The node that the component is on. */
  readonly host?: string | undefined;
  readonly at: Date;
}

export function newEvent({ about, type, reason, message, component, host, at }: NewEvent): Event {
  const { apiVersion, kind, metadata } = about;
  const { name = '', namespace, uid, resourceVersion } = metadata;
  const now = timestamp(at);
  return {
    metadata: { name: `${dnsNameOf(name)}.${randomBytes(8).toString('hex')}`, namespace: namespace ?? 'default' },
    involvedObject: { apiVersion, kind, name, namespace, uid, resourceVersion },
    type,
    reason,
    message: message.slice(0, 1024),
    source: { component, ...(host && { host }) },
    firstTimestamp: now,
    lastTimestamp: now,
    count: 1,
    reportingComponent: component,
    reportingInstance: host ?? '',
  };
}

/** An event's name may not have the colons of an address. */
const dnsNameOf = (name: string): string => name.replaceAll(':', '-').replace(/^-+/, '') || 'event';
