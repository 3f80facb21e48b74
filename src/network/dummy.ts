// A link that leads nowhere, for addresses that this machine has for itself.

import { addAddress, ifPresent, ip, ipOutput, NetworkError } from './ip.ts';

interface LinkEntry {
  readonly operstate?: string;
  readonly flags?: readonly string[];
  readonly addr_info: readonly { readonly local: string }[];
}

/** Whether the link is up and has exactly these addresses besides link-local ones of IPv6. */
export async function hasDummy(name: string, addresses: readonly string[]): Promise<boolean> {
  const link = await readLink(name);
  const found = (link?.addr_info ?? []).map(({ local }) => local).filter((address) => !address.startsWith('fe80:'));
  return (
    (link?.flags?.includes('UP') ?? false) &&
    found.length === addresses.length &&
    addresses.every((address) => found.includes(address))
  );
}

/** Makes the link with exactly these addresses, each for itself alone. Sockets at an address that stays are not disturbed. */
export async function setDummy(name: string, addresses: readonly string[]): Promise<void> {
  let link = await readLink(name);
  if (!link) {
    await addLink(name);
    link = { addr_info: [] };
  }
  const present = link.addr_info.map(({ local }) => local).filter((address) => !address.startsWith('fe80:'));
  const alone = (address: string) => `${address}/${address.includes(':') ? 128 : 32}`;
  await ip(undefined, [
    `link set ${name} up`,
    ...present
      .filter((address) => !addresses.includes(address))
      .map((address) => `addr del ${alone(address)} dev ${name}`),
    ...addresses.filter((address) => !present.includes(address)).map((address) => addAddress(alone(address), name)),
  ]);
}

/** A bridge without ports is as good, where the kernel has no dummy links. */
async function addLink(name: string): Promise<void> {
  try {
    await ip(undefined, [`link add ${name} type dummy`]);
  } catch (error) {
    if (!(error instanceof NetworkError && /Unknown device type/.test(error.message))) throw error;
    await ip(undefined, [`link add ${name} type bridge`]);
  }
}

/** With its addresses. Resolves whether or not it was there. */
export const removeDummy = (name: string): Promise<void> => ifPresent(ip(undefined, [`link del ${name}`]));

async function readLink(name: string): Promise<LinkEntry | undefined> {
  try {
    const [link] = JSON.parse(await ipOutput(['-j', 'addr', 'show', 'dev', name])) as LinkEntry[];
    return link;
  } catch (error) {
    if (error instanceof NetworkError && error.reason === 'NotFound') return undefined;
    throw error;
  }
}
