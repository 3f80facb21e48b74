// bufsize [SIZE]: the largest UDP response, and the size that clients are told.

import { wholeNumber } from '../values.ts';
import { once } from './reader.ts';

/** Fits any path without fragments (DNS flag day 2020). */
const defaultSize = '1232';

export const bufsize = once((line) => {
  line.noProperties();
  const [size = defaultSize] = line.upToArguments(1, 'a size');
  return wholeNumber(line, size, 512, 4096);
});
