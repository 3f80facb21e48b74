// A Corefile → settings: blocks to servers, directives to what they say. All problems of the file are told at once, except
// that what cannot be read as a Corefile at all is told alone.

import { isAbsolute, join } from 'node:path';
import {
  type CorefileError,
  type Environment,
  type Key,
  type Position,
  problemAt,
  readCorefile,
  type ServerBlock,
} from '../corefile/index.ts';
import type { Name } from '../wire/index.ts';
import { closest } from './closest.ts';
import {
  type Block,
  type BlockDirectives,
  type DirectiveName,
  directives,
  foreign,
  type Reader,
} from './directives/index.ts';
import { attemptAll, Line } from './line.ts';
import { checkServers, type ReadServer } from './rules.ts';
import type { ServerKey, ServerSettings, Transport } from './settings.ts';
import type { ReadSettings } from './source.ts';
import { maxZones, parseZoneAddress, type ZoneAddress } from './zone-address.ts';

/** Throws CorefileError. */
export async function settingsFromCorefile(file: string, env: Environment): Promise<ReadSettings> {
  const { blocks, digest } = await readCorefile(file, env);
  if (blocks.length === 0) throw problemAt({ file, line: 1 }, 'there is no server block: write one like ". { … }"');
  const servers = attemptAll(blocks, readServer);
  checkServers(servers);
  return { settings: { servers: servers.map(({ server }) => server) }, digest };
}

/** The same, but the API is reached by `kubeconfig`, if there is one, where the file does not say how. */
export function withKubeconfig(read: ReadSettings, kubeconfig: string | undefined): ReadSettings {
  if (!kubeconfig) return read;
  const servers = read.settings.servers.map((server) => {
    const { kubernetes } = server.directives;
    if (kubernetes?.api.by !== 'service-account') return server;
    const api = { by: 'kubeconfig', file: kubeconfig } as const;
    return { ...server, directives: { ...server.directives, kubernetes: { ...kubernetes, api } } };
  });
  return { ...read, settings: { servers } };
}

const defaultPorts: Readonly<Record<Transport, number>> = { dns: 53, tls: 853, https: 443 };

function readServer(block: ServerBlock): ReadServer {
  const addresses = attemptAll(block.keys, addressOf);
  const zones = zonesOf(block, addresses);
  const lines = linesByName(block);
  const { root: _, bind = [''], ...said } = readDirectives(lines, { zones, pathOf: pathsFrom(lines) });
  if (zones.length * bind.length > maxZones) throw tooManyZones(block);
  const keys = addresses.flatMap(({ transport, zones, port = defaultPorts[transport] }) =>
    zones.flatMap((zone) => bind.map((host): ServerKey => ({ transport, zone, host, port }))),
  );
  const server: ServerSettings = { position: { file: block.file, line: block.line }, keys, directives: said };
  return { server, lineOf: (name) => lines.get(name)?.[0] ?? block };
}

function zonesOf(block: ServerBlock, addresses: readonly ZoneAddress[]): Name[] {
  const zones: Name[] = [];
  for (const address of addresses) {
    zones.push(...address.zones);
    if (zones.length > maxZones) throw tooManyZones(block);
  }
  return zones;
}

const tooManyZones = (block: ServerBlock): CorefileError =>
  problemAt(block, `a server block has no more than ${maxZones} zones, counted at each address`);

function addressOf(key: Key): ZoneAddress {
  try {
    return parseZoneAddress(key.text);
  } catch (error) {
    throw problemAt(key, (error as Error).message);
  }
}

type Lines = ReadonlyMap<string, readonly [Line, ...Line[]]>;

function linesByName({ directives: statements }: ServerBlock): Lines {
  const lines = new Map<string, [Line, ...Line[]]>();
  for (const statement of statements) {
    const line = new Line(statement);
    const earlier = lines.get(line.name);
    if (earlier) earlier.push(line);
    else lines.set(line.name, [line]);
  }
  return lines;
}

function pathsFrom(lines: Lines): Block['pathOf'] {
  const [folder] = lines.get('root')?.[0].args ?? [];
  return (file) => (folder === undefined || isAbsolute(file) ? file : join(folder, file));
}

function readDirectives(lines: Lines, block: Block): BlockDirectives {
  const said = new Map(
    attemptAll([...lines], ([name, [first, ...others]]) => {
      const reader = directives[knownName(name, first)] as Reader<unknown>;
      return [name, reader([first, ...others], block)];
    }),
  );
  const inOrder = Object.keys(directives).filter((name) => said.has(name));
  return Object.fromEntries(inOrder.map((name) => [name, said.get(name)]));
}

function knownName(name: string, position: Position): DirectiveName {
  const quoted = JSON.stringify(name);
  if (foreign.has(name)) throw problemAt(position, `directive ${quoted} is CoreDNS's; there is nothing for it here`);
  if (!Object.hasOwn(directives, name)) {
    const guess = closest(name, Object.keys(directives));
    const hint = guess === undefined ? '' : `; did you mean ${JSON.stringify(guess)}?`;
    throw problemAt(position, `unknown directive ${quoted}${hint}`);
  }
  return name as DirectiveName;
}
