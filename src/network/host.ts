// The host's own addresses and routes: which ranges are taken, and the ways to the ranges of a cluster.

import { type Cidr, contains, formatCidr, parseAddress, parseCidr } from '#lib/cidr.ts';
import { ifPresent, ip, ipOutput, isIPv6, NetworkError } from './ip.ts';

export interface GatewayRoute {
  /** A range, like `10.96.0.0/12`. */
  readonly to: string;
  /** An address that is reached without a gateway: a node on the fabric. */
  readonly via: string;
}
export type HostRoute =
  | GatewayRoute
  | {
      readonly to: string;
      /** The link on which whoever has an address of the range answers for it. */
      readonly dev: string;
    };

/** A range that this namespace has an address in or a route to, and which that is. */
export interface RangeInUse {
  readonly range: Cidr;
  /** For example `the route to 10.0.0.0/8 through tun0`. */
  readonly by: string;
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

/** Every range, of IPv4 and IPv6, that this namespace has an address in or a route to, each once. The default route does not count. */
export async function hostUses(): Promise<RangeInUse[]> {
  const [addresses, routes] = await Promise.all([
    ipOutput(['-j', 'addr', 'show']),
    ipOutput(['-j', 'route', 'show', 'table', 'all']),
  ]);
  const uses = [
    ...parse<AddressEntry>(addresses).flatMap(({ ifname, addr_info }) =>
      addr_info.map(({ local, prefixlen }) => {
        const text = `${local}/${prefixlen}`;
        return { range: range(text), by: `the address ${text} of ${ifname}` };
      }),
    ),
    ...parse<RouteEntry>(routes).map(({ dst, dev, gateway }) => {
      const way = dev ? ` through ${dev}` : gateway ? ` via ${gateway}` : '';
      return { range: range(dst), by: `the route to ${dst}${way}` };
    }),
  ];
  const ranges = uses.filter((use): use is RangeInUse => use.range !== undefined && use.range.prefix > 0);
  // The first of each range: an address says more than the route that comes with it.
  return [...new Map(ranges.reverse().map((use) => [formatCidr(use.range), use])).values()].reverse();
}

/**
 * Adds the routes, or moves them to another gateway on the same link. A route to the same range through another link is
 * somebody else's: it is left alone, and nothing is changed.
 */
export async function routeHost(routes: readonly HostRoute[]): Promise<void> {
  const families = [...new Set(routes.map(({ to }) => (isIPv6(to) ? '-6' : '-4')))];
  const shown = await Promise.all(families.map((family) => ipOutput(['-j', family, 'route', 'show'])));
  const existing = shown.flatMap(parse<RouteEntry>);
  for (const route of routes) {
    const { to } = route;
    const link = 'dev' in route ? route.dev : existing.find((one) => !one.gateway && covers(one.dst, route.via))?.dev;
    const other = existing.find((one) => sameRange(one.dst, to) && one.dev !== link);
    if (other)
      throw new NetworkError('Exists', `cannot route ${to} ${way(route)}: ${to} is in use through ${other.dev}`);
  }
  if (routes.length > 0)
    await ip(
      undefined,
      routes.map((route) => `route replace ${route.to} ${way(route)}`),
    );
}

/** Removes the routes; no complaint about those that are not there. */
export async function unrouteHost(routes: readonly HostRoute[]): Promise<void> {
  for (const route of routes) await ifPresent(ip(undefined, [`route del ${route.to} ${way(route)}`]));
}

/** The routes of this namespace that lead to a gateway on the link, whoever made them. */
export async function gatewayRoutes(link: string): Promise<GatewayRoute[]> {
  const routes = parse<RouteEntry>(await ipOutput(['-j', 'route', 'show', 'table', 'all', 'dev', link]));
  return routes.flatMap(({ dst, gateway }) => {
    const to = range(dst);
    return gateway && to ? [{ to: formatCidr(to), via: gateway }] : [];
  });
}

const way = (route: HostRoute): string => ('dev' in route ? `dev ${route.dev}` : `via ${route.via}`);

const parse = <T>(json: string): T[] => (json.trim() === '' ? [] : (JSON.parse(json) as T[]));
const range = (text: string): Cidr | undefined =>
  parseCidr(text.includes('/') ? text : `${text}/${isIPv6(text) ? 128 : 32}`);

function covers(dst: string, address: string): boolean {
  const cidr = range(dst);
  const parsed = parseAddress(address);
  return cidr !== undefined && parsed !== undefined && contains(cidr, parsed);
}

function sameRange(a: string, b: string): boolean {
  const [left, right] = [range(a), range(b)];
  return left !== undefined && right !== undefined && formatCidr(left) === formatCidr(right);
}
