// policy: wire types (api.md §4, §10.2).

import { type Infer, message, optional, pointer, required, string } from './dsl.ts';
import { DeleteOptions, ObjectMeta } from './meta.ts';

export const Eviction = message('policy.v1.Eviction', '', {
  apiVersion: optional(0, string),
  kind: optional(0, string),
  metadata: required(1, ObjectMeta),
  deleteOptions: pointer(2, DeleteOptions),
});
export type Eviction = Infer<typeof Eviction>;
