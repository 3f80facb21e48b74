// hosts [FILE [ZONES...]] { … }: names of a hosts file (hosts(5)); the block has properties and more lines as in the file.

import { isIP } from 'node:net';
import type { HostsSettings } from '../settings.ts';
import { durationMs, fallthroughOf, seconds, zonesOf } from '../values.ts';
import { type Draft, once } from './reader.ts';

export const hosts = once((line, block): HostsSettings => {
  const [file = '/etc/hosts', ...zones] = line.args;
  const inline: string[] = [];
  const draft: Draft<HostsSettings> = {
    zones: zones.length === 0 ? block.zones : zonesOf(line, zones),
    file: block.pathOf(file),
    inline,
    ttl: 3600,
    reverse: true,
    reloadMs: 5000,
    fallthrough: [],
  };
  line.readProperties(
    {
      ttl: (property) => {
        draft.ttl = seconds(property, property.oneArgument('a number of seconds'), 1, 65535);
      },
      no_reverse: (property) => {
        property.noArguments();
        draft.reverse = false;
      },
      reload: (property) => {
        draft.reloadMs = durationMs(property, property.oneArgument('a duration'));
      },
      fallthrough: (property) => {
        draft.fallthrough = fallthroughOf(property);
      },
    },
    ({ name, args }) => {
      const isEntry = isIP(name) !== 0;
      if (isEntry) inline.push([name, ...args].join(' '));
      return isEntry;
    },
  );
  return draft;
});
