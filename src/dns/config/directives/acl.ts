// acl [ZONES...] { allow|block|filter|drop [type TYPES...] [net RANGES...] }: who may ask for what.

import type { Line } from '../line.ts';
import type { AclRules } from '../settings.ts';
import { cidrOrAddress, oneOf, recordType, zonesOf } from '../values.ts';
import { each } from './reader.ts';

type Policy = AclRules['policies'][number];

export const acl = each((line, block): AclRules => {
  const policies: Policy[] = [];
  const policy = (action: Policy['action']) => (property: Line) => {
    policies.push({ action, ...conditionsOf(property) });
  };
  line.readProperties({
    allow: policy('allow'),
    block: policy('block'),
    filter: policy('filter'),
    drop: policy('drop'),
  });
  return { zones: line.args.length === 0 ? block.zones : zonesOf(line, line.args), policies };
});

/** Of the words after `type`, and of those after `net`; a star among them is like none at all. */
function conditionsOf(property: Line): Pick<Policy, 'types' | 'sources'> {
  const words = { type: [] as string[], net: [] as string[] };
  const [first, ...others] = property.args;
  let section = first === undefined ? 'type' : oneOf(property, first.toLowerCase(), ['type', 'net']);
  for (const word of others) {
    const lower = word.toLowerCase();
    if (lower === 'type' || lower === 'net') section = lower;
    else words[section].push(word);
  }
  const given = (list: string[]) => list.length > 0 && !list.includes('*');
  return {
    types: given(words.type) ? new Set(words.type.map((word) => recordType(property, word))) : undefined,
    sources: given(words.net) ? words.net.map((word) => cidrOrAddress(property, word)) : undefined,
  };
}
