// cancel [DURATION]: how long a query may take.

import { durationMs } from '../values.ts';
import { once } from './reader.ts';

/** Longer than any resolver of a client waits. */
const defaultTimeout = '5001ms';

export const cancel = once((line) => {
  line.noProperties();
  const [timeout = defaultTimeout] = line.upToArguments(1, 'a duration');
  return { timeoutMs: durationMs(line, timeout, 1, 'at least 1ms') };
});
