// Packets to and from the node's own DNS are not tracked: there is nothing to translate, and nothing that could get lost
// (spec/dns.md §13). A table of its own in each family, with everything in it, replaced as a whole.

import { isIPv6 } from 'node:net';
import { isNotFound, type Nft, type TableRef, Transaction } from '#nftables/index.ts';

const families = ['ip', 'ip6'] as const;
type Family = (typeof families)[number];

const tableOf = (family: Family): TableRef => ({ family, name: 'portolan-node-dns' });
const familyOf = (address: string): Family => (isIPv6(address) ? 'ip6' : 'ip');

/** Before connection tracking (NF_IP_PRI_RAW). */
const rawPriority = -300;
const hooks = ['prerouting', 'output'] as const;

export interface Untracked {
  readonly addresses: readonly string[];
  /** Of UDP and TCP, at each of the addresses. */
  readonly ports: readonly number[];
}

/** What was there of it is replaced in one step. */
export async function setRules(nft: Nft, { addresses, ports }: Untracked): Promise<void> {
  for (const family of families) {
    const own = addresses.filter((address) => familyOf(address) === family);
    if (own.length === 0) await removeTable(nft, family);
    else await nft.run(replacement(family, own, ports));
  }
}

export async function removeRules(nft: Nft): Promise<void> {
  for (const family of families) await removeTable(nft, family);
}

/** Whether each family that has an address has its rules. */
export async function hasRules(nft: Nft, { addresses }: Untracked): Promise<boolean> {
  for (const family of new Set(addresses.map(familyOf))) {
    try {
      const chains = await nft.chains(tableOf(family));
      if (!hooks.every((hook) => chains.includes(hook))) return false;
    } catch (error) {
      if (isNotFound(error)) return false;
      throw error;
    }
  }
  return true;
}

function replacement(family: Family, addresses: readonly string[], ports: readonly number[]): Transaction {
  const transaction = new Transaction(tableOf(family));
  transaction.addTable();
  transaction.deleteTable();
  transaction.addTable();
  for (const hook of hooks) {
    transaction.add({ kind: 'chain', name: hook, hook: { type: 'filter', hook, priority: rawPriority } });
  }
  const [own, at] = [addresses.join(', '), ports.join(', ')];
  const rule = (chain: string, expression: string) => transaction.add({ kind: 'rule', chain, expression });
  const protocols = 'meta l4proto { tcp, udp }';
  for (const hook of hooks) rule(hook, `${family} daddr { ${own} } ${protocols} th dport { ${at} } notrack`);
  rule('output', `${family} saddr { ${own} } ${protocols} th sport { ${at} } notrack`);
  return transaction;
}

async function removeTable(nft: Nft, family: Family): Promise<void> {
  const transaction = new Transaction(tableOf(family));
  transaction.deleteTable();
  try {
    await nft.run(transaction);
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}
