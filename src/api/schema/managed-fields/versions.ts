// The versions in which the fields of one object may be named. Most kinds have one; those that are kept in the form of
// another have a few, and an owner's fields are compared in the words in which they were written (api.md §10.3).

import type { Struct } from './shape.ts';

export interface Versions {
  /** Undefined for a version that is not served (any more). */
  shapeOf(apiVersion: string): Struct | undefined;
  /** Between two versions that are served. Neither changes its argument. */
  convert(object: object, from: string, to: string): object;
}

export const singleVersion = (version: string, shape: Struct): Versions => ({
  shapeOf: (apiVersion) => (apiVersion === version ? shape : undefined),
  convert: (object) => object,
});
