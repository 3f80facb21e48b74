// The door of managed-fields/: who owns which field of an object, and what an applied configuration makes of it.

export { type Application, type Applied, apply } from './apply.ts';
export { checkApplied } from './check-applied.ts';
export { unchangedFields } from './compare.ts';
export { type Conflict, conflictCauses, conflictMessage } from './conflicts.ts';
export { equalJson } from './equal.ts';
export { type Ignored, ignoredFields, nothingIgnored } from './ignored.ts';
export {
  decodeOwners,
  entriesOf,
  equalButForTimes,
  isReset,
  type Manager,
  type Owner,
  ownerOf,
  storedOwners,
} from './managers.ts';
export { toParent, toScale } from './scale.ts';
export { shapeOf } from './shape.ts';
export { fieldsOfCreator, trackCreate, trackUpdate } from './track.ts';
export { singleVersion, type Versions } from './versions.ts';
