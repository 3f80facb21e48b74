// Every name of a response, given other names.

import { formatName, type Message, type Name, nameFrom, type RecordData, type ResourceRecord } from '../wire/index.ts';
import type { Reversal } from './name-rule.ts';

/** What a rule makes of a name may be none: then it stays. */
export function reversed(message: Message, reversals: readonly Reversal[]): Message {
  const renames = (of: Reversal['of']) => {
    const own = reversals.filter((reversal) => reversal.of === of).map(({ rename }) => rename);
    return (name: Name): Name => {
      const text = formatName(name);
      const other = own.reduce((current, rename) => rename(current), text);
      return other === text ? name : (nameFrom(other) ?? name);
    };
  };
  const [owner, value] = [renames('name'), renames('value')];
  const renamed = (record: ResourceRecord): ResourceRecord =>
    record.data.type === 'OPT' ? record : { ...record, name: owner(record.name), data: withValue(record.data, value) };
  const { answer, authority, additional } = message;
  return {
    ...message,
    answer: answer.map(renamed),
    authority: authority.map(renamed),
    additional: additional.map(renamed),
  };
}

function withValue(data: RecordData, value: (name: Name) => Name): RecordData {
  switch (data.type) {
    case 'CNAME':
    case 'NS':
    case 'PTR':
    case 'SRV':
      return { ...data, target: value(data.target) };
    case 'MX':
      return { ...data, exchange: value(data.exchange) };
    case 'SOA':
      return { ...data, mname: value(data.mname) };
    default:
      return data;
  }
}
