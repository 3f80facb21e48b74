// Who controls an object: the one owner among its owners that made it and looks after it (ControllerRef).

import type { KubeObject } from './object.ts';
import type { OwnerReference } from './schema/meta.ts';

export const controllerOf = ({ metadata }: KubeObject): OwnerReference | undefined =>
  metadata.ownerReferences?.find(({ controller }) => controller);
