// bind ADDRESS|INTERFACE... { except ADDRESS|INTERFACE... }: where to listen. Several lines add up.

import { isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
import { attemptAll, type Line } from '../line.ts';
import type { Reader } from './reader.ts';

export const bind: Reader<readonly string[]> = (lines) => {
  const addresses = new Set(attemptAll(lines, readLine).flat());
  if (addresses.size === 0) throw lines[0].problem('no address is left after except');
  return [...addresses];
};

function readLine(line: Line): string[] {
  const addresses = addressesOf(line, line.someArguments('addresses or names of interfaces'));
  const excepted = new Set<string>();
  line.readProperties({
    except: (property) => {
      const given = property.someArguments('addresses or names of interfaces');
      for (const address of addressesOf(property, given)) excepted.add(address);
    },
  });
  return addresses.filter((address) => !excepted.has(address));
}

/** Of an interface those that it has now. */
function addressesOf(line: Line, texts: readonly string[]): string[] {
  const interfaces = networkInterfaces();
  return texts.flatMap((text) => {
    const found = interfaces[text];
    if (found)
      return found.map(({ address, family, scopeid }) =>
        family === 'IPv6' && scopeid ? `${address}%${text}` : address,
      );
    if (isIP(text) === 0) throw line.mustBe(text, 'an IP address or the name of an interface');
    return [text];
  });
}
