// autoscaling: wire types (api.md §4, §10.2).

import { type Infer, int32, message, optional, required, string } from './dsl.ts';
import { ObjectMeta } from './meta.ts';

export const ScaleSpec = message('autoscaling.v1.ScaleSpec', '', {
  replicas: optional(1, int32),
});
export type ScaleSpec = Infer<typeof ScaleSpec>;

export const ScaleStatus = message('autoscaling.v1.ScaleStatus', '', {
  replicas: required(1, int32),
  selector: optional(2, string),
});
export type ScaleStatus = Infer<typeof ScaleStatus>;

export const Scale = message('autoscaling.v1.Scale', '', {
  apiVersion: optional(0, string),
  kind: optional(0, string),
  metadata: required(1, ObjectMeta),
  spec: required(2, ScaleSpec),
  status: optional(3, ScaleStatus),
});
export type Scale = Infer<typeof Scale>;
