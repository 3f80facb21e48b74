// coordination: wire types (api.md §4, §10.2).

import { type Infer, int32, message, microTime, optional, pointer, required, string } from './dsl.ts';
import { ObjectMeta } from './meta.ts';

export const LeaseSpec = message('coordination.v1.LeaseSpec', '', {
  holderIdentity: pointer(1, string),
  leaseDurationSeconds: pointer(2, int32),
  acquireTime: pointer(3, microTime),
  renewTime: pointer(4, microTime),
  leaseTransitions: pointer(5, int32),
  strategy: pointer(6, string),
  preferredHolder: pointer(7, string),
});
export type LeaseSpec = Infer<typeof LeaseSpec>;

export const Lease = message('coordination.v1.Lease', '', {
  apiVersion: optional(0, string),
  kind: optional(0, string),
  metadata: required(1, ObjectMeta),
  spec: required(2, LeaseSpec),
});
export type Lease = Infer<typeof Lease>;
