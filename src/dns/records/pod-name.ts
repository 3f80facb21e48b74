// Pod records in `insecure` mode: a dashed address in an existing namespace is echoed (spec/dns.md §1.8).

import { isIPv4, isIPv6 } from 'node:net';
import type { OwnerRecords } from './owner.ts';

/** Undefined when the label is no address: the name does not exist. `label` is in lower case. */
export function podRecords(label: string): OwnerRecords | undefined {
  if (!/^[0-9a-f-]+$/.test(label)) return undefined;
  if (label.split('-').length === 4 && !label.includes('--')) {
    const address = label.replaceAll('-', '.');
    return isIPv4(address) ? { v4: [address] } : undefined;
  }
  const address = label.replaceAll('-', ':');
  return isIPv6(address) ? { v6: [address] } : undefined;
}
