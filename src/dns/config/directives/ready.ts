// ready [ADDRESS] { monitor until-ready|continuously }: /ready over HTTP, 503 until everything has been listed.

import type { ReadySettings } from '../settings.ts';
import { listenAddress, oneOf } from '../values.ts';
import { once } from './reader.ts';

export const ready = once((line): ReadySettings => {
  const [address = ':8181'] = line.upToArguments(1, 'an address with a port');
  let monitor: ReadySettings['monitor'] = 'until-ready';
  line.readProperties({
    monitor: (property) => {
      monitor = oneOf(property, property.oneArgument('until-ready or continuously'), ['until-ready', 'continuously']);
    },
  });
  return { ...listenAddress(line, address), monitor };
});
