// What a reply means to the cache: whether it belongs there, what is kept of it, and whether it ends what was known before.

import type { CacheSettings } from '../../config/settings.ts';
import {
  Flag,
  FormatError,
  headerSize,
  isWithin,
  keyOf,
  type Name,
  type Outline,
  outline,
  questionSize,
  Rcode,
  rcodeOf,
} from '../../wire/index.ts';
import type { Inquiry } from '../relay.ts';
import type { Answer } from '../resolver.ts';
import { Entry } from './entry.ts';
import { type Kind, lifetimeOf } from './lifetime.ts';
import type { SharedParts } from './parts.ts';

export interface Reading {
  /** Undefined: the reply is not to be kept. */
  readonly entry: Entry | undefined;
  /** A whole NOERROR or NXDOMAIN: what was known before no longer holds. Anything else is a failure (RFC 8767 §4). */
  readonly isConclusive: boolean;
}

const nothing: Reading = { entry: undefined, isConclusive: false };

export function read({ settings, clock, counts }: SharedParts, inquiry: Inquiry, answer: Answer): Reading {
  if (!Buffer.isBuffer(answer)) return nothing;
  const parts = outlined(answer);
  if (!parts || !isAbout(inquiry, answer, parts)) {
    counts.drops++;
    return nothing;
  }
  const flags = answer.readUInt16BE(2);
  // The upper bits of BADVERS and its like are in the OPT record, which is not kept.
  if (flags & Flag.TC || parts.edns?.extendedRcode) return nothing;
  const rcode = rcodeOf(flags);
  const isConclusive = rcode === Rcode.NOERROR || rcode === Rcode.NXDOMAIN;
  const lifetime = lifetimeOf(answer, parts, inquiry.type, settings);
  if (!lifetime || isDisabled(lifetime.kind, inquiry.name, settings)) return { ...nothing, isConclusive };
  return { entry: new Entry(inquiry, answer, parts, lifetime, clock.now().getTime()), isConclusive };
}

const isDisabled = (kind: Kind, name: Name, { success, denial }: CacheSettings): boolean =>
  (kind === 'success' ? success : denial).disabled.some((zone) => isWithin(name, zone));

function outlined(reply: Buffer): Outline | undefined {
  try {
    return outline(reply);
  } catch (error) {
    if (error instanceof FormatError) return undefined;
    throw error;
  }
}

/** Whether the reply repeats the question. A failure may leave it out. */
function isAbout({ name, type, class: klass }: Inquiry, reply: Buffer, { questionEnd, ends }: Outline): boolean {
  if (questionEnd === headerSize) return ends.length === 0 && rcodeOf(reply.readUInt16BE(2)) !== Rcode.NOERROR;
  return (
    questionEnd === headerSize + questionSize(name) &&
    keyOf(reply.toString('latin1', headerSize, questionEnd - 5)) === name &&
    reply.readUInt16BE(questionEnd - 4) === type &&
    reply.readUInt16BE(questionEnd - 2) === klass
  );
}
