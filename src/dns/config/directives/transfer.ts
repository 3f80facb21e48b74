// transfer [ZONES...] { to ADDRESS|*... }: who may have whole zones (AXFR, IXFR).

import { isIP } from 'node:net';
import type { Line } from '../line.ts';
import type { HostPort, TransferSettings } from '../settings.ts';
import { splitHostPort, zonesOf } from '../values.ts';
import { each } from './reader.ts';

export const transfer = each((line, block): TransferSettings => {
  const to: ('*' | HostPort)[] = [];
  line.readProperties({
    to: (property) => {
      const addresses = property.someArguments('addresses, or *');
      to.push(...addresses.map((address) => (address === '*' ? address : secondaryOf(property, address))));
    },
  });
  if (to.length === 0) throw line.problem('"to" is missing: who may transfer the zone');
  return {
    zones: line.args.length === 0 ? block.zones : zonesOf(line, line.args),
    to: to.includes('*') ? '*' : to.filter((address) => address !== '*'),
  };
});

function secondaryOf(property: Line, text: string): HostPort {
  const { host = '', port = 53 } = splitHostPort(text) ?? {};
  if (isIP(host) === 0) throw property.mustBe(text, 'an IP address or *');
  return { host, port };
}
