// The door of the stories, and which version tells which: the oldest and the newest tell all of them.

import type { Story } from '../story.ts';
import { applying } from './applying.ts';
import { changing } from './changing.ts';
import { creating } from './creating.ts';
import { deleting } from './deleting.ts';
import { explaining } from './explaining.ts';
import { reading } from './reading.ts';
import { rollingOut } from './rolling-out.ts';
import { serverSideApplying } from './server-side-applying.ts';
import { shortTour } from './short-tour.ts';
import { tendingNodes } from './tending-nodes.ts';

const all: readonly Story[] = [
  reading,
  explaining,
  creating,
  applying,
  serverSideApplying,
  changing,
  rollingOut,
  deleting,
  tendingNodes,
];

export function storiesFor(
  minor: number,
  versions: { readonly oldest: number; readonly newest: number },
): readonly Story[] {
  if (minor === versions.oldest || minor === versions.newest) return all;
  // 1.27 and 1.28 read OpenAPI v2 in protobuf, and it is these that do.
  return minor <= 28 ? [shortTour, explaining, applying] : [shortTour];
}
