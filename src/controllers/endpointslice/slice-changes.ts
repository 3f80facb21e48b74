// Tells a tracker of the changes of the EndpointSlices that a controller manages, those that it loses included.

import type { EndpointSlice } from '#api/index.ts';
import type { Informer } from '#client/index.ts';
import { serviceKeyOfSlice } from './metadata.ts';
import type { SliceTracker } from './tracker.ts';

export function followSlices(
  slices: Informer<EndpointSlice>,
  isManaged: (slice: EndpointSlice) => boolean,
  tracker: SliceTracker,
): void {
  const keyOf = (slice: EndpointSlice | undefined) =>
    slice && isManaged(slice) ? serviceKeyOfSlice(slice) : undefined;
  slices.onChange((change) => {
    const [before, now] = [keyOf(change.old), keyOf(change.object)];
    if (change.old && before !== undefined && before !== now) tracker.lost(before, change.old);
    if (now !== undefined) tracker.saw(now, change);
  });
}
