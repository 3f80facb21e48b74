// nftables: objects, one transaction, the real nft and one in memory.

export { isNotFound, NftError, type NftErrorReason, type RefusedElement } from './errors.ts';
export { jhash } from './jhash.ts';
export type { Nft } from './nft.ts';
export { NftExec, type NftExecOptions } from './nft-exec.ts';
export { FakeNft } from './nft-fake.ts';
export {
  type Chain,
  commentText,
  type Element,
  type Hook,
  type NamedSet,
  type NftObject,
  type Rule,
  type TableRef,
} from './objects.ts';
export { type Operation, Transaction } from './transaction.ts';
export type { Packet } from './walk/flow.ts';
export { type Step, trailText, type Walked, type WalkOptions, walk } from './walk/walk.ts';
