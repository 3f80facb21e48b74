// coordination: wire types (api.md §4, §10.2).

import { type Infer, int32, message, microTime, pointer, required, string } from './dsl.ts';
import { objectFields } from './meta.ts';

export const LeaseSpec = message('coordination.v1.LeaseSpec', 'Who claims, since when and for how long.', {
  holderIdentity: pointer(1, string, { doc: 'Who holds the lease. Empty: nobody.' }),
  leaseDurationSeconds: pointer(2, int32, {
    doc: 'Seconds after renewTime for which others must leave it to its holder.',
  }),
  acquireTime: pointer(3, microTime, { doc: 'When its holder got it.' }),
  renewTime: pointer(4, microTime, { doc: 'When its holder last renewed it.' }),
  leaseTransitions: pointer(5, int32, { doc: 'How often it changed hands.' }),
  strategy: pointer(6, string, { doc: 'How the next holder is chosen, in coordinated leader election.' }),
  preferredHolder: pointer(7, string, { doc: 'Who should hold it instead, in coordinated leader election.' }),
});
export type LeaseSpec = Infer<typeof LeaseSpec>;

export const Lease = message(
  'coordination.v1.Lease',
  'A claim that has to be renewed: of a node to be alive, of one instance among several to be the leader.',
  {
    ...objectFields,
    spec: required(2, LeaseSpec, { doc: 'The claim.' }),
  },
);
export type Lease = Infer<typeof Lease>;
