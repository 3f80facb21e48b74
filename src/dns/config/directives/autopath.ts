// autopath [ZONES...] @kubernetes|FILE: the search list is gone through here, in place of the client's.

import type { AutopathSettings } from '../settings.ts';
import { zonesOf } from '../values.ts';
import { once } from './reader.ts';

export const autopath = once((line, block): AutopathSettings => {
  line.noProperties();
  const args = line.someArguments('@kubernetes, or a file such as /etc/resolv.conf');
  const source = args.at(-1) as string;
  const zones = args.length === 1 ? block.zones : zonesOf(line, args.slice(0, -1));
  if (source === '@kubernetes') return { zones, search: { from: 'kubernetes' } };
  if (source.startsWith('@')) throw line.mustBe(source, '@kubernetes or a file');
  return { zones, search: { from: 'file', file: block.pathOf(source) } };
});
