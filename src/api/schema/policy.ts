// policy: wire types (api.md §4, §10.2).

import { type Infer, message, optional, pointer, required, string } from './dsl.ts';
import { DeleteOptions, ObjectMeta } from './meta.ts';

export const Eviction = message('policy.v1.Eviction', '', {
  apiVersion: optional(0, string, {
    doc: 'Group and version of the schema, such as apps/v1.',
    doc: 'Group and version of the schema, such as apps/v1.',
  }),
  kind: optional(0, string, {
    doc: 'Name of the schema, such as Deployment.',
    doc: 'Name of the schema, such as Deployment.',
  }),
  metadata: required(1, ObjectMeta, { doc: 'Name, labels and the like.', doc: 'Name, labels and the like.' }),
  deleteOptions: pointer(2, DeleteOptions),
});
export type Eviction = Infer<typeof Eviction>;
