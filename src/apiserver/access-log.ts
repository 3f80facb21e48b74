// One line for each request that came over a socket, when it has ended, in the fields of upstream's (api.md §2). Costs
// nothing while lines of its level are dropped. What may be a secret is left out: the query of what leads into a pod (a
// command and its arguments), and anything that calls itself a token.

import type { Logger } from '#lib/log.ts';
import { connectSubresources, type RequestInfo } from './request.ts';

/** What a line is about. `info` is absent for what could not be read. */
export interface Access {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly info: RequestInfo | undefined;
  /** Address and port. Asked for at once, as a connection that has ended has none. */
  readonly client: () => string;
}

/** Call it when the exchange is over, with the status that the client got. Undefined when nobody would read the line. */
export function accessLog(log: Logger, { method, url, headers, info, client }: Access) {
  if (!log.isEnabled('debug')) return undefined;
  const started = performance.now();
  const srcIP = client();
  return (status: number) => {
    log.debug('HTTP', {
      verb: verbOf(method, info),
      URI: shownUri(url, info),
      latency: `${(performance.now() - started).toFixed(3)}ms`,
      userAgent: headers['user-agent'] ?? '',
      'audit-ID': (headers['audit-id'] ?? '').slice(0, 64),
      srcIP,
      resp: status,
    });
  };
}

function verbOf(method: string, info: RequestInfo | undefined): string {
  if (!info?.resource) return method;
  if (connectSubresources.has(info.resource.subresource)) return 'CONNECT';
  return info.verb === 'list' || info.verb === 'watch' ? info.verb.toUpperCase() : method;
}

const secretParameter = /((?:^|[?&])[^=&]*(?:token|password|secret)[^=&]*=)[^&]*/gi;
const longestUri = 2048;

export function shownUri(url: string, info: RequestInfo | undefined): string {
  const at = url.indexOf('?');
  const leadsInside = info?.resource && connectSubresources.has(info.resource.subresource);
  const shown = leadsInside && at >= 0 ? `${url.slice(0, at)}?…` : url.replace(secretParameter, '$1…');
  return shown.length > longestUri ? `${shown.slice(0, longestUri)}…` : shown;
}
