// loadbalance [round_robin] { prefer CIDR... }: addresses come in another order every time.

import type { LoadBalanceSettings } from '../settings.ts';
import { cidrOf, oneOf } from '../values.ts';
import { once } from './reader.ts';

export const loadbalance = once((line): LoadBalanceSettings => {
  const [policy = 'round_robin'] = line.upToArguments(1, 'round_robin');
  const prefer: LoadBalanceSettings['prefer'][number][] = [];
  line.readProperties({
    prefer: (property) => {
      const ranges = property.someArguments('ranges of addresses');
      prefer.push(...ranges.map((range) => cidrOf(property, range)));
    },
  });
  return { policy: oneOf(line, policy, ['round_robin']), prefer };
});
