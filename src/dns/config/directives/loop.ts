// loop: at the start a query is sent that must not come back.

import { once } from './reader.ts';

export const loop = once((line, { zones }) => {
  line.noArguments();
  line.noProperties();
  return { zone: zones[0] ?? '' };
});
