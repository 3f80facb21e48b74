// autoscaling: wire types (api.md §4, §10.2).

import { type Infer, int32, message, optional, required, string } from './dsl.ts';
import { objectFields } from './meta.ts';

export const ScaleSpec = message('autoscaling.v1.ScaleSpec', 'The size that is wanted.', {
  replicas: optional(1, int32, { doc: 'How many pods.' }),
});
export type ScaleSpec = Infer<typeof ScaleSpec>;

export const ScaleStatus = message('autoscaling.v1.ScaleStatus', 'The size there is.', {
  replicas: required(1, int32, { doc: 'How many pods.' }),
  selector: optional(2, string, { doc: 'Selector of the pods, as text.' }),
});
export type ScaleStatus = Infer<typeof ScaleStatus>;

export const Scale = message('autoscaling.v1.Scale', 'The size of something that has replicas.', {
  ...objectFields,
  spec: required(2, ScaleSpec, { doc: 'The size that is wanted.' }),
  status: optional(3, ScaleStatus, { doc: 'The size there is.' }),
});
export type Scale = Infer<typeof Scale>;
