// nsid [DATA]: who answers, for those who ask (RFC 5001). The host's name by default.

import { hostname } from 'node:os';
import { once } from './reader.ts';

export const nsid = once((line) => {
  line.noProperties();
  return { data: line.args.join(' ') || hostname() };
});
