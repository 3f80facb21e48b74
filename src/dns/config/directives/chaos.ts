// chaos [VERSION] [AUTHORS...]: who and what answers, in the class of old (RFC 4892).

import type { ChaosSettings } from '../settings.ts';
import { once } from './reader.ts';

/** A TXT string has no more. */
const maxLength = 255;

export const chaos = once((line): ChaosSettings => {
  line.noProperties();
  const [version, ...authors] = line.args.map((text) => text.slice(0, maxLength));
  return { version, authors: authors.sort() };
});
