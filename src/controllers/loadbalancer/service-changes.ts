// What of a change of a Service its events tell, in upstream's words (k8s.io/cloud-provider, service controller). Pure.

import type { Service } from '#api/index.ts';
import { sameJson } from '../json.ts';

export interface Told {
  readonly reason: string;
  readonly message: string;
}

/** As Go prints a list. */
const list = (values: readonly string[] | undefined): string => `[${(values ?? []).join(' ')}]`;
const arrow = (reason: string, before: unknown, after: unknown): Told[] =>
  sameJson(before ?? '', after ?? '') ? [] : [{ reason, message: `${before ?? ''} -> ${after ?? ''}` }];

export function tellChanges({ spec: before }: Service, { spec: after }: Service): Told[] {
  if (before.type !== after.type) {
    const concerns = before.type === 'LoadBalancer' || after.type === 'LoadBalancer';
    return concerns ? arrow('Type', before.type, after.type) : [];
  }
  if (after.type !== 'LoadBalancer') return [];
  return [
    ...arrow('LoadBalancerSourceRanges', list(before.loadBalancerSourceRanges), list(after.loadBalancerSourceRanges)),
    ...arrow('LoadbalancerIP', before.loadBalancerIP, after.loadBalancerIP),
    ...arrow('ExternalTrafficPolicy', before.externalTrafficPolicy, after.externalTrafficPolicy),
    ...arrow('HealthCheckNodePort', before.healthCheckNodePort ?? 0, after.healthCheckNodePort ?? 0),
  ];
}
