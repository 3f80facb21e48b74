// forward ZONE TO...: other names are asked of other servers (spec/dns.md §8).

import { statSync } from 'node:fs';
import { isIP, isIPv6 } from 'node:net';
import { Rcode } from '../../wire/index.ts';
import type { Line } from '../line.ts';
import type { ForwardSettings, Transport, Upstream } from '../settings.ts';
import { durationMs, oneOf, rcode, splitHostPort, wholeNumber, zonesOf } from '../values.ts';
import { type Block, type Draft, each } from './reader.ts';

const maxUpstreams = 15;
const ports: Readonly<Record<Transport, number>> = { dns: 53, tls: 853, https: 443 };

type Readers = Record<string, (property: Line) => void>;

export const forwardDefaults: Omit<ForwardSettings, 'zone' | 'to'> = {
  except: [],
  policy: 'random',
  forceTcp: false,
  preferUdp: false,
  tls: {},
  healthCheck: { intervalMs: 500, recursionDesired: true, domain: '' },
  maxFails: 2,
  expireMs: 10_000,
  maxConcurrent: 0,
  next: [],
  failover: [],
  failfastAllUnhealthyUpstreams: false,
};

export const forward = each((line, block): ForwardSettings => {
  const [from, ...to] = line.someArguments('a zone, and the servers to ask');
  if (to.length === 0 || to.length > maxUpstreams) {
    throw line.problem(`1 to ${maxUpstreams} servers are needed after the zone, not ${to.length}`);
  }
  const [zone = '', ...moreZones] = zonesOf(line, [from]);
  if (moreZones.length > 0) throw line.problem(`${from} is several zones: it must end at an octet or nibble`);
  const draft: Draft<ForwardSettings> = {
    zone,
    to: to.map((text) => upstreamOf(line, text, block)),
    ...forwardDefaults,
  };
  line.readProperties({ ...whomToAsk(draft), ...howToAsk(draft, block), ...whatIfNot(draft) });
  checkServerNames(line, draft);
  return draft;
});

const whomToAsk = (draft: Draft<ForwardSettings>): Readers => ({
  except: (property) => {
    draft.except = [...draft.except, ...zonesOf(property, property.someArguments('zones'))];
  },
  policy: (property) => {
    const policy = property.oneArgument('random, round_robin or sequential');
    draft.policy = oneOf(property, policy, ['random', 'round_robin', 'sequential']);
  },
  max_concurrent: (property) => {
    draft.maxConcurrent = wholeNumber(property, property.oneArgument('a number of queries'), 0);
  },
});

const howToAsk = (draft: Draft<ForwardSettings>, block: Block): Readers => ({
  force_tcp: (property) => {
    property.noArguments();
    draft.forceTcp = true;
  },
  prefer_udp: (property) => {
    property.noArguments();
    draft.preferUdp = true;
  },
  expire: (property) => {
    draft.expireMs = durationMs(property, property.oneArgument('a duration'));
  },
  tls: (property) => {
    const files = property.upToArguments(3, 'nothing; CA; certificate, key; certificate, key, CA').map(block.pathOf);
    const [cert, key, ca] = files.length === 1 ? [undefined, undefined, files[0]] : files;
    draft.tls = { cert, key, ca };
  },
  tls_servername: (property) => {
    draft.tlsServerName = property.oneArgument('a name');
  },
});

const whatIfNot = (draft: Draft<ForwardSettings>): Readers => ({
  max_fails: (property) => {
    draft.maxFails = wholeNumber(property, property.oneArgument('a number of failures'), 0, 2 ** 32 - 1);
  },
  max_connect_attempts: (property) => {
    draft.maxConnectAttempts = wholeNumber(property, property.oneArgument('a number of tries'), 0, 2 ** 32 - 1);
  },
  health_check: (property) => {
    draft.healthCheck = healthCheckOf(property);
  },
  next: (property) => {
    draft.next = property.someArguments('response codes').map((text) => rcode(property, text));
  },
  failover: (property) => {
    draft.failover = property.someArguments('response codes').map((text) => rcode(property, text));
    if (draft.failover.includes(Rcode.NOERROR)) throw property.problem('failover: NOERROR is no failure');
  },
  failfast_all_unhealthy_upstreams: (property) => {
    property.noArguments();
    draft.failfastAllUnhealthyUpstreams = true;
  },
});

/** health_check DURATION [no_rec] [domain NAME] */
function healthCheckOf(property: Line): ForwardSettings['healthCheck'] {
  const [interval, ...options] = property.someArguments('a duration');
  const check = { intervalMs: durationMs(property, interval), recursionDesired: true, domain: '' };
  for (let at = 0; at < options.length; at++) {
    const option = oneOf(property, options[at] as string, ['no_rec', 'domain']);
    if (option === 'no_rec') check.recursionDesired = false;
    else check.domain = zonesOf(property, [options[++at] ?? ''])[0] ?? '';
  }
  return check;
}

/** `[TRANSPORT://]ADDRESS[%SERVERNAME][:PORT]`, or a file like resolv.conf. */
function upstreamOf(line: Line, text: string, block: Block): Upstream {
  const [, scheme, rest = ''] = /^(?:([^/]*):\/\/)?(.*)$/s.exec(text) ?? [];
  const transport = oneOf(line, scheme ?? 'dns', ['dns', 'tls', 'https']);
  if (transport === 'https' && rest.includes('/'))
    throw line.problem(`${text}: the path is always /dns-query; leave it out`);
  const { host = '', port = ports[transport] } = splitHostPort(rest) ?? {};
  const [, address = '', suffix] = /^([^%]*)(?:%(.+))?$/.exec(host) ?? [];
  if (isIP(address) !== 0) {
    if (transport !== 'dns') return { transport, host: address, port, serverName: suffix };
    if (suffix === undefined || isIPv6(address)) return { transport, host, port };
  }
  const file = block.pathOf(rest);
  if (scheme === undefined && statSync(file, { throwIfNoEntry: false })?.isFile()) return { file };
  throw line.mustBe(text, 'an address, or a file such as /etc/resolv.conf that is there');
}

function checkServerNames(line: Line, { to, tlsServerName }: ForwardSettings): void {
  const named = to.some((upstream) => 'serverName' in upstream && upstream.serverName !== undefined);
  if (named && tlsServerName !== undefined)
    throw line.problem('a server name stands after an address and in tls_servername');
}
