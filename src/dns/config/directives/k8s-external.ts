// k8s_external [ZONES...]: a zone with what Services are called by from outside: load balancers' and external addresses.

import type { ExternalSettings } from '../settings.ts';
import { fallthroughOf, seconds, zonesOf } from '../values.ts';
import { type Draft, once } from './reader.ts';

export const k8sExternal = once((line, block): ExternalSettings => {
  const draft: Draft<ExternalSettings> = {
    zones: line.args.length === 0 ? block.zones : zonesOf(line, line.args),
    ttl: 5,
    apex: 'dns',
    headless: false,
    fallthrough: [],
  };
  line.readProperties({
    ttl: (property) => {
      draft.ttl = seconds(property, property.oneArgument('a number of seconds'), 0, 3600);
    },
    apex: (property) => {
      const label = property.oneArgument('a label').toLowerCase();
      if (!/^[a-z0-9_-]{1,63}$/.test(label)) throw property.mustBe(label, 'one label of a name');
      draft.apex = label;
    },
    headless: (property) => {
      property.noArguments();
      draft.headless = true;
    },
    fallthrough: (property) => {
      draft.fallthrough = fallthroughOf(property);
    },
  });
  return draft;
});
