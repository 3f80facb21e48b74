// DNS at an address of every node.

export { type CorefileValues, fillCorefile, usualCorefile } from './corefile.ts';
export { LocalAddress, type LocalAddressParts, removeLeftovers } from './local-address.ts';
