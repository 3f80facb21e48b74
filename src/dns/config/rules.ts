// What directives ask of each other, and server blocks of the whole file.

import { formatPosition, type Position, problemAt } from '../corefile/index.ts';
import { formatName } from '../wire/index.ts';
import type { DirectiveName } from './directives/index.ts';
import { attemptAll } from './line.ts';
import type { Directives, ServerKey, ServerSettings } from './settings.ts';

/** A server, and where its directives stand; the block itself for those that are absent. */
export interface ReadServer {
  readonly server: ServerSettings;
  readonly lineOf: (name: DirectiveName) => Position;
}

/** Throws CorefileError with all that is wrong. */
export function checkServers(servers: readonly ReadServer[]): void {
  attemptAll([checkEach, checkAddresses, checkCertificates, checkHealth], (check) => check(servers));
}

interface Rule {
  /** Whose line is named, and what the text is about. */
  readonly of: DirectiveName;
  readonly isBroken: (directives: Directives, keys: readonly ServerKey[]) => boolean;
  readonly text: string;
}

const rules: readonly Rule[] = [
  {
    of: 'autopath',
    isBroken: ({ autopath, kubernetes }) => autopath?.search.from === 'kubernetes' && kubernetes?.pods !== 'verified',
    text: 'autopath: @kubernetes needs "pods verified" in kubernetes: clients are told by their addresses',
  },
  {
    of: 'k8s_external',
    isBroken: ({ k8s_external, kubernetes }) => k8s_external !== undefined && !kubernetes,
    text: 'k8s_external: kubernetes is needed in the same server block: its Services are shown',
  },
  {
    of: 'transfer',
    isBroken: ({ transfer, kubernetes }) => transfer !== undefined && !kubernetes,
    text: 'transfer: kubernetes is needed in the same server block: other zones cannot be transferred',
  },
  {
    of: 'tls',
    isBroken: ({ tls }, keys) => !tls && keys.some(({ transport }) => transport !== 'dns'),
    text: 'tls:// and https:// need the directive tls with a certificate and its key',
  },
];

function checkEach(servers: readonly ReadServer[]): void {
  attemptAll(servers, ({ server, lineOf }) => {
    const broken = rules.filter(({ isBroken }) => isBroken(server.directives, server.keys));
    attemptAll(broken, ({ of, text }) => {
      throw problemAt(lineOf(of), text);
    });
  });
}

interface Served {
  readonly key: ServerKey;
  readonly position: Position;
}

/** Who connects does not say for which zone. */
function checkCertificates(servers: readonly ReadServer[]): void {
  const ofPort = new Map<number, (Served & { readonly tls: string })[]>();
  attemptAll(servers, ({ server: { keys, directives }, lineOf }) => {
    const tls = JSON.stringify(directives.tls);
    for (const key of keys.filter(({ transport }) => transport !== 'dns')) {
      const served = listAt(ofPort, key.port);
      const other = served.find((each) => overlap(each.key.host, key.host) && each.tls !== tls);
      if (other) {
        const text = `port ${key.port} is served with another certificate: ${formatPosition(other.position)}`;
        throw problemAt(lineOf('tls'), text);
      }
      served.push({ key, position: lineOf('tls'), tls });
    }
  });
}

/** A zone is served once at an address and port, and a port has one transport. */
function checkAddresses(servers: readonly ReadServer[]): void {
  const ofZone = new Map<string, Served[]>();
  const ofPort = new Map<number, Served[]>();
  attemptAll(servers, ({ server: { keys, position } }) => {
    attemptAll(keys, (key) => {
      const zones = listAt(ofZone, `${key.port} ${key.zone}`);
      const sockets = listAt(ofPort, key.port);
      const sameZone = zones.find(({ key: { host } }) => overlap(host, key.host));
      const otherUse = sockets.find(
        ({ key: { host, transport } }) => overlap(host, key.host) && transport !== key.transport,
      );
      const clash = otherUse ?? sameZone;
      if (clash) throw problemAt(position, `${clashText(key, clash.key)}: ${formatPosition(clash.position)}`);
      zones.push({ key, position });
      if (!sockets.some(({ key: { host } }) => host === key.host)) sockets.push({ key, position });
    });
  });
}

function listAt<K, V>(lists: Map<K, V[]>, key: K): V[] {
  const list = lists.get(key) ?? [];
  lists.set(key, list);
  return list;
}

/** Nobody else can be asked where all of the machine's addresses are taken. */
const overlap = (host: string, other: string): boolean => host === other || host === '' || other === '';

function clashText(key: ServerKey, other: ServerKey): string {
  const where = `${other.host && `${other.host} `}port ${key.port}`;
  if (key.transport !== other.transport)
    return `${key.transport} cannot be served at ${where}, where ${other.transport} is`;
  return `zone ${formatName(key.zone)} is served at ${where} already`;
}

function checkHealth(servers: readonly ReadServer[]): void {
  const seen = new Map<string, Position>();
  attemptAll(servers, ({ server: { directives }, lineOf }) => {
    if (!directives.health) return;
    const { host, port } = directives.health;
    const position = lineOf('health');
    const other = seen.get(`${host} ${port}`);
    if (other) throw problemAt(position, `health: it listens at ${host}:${port} already: ${formatPosition(other)}`);
    seen.set(`${host} ${port}`, position);
  });
}
