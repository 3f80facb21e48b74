// Addresses that a node answers for on a link without having them: packets to them come to the node and find, as far as its
// kernel knows, nobody. Whoever announces has rules that translate them before that (a service proxy). They are no local
// addresses: no program that listens on all addresses is reached by them, no connection starts from them.
//
// Linux answers ARP for a foreign address when it has a proxy entry, and a route to the address that leads through another
// link than the one the question came from. That link is a bridge without ports, a device that every kernel has on which
// there can be a fabric: what is not translated ends there. For IPv6 the proxy entry is enough.

import { parseAddress } from '#lib/cidr.ts';
import { run } from '#lib/run.ts';
import { ifPresent, ip, ipOutput, isIPv6, NetworkError } from './ip.ts';
import { enter } from './namespaces.ts';
import { announcementOf } from './neighbour-frames.ts';
import { inSysctl, setSysctls } from './sysctls.ts';

export interface AnnouncingLink {
  /** The node's network namespace; ours when absent. */
  readonly namespace?: string | undefined;
  /** Where the questions come from, for example `eth0`. */
  readonly link: string;
}

/** At most 15 characters. */
const nowhere = 'announced';

const hostRange = (address: string): string => `${address}/${isIPv6(address) ? 128 : 32}`;

/** Answers for the addresses from now on. Those that are answered for already are no harm. Neighbours that know them elsewhere need an {@link announce}. */
export async function startAnnouncing(at: AnnouncingLink, addresses: readonly string[]): Promise<void> {
  if (addresses.length === 0) return;
  await prepare(at, addresses.some(isIPv6));
  await ip(
    at.namespace,
    addresses.flatMap((address) => [
      `route replace ${hostRange(address)} dev ${nowhere}`,
      `neigh add proxy ${address} dev ${at.link}`,
    ]),
  );
}

/** Answers no longer; no complaint about those that were not answered for. */
export async function stopAnnouncing({ namespace, link }: AnnouncingLink, addresses: readonly string[]): Promise<void> {
  for (const address of addresses) {
    await ifPresent(ip(namespace, [`neigh del proxy ${address} dev ${link}`]));
    await ifPresent(ip(namespace, [`route del ${hostRange(address)} dev ${nowhere}`]));
  }
}

/** Who is answered for now on the link, whoever began it. */
export const announcedAddresses = async ({ namespace, link }: AnnouncingLink): Promise<string[]> =>
  (await announcements(namespace)).filter((one) => one.link === link).map(({ address }) => address);

export interface Announcement {
  readonly link: string;
  readonly address: string;
}

/** All that a namespace, ours when absent, answers for. Proxy entries without our route are somebody else's. */
export async function announcements(namespace?: string): Promise<Announcement[]> {
  const words = namespace === undefined ? [] : ['-n', namespace];
  const show = async (what: string): Promise<{ readonly dst?: string; readonly dev?: string }[]> =>
    JSON.parse((await ipOutput([...words, '-j', ...what.split(' ')])).trim() || '[]');
  const [entries, routes] = await Promise.all([show('neigh show proxy'), show('route show table all')]);
  const ours = new Set(routes.flatMap(({ dst, dev }) => (dst && dev === nowhere ? [dst] : [])));
  return entries.flatMap(({ dst, dev }) => {
    const isOurs = dst !== undefined && parseAddress(dst) && ours.has(dst);
    return isOurs && dev ? [{ link: dev, address: dst }] : [];
  });
}

/** Answers for nobody any more, and leaves nothing of it behind. Resolves with what was answered for. */
export async function stopAllAnnouncing(namespace?: string): Promise<Announcement[]> {
  const all = await announcements(namespace);
  for (const { link, address } of all) await stopAnnouncing({ namespace, link }, [address]);
  await ifPresent(ip(namespace, [`link del ${nowhere}`]));
  return all;
}

/** Tells all neighbours on the link where the addresses are. They may miss what is told once. */
export async function announce({ namespace, link }: AnnouncingLink, addresses: readonly string[]): Promise<void> {
  if (addresses.length === 0) return;
  const words = namespace === undefined ? [] : ['-n', namespace];
  const shown = await ipOutput([...words, '-j', 'link', 'show', 'dev', link]);
  const [found] = JSON.parse(shown) as { readonly ifindex: number; readonly address: string }[];
  if (!found) throw new NetworkError('NotFound', `cannot announce addresses on ${link}: there is no such link`);
  const frames = addresses.map((address) => announcementOf(address, found.address));
  const input = frames.map(({ protocol, bytes }) => `${protocol} ${found.ifindex} ${bytes.toString('hex')}\n`).join('');
  const [file = '', ...args] = [...enter(namespace), 'perl', '-e', sendFrames];
  try {
    await run(file, args, { input, env: { PATH: process.env.PATH, LC_ALL: 'C' } });
  } catch (cause) {
    const why = (cause as Error).message;
    throw new NetworkError('Failed', `cannot announce ${addresses.join(', ')} on ${link}: ${why}`, { cause });
  }
}

/**
 * Raw frames can be sent by Perl, which every Debian has, and not by Node: sockets of the family AF_PACKET (17), with addresses
 * of struct sockaddr_ll.
 */
const sendFrames = `
use strict; use Socket;
socket(my $socket, 17, SOCK_RAW, 0) or die "cannot open a packet socket: $!\\n";
while (<STDIN>) {
  my ($protocol, $link, $hex) = split;
  my $frame = pack('H*', $hex);
  my $to = pack('S n i S C C a8', 17, $protocol, $link, 0, 0, 6, substr($frame, 0, 6));
  defined(send($socket, $frame, 0, $to)) or die "cannot send a frame: $!\\n";
}
`;

async function prepare({ namespace, link }: AnnouncingLink, hasIPv6: boolean): Promise<void> {
  const name = inSysctl(link);
  // By default the kernel waits for up to 0.8 s before it answers for somebody else.
  await setSysctls(namespace, {
    [`net.ipv4.neigh.${name}.proxy_delay`]: '0',
    ...(hasIPv6 && { [`net.ipv6.neigh.${name}.proxy_delay`]: '0', [`net.ipv6.conf.${name}.proxy_ndp`]: '1' }),
  });
  try {
    await ip(namespace, [`link add ${nowhere} type bridge stp_state 0`]);
  } catch (error) {
    if (!(error instanceof NetworkError && error.reason === 'Exists')) throw error;
  }
  await ip(namespace, [`link set ${nowhere} up`]);
}
