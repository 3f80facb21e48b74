// kubernetes [ZONES...]: the cluster's names, and how to reach the API that they come from.

import { parseLabelSelector } from '#api/index.ts';
import type { Line } from '../line.ts';
import type { ApiAccess, KubernetesSettings } from '../settings.ts';
import { durationMs, fallthroughOf, oneOf, seconds, zonesOf } from '../values.ts';
import { isReverse } from '../zone-address.ts';
import { type Block, type Draft, once } from './reader.ts';

type Readers = Record<string, (property: Line) => void>;

export const kubernetesDefaults: Omit<KubernetesSettings, 'zones'> = {
  api: { by: 'service-account' },
  namespaces: [],
  pods: 'disabled',
  endpointPodNames: false,
  ttl: 5,
  endpoints: true,
  ignoreEmptyService: false,
  fallthrough: [],
  multicluster: [],
  zonal: false,
  startupTimeoutMs: 5000,
};

export const kubernetes = once((line, block): KubernetesSettings => {
  const zones = line.args.length === 0 ? block.zones : zonesOf(line, line.args);
  const draft: Draft<KubernetesSettings> = { zones, ...kubernetesDefaults };
  line.readProperties({ ...whatIsServed(draft), ...howItIsServed(draft), ...howToReachTheApi(draft, block) });
  check(line, draft);
  return draft;
});

const whatIsServed = (draft: Draft<KubernetesSettings>): Readers => ({
  namespaces: (property) => {
    draft.namespaces = [...draft.namespaces, ...property.someArguments('names of namespaces')];
  },
  namespace_labels: (property) => {
    draft.namespaceLabels = selectorOf(property);
  },
  labels: (property) => {
    draft.labels = selectorOf(property);
  },
  pods: (property) => {
    const mode = property.oneArgument('disabled, insecure or verified');
    draft.pods = oneOf(property, mode, ['disabled', 'insecure', 'verified']);
  },
  endpoint_pod_names: (property) => {
    property.noArguments();
    draft.endpointPodNames = true;
  },
  noendpoints: (property) => {
    property.noArguments();
    draft.endpoints = false;
  },
  ignore: (property) => {
    oneOf(property, property.oneArgument('empty_service'), ['empty_service']);
    draft.ignoreEmptyService = true;
  },
  multicluster: (property) => {
    draft.multicluster = zonesOf(property, property.args);
  },
  zonal: (property) => {
    property.noArguments();
    draft.zonal = true;
  },
});

const howItIsServed = (draft: Draft<KubernetesSettings>): Readers => ({
  ttl: (property) => {
    draft.ttl = seconds(property, property.oneArgument('a number of seconds'), 0, 3600);
  },
  fallthrough: (property) => {
    draft.fallthrough = fallthroughOf(property);
  },
  startup_timeout: (property) => {
    draft.startupTimeoutMs = durationMs(property, property.oneArgument('a duration'));
  },
});

/** A kubeconfig counts more than an endpoint, wherever it stands. */
function howToReachTheApi(draft: Draft<KubernetesSettings>, block: Block): Readers {
  let endpoint: string | undefined;
  let tls: Extract<ApiAccess, { by: 'endpoint' }>['tls'];
  const useEndpoint = () => {
    if (endpoint !== undefined && draft.api.by !== 'kubeconfig') draft.api = { by: 'endpoint', url: endpoint, tls };
  };
  return {
    endpoint: (property) => {
      // More than one were allowed once; only the first was ever used.
      const [url] = property.someArguments('a URL');
      if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) throw property.mustBe(url, 'an http(s) URL');
      endpoint = url;
      useEndpoint();
    },
    tls: (property) => {
      const [cert, key, ca] = property.upToArguments(3, 'certificate, key, CA').map(block.pathOf);
      if (!cert || !key || !ca) throw property.problem('tls needs three files: certificate, key and CA');
      tls = { cert, key, ca };
      useEndpoint();
    },
    kubeconfig: (property) => {
      const [file] = property.someArguments('a file, and a context of it');
      const [, context] = property.upToArguments(2, 'a file, and a context of it');
      draft.api = { by: 'kubeconfig', file: block.pathOf(file), context };
    },
    apiserver_qps: (property) => {
      draft.apiserverQps = limitOf(property, /^\d{1,9}(\.\d{1,9})?$/, 'a number, 0 for no opinion');
    },
    apiserver_burst: (property) => {
      draft.apiserverBurst = limitOf(property, /^\d{1,9}$/, 'a whole number, 0 for no opinion');
    },
    apiserver_max_inflight: (property) => {
      draft.apiserverMaxInflight = limitOf(property, /^\d{1,9}$/, 'a whole number, 0 for no opinion');
    },
  };
}

function limitOf(property: Line, format: RegExp, what: string): number | undefined {
  const text = property.oneArgument('a number');
  if (!format.test(text)) throw property.mustBe(text, what);
  return Number(text) || undefined;
}

function selectorOf(property: Line): string {
  const selector = property.someArguments('a label selector').join(' ');
  try {
    parseLabelSelector(selector);
  } catch (error) {
    throw property.problem(`${property.name} ${JSON.stringify(selector)}: ${(error as Error).message}`);
  }
  return selector;
}

function check(line: Line, settings: KubernetesSettings): void {
  if (settings.zones.every(isReverse)) throw line.problem('a zone is needed that is not a reverse one: cluster.local');
  if (settings.namespaces.length > 0 && settings.namespaceLabels !== undefined) {
    throw line.problem('namespaces and namespace_labels exclude each other');
  }
  if (settings.zonal && !settings.endpoints) throw line.problem('zonal and noendpoints exclude each other');
  if (!settings.multicluster.every((zone) => settings.zones.includes(zone))) {
    throw line.problem('the zones of multicluster must be among those of kubernetes');
  }
}
