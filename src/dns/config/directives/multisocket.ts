// multisocket [NUMBER]: so many sockets an address, each with a process of its own behind it (SO_REUSEPORT).

import { availableParallelism } from 'node:os';
import { wholeNumber } from '../values.ts';
import { once } from './reader.ts';

export const multisocket = once((line) => {
  line.noProperties();
  const [number = String(availableParallelism())] = line.upToArguments(1, 'a number of sockets');
  return { sockets: wholeNumber(line, number, 1, 1024) };
});
