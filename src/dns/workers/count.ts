// How many processes answer.

import type { DnsSettings } from '../config/settings.ts';

export const workersOf = ({ servers }: DnsSettings): number =>
  Math.max(1, ...servers.map(({ directives }) => directives.multisocket?.sockets ?? 1));
