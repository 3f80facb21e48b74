// Every name of a response, given other names.

import {
  FormatError,
  formatName,
  type Message,
  type Name,
  parseName,
  type RecordData,
  type ResourceRecord,
} from '../wire/index.ts';
import type { Reversal } from './name-rule.ts';

/** What a rule makes of a name may be none: then it stays. */
export function reversed(message: Message, reversals: readonly Reversal[]): Message {
  const renames = (of: Reversal['of']) => {
    const own = reversals.filter((reversal) => reversal.of === of).map(({ rename }) => rename);
    return (name: Name): Name => {
      const text = formatName(name);
      const other = own.reduce((current, rename) => rename(current), text);
      return other === text ? name : (nameOf(other) ?? name);
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

/** Undefined for what is no name. */
export function nameOf(text: string): Name | undefined {
  try {
    return parseName(text);
  } catch (error) {
    if (error instanceof FormatError) return undefined;
    throw error;
  }
}
