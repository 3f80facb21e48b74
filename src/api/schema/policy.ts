// policy: wire types (api.md §4, §10.2).

import { type Infer, message, optional, pointer, required, string } from './dsl.ts';
import { DeleteOptions, ObjectMeta } from './meta.ts';

export const Eviction = message('policy.v1.Eviction', 'A wish to have a pod leave its node.', {
  apiVersion: optional(0, string, { doc: 'Group and version of the schema, such as apps/v1.' }),
  kind: optional(0, string, { doc: 'Name of the schema, such as Deployment.' }),
  metadata: required(1, ObjectMeta, { doc: 'Name and namespace of the pod.' }),
  deleteOptions: pointer(2, DeleteOptions, { doc: 'How the pod is to be deleted.' }),
});
export type Eviction = Infer<typeof Eviction>;
