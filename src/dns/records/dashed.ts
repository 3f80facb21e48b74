// Addresses as labels of a name, and back (spec/dns.md §1.4, §1.8).

import { isIPv4, isIPv6 } from 'node:net';

/** `10.0.0.1` → `10-0-0-1`; a final colon would leave a label ending in `-`, so `fd00:1::` → `fd00-1--0`. */
export const dashed = (address: string): string => {
  if (!address.includes(':')) return address.replaceAll('.', '-');
  const label = address.replace(/[.:]/g, '-').toLowerCase();
  return address.endsWith(':') ? `${label}0` : label;
};

/** The address that a pod's label spells; undefined when it spells none. `label` is in lower case. */
export function undashed(label: string): string | undefined {
  if (!/^[0-9a-f-]+$/.test(label)) return undefined;
  if (label.split('-').length === 4 && !label.includes('--')) {
    const address = label.replaceAll('-', '.');
    return isIPv4(address) ? address : undefined;
  }
  const address = label.replaceAll('-', ':');
  return isIPv6(address) ? address : undefined;
}
