// prometheus [ADDRESS]: /metrics over HTTP, and the queries of this block are counted.

import { listenAddress } from '../values.ts';
import { once } from './reader.ts';

export const prometheus = once((line) => {
  line.noProperties();
  const [address = 'localhost:9153'] = line.upToArguments(1, 'an address with a port');
  return listenAddress(line, address);
});
