// Ethernet frames that tell a link unasked which hardware address an IP address is at: gratuitous ARP (RFC 826, RFC 5227
// §3) and unsolicited neighbour advertisements (RFC 4861 §7.2.6). Neighbours that knew the address elsewhere take the new one.

import { parseAddress } from '#lib/cidr.ts';

export interface Frame {
  /** The EtherType. */
  readonly protocol: number;
  readonly bytes: Buffer;
}

const etherTypes = { arp: 0x0806, ipv6: 0x86dd } as const;
const broadcast = Buffer.from('ffffffffffff', 'hex');

/** @param hardware like `02:00:00:00:00:01` */
export function announcementOf(address: string, hardware: string): Frame {
  const parsed = parseAddress(address);
  const mac = Buffer.from(hardware.replaceAll(':', ''), 'hex');
  if (!parsed || mac.length !== 6) throw new TypeError(`cannot announce ${address} at ${hardware}`);
  return parsed.family === 'IPv4'
    ? gratuitousArp(bytesOf(parsed.value, 4), mac)
    : neighbourAdvertisement(bytesOf(parsed.value, 16), mac);
}

const bytesOf = (value: bigint, length: number): Buffer =>
  Buffer.from(value.toString(16).padStart(2 * length, '0'), 'hex');

/** A request for an address by its owner; some listen to requests alone, all listen to these. */
function gratuitousArp(ip: Buffer, mac: Buffer): Frame {
  const protocol = etherTypes.arp;
  // Ethernet, IPv4, lengths 6 and 4, request.
  const head = Buffer.from('0001080006040001', 'hex');
  const body = Buffer.concat([head, mac, ip, broadcast, ip]);
  return { protocol, bytes: ethernet(broadcast, mac, protocol, body) };
}

/** To all nodes of the link, with the override flag set, and from a router, which is what a node of a cluster is. */
function neighbourAdvertisement(ip: Buffer, mac: Buffer): Frame {
  const protocol = etherTypes.ipv6;
  const [hopLimit, icmpv6] = [255, 58];
  const allNodes = Buffer.from('ff020000000000000000000000000001', 'hex');
  const flags = Buffer.from('a0000000', 'hex');
  const linkAddress = Buffer.concat([Buffer.from([2, 1]), mac]);
  const message = Buffer.concat([Buffer.from([136, 0, 0, 0]), flags, ip, linkAddress]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(message.length);
  const pseudoHeader = Buffer.concat([ip, allNodes, length, Buffer.from([0, 0, 0, icmpv6])]);
  message.writeUInt16BE(checksum(Buffer.concat([pseudoHeader, message])), 2);
  const header = Buffer.from([0x60, 0, 0, 0, 0, message.length, icmpv6, hopLimit]);
  const multicast = Buffer.from('333300000001', 'hex');
  const packet = Buffer.concat([header, ip, allNodes, message]);
  return { protocol, bytes: ethernet(multicast, mac, protocol, packet) };
}

function ethernet(to: Buffer, from: Buffer, protocol: number, payload: Buffer): Buffer {
  return Buffer.concat([to, from, Buffer.from([protocol >> 8, protocol & 0xff]), payload]);
}

/** RFC 1071, of an even number of bytes. */
function checksum(bytes: Buffer): number {
  let sum = 0;
  for (let i = 0; i < bytes.length; i += 2) sum += bytes.readUInt16BE(i);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  return ~sum & 0xffff;
}
