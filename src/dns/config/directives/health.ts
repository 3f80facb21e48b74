// health [ADDRESS] { lameduck DURATION }: /health over HTTP, 200 as long as the process runs.

import type { HealthSettings } from '../settings.ts';
import { durationMs, listenAddress } from '../values.ts';
import { once } from './reader.ts';

export const health = once((line): HealthSettings => {
  const [address = ':8080'] = line.upToArguments(1, 'an address with a port');
  let lameduckMs = 0;
  line.readProperties({
    lameduck: (property) => {
      lameduckMs = durationMs(property, property.oneArgument('a duration'));
    },
  });
  return { ...listenAddress(line, address), lameduckMs };
});
