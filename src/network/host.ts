// The host's own addresses and routes: which ranges are taken, and the ways to the ranges of a cluster.

import { type Cidr, contains, formatCidr, parseAddress, parseCidr } from '#lib/cidr.ts';
import { ip, ipOutput, NetworkError } from './ip.ts';

export interface HostRoute {
  /** A range, like `10.96.0.0/12`. */
  readonly to: string;
  /** An address that is reached without a gateway: a node on the fabric. */
  readonly via: string;
}

interface RouteEntry {
  readonly dst: string;
  readonly gateway?: string;
  readonly dev?: string;
}
interface AddressEntry {
  readonly ifname: string;
  readonly addr_info: readonly { readonly local: string; readonly prefixlen: number }[];
}

/** Every IPv4 range that this namespace has an address in or a route to. The default route does not count. */
export async function hostRanges(): Promise<Cidr[]> {
  const [addresses, routes] = await Promise.all([
    ipOutput(['-j', '-4', 'addr', 'show']),
    ipOutput(['-j', '-4', 'route', 'show', 'table', 'all']),
  ]);
  const texts = [
    ...parse<AddressEntry>(addresses).flatMap((link) => link.addr_info.map((a) => `${a.local}/${a.prefixlen}`)),
    ...parse<RouteEntry>(routes).map((route) => route.dst),
  ];
  const ranges = texts.map(range).filter((cidr) => cidr !== undefined && cidr.prefix > 0) as Cidr[];
  return [...new Map(ranges.map((cidr) => [formatCidr(cidr), cidr])).values()];
}

/**
 * Adds the routes, or moves them to another gateway on the same link. A route to the same range through another link is
 * somebody else's: it is left alone, and nothing is changed.
 */
export async function routeHost(routes: readonly HostRoute[]): Promise<void> {
  const existing = parse<RouteEntry>(await ipOutput(['-j', '-4', 'route', 'show']));
  for (const { to, via } of routes) {
    const link = existing.find((route) => route.gateway === undefined && covers(route.dst, via))?.dev;
    const other = existing.find((route) => sameRange(route.dst, to) && route.dev !== link);
    if (other) throw new NetworkError('Exists', `cannot route ${to} via ${via}: ${to} is in use through ${other.dev}`);
  }
  if (routes.length > 0)
    await ip(
      undefined,
      routes.map(({ to, via }) => `route replace ${to} via ${via}`),
    );
}

const parse = <T>(json: string): T[] => (json.trim() === '' ? [] : (JSON.parse(json) as T[]));
const range = (text: string): Cidr | undefined => parseCidr(text.includes('/') ? text : `${text}/32`);

function covers(dst: string, address: string): boolean {
  const cidr = range(dst);
  const parsed = parseAddress(address);
  return cidr !== undefined && parsed !== undefined && contains(cidr, parsed);
}

function sameRange(a: string, b: string): boolean {
  const [left, right] = [range(a), range(b)];
  return left !== undefined && right !== undefined && formatCidr(left) === formatCidr(right);
}
