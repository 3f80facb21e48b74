// The API server under Debian's python3-kubernetes: the program beside this file, a test for each of its cases.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { tryRun } from '#lib/run.ts';
import { TestApi } from './api-harness.ts';
import { whyNoCluster } from './harness.ts';

/** Debian's own Python sees Debian's packages; another may come before it on PATH. */
const python = '/usr/bin/python3';
const program = fileURLToPath(new URL('python-client.py', import.meta.url));
const cases = {
  services: 'Services: create, list, patch, replace, delete',
  endpoint_slices: 'EndpointSlices: create, patch, list, delete',
  config_maps_and_secrets: 'ConfigMaps and Secrets: patches, conflicts, dry run, deletion of a collection',
  deployments_and_scale: 'Deployments: scale, patch, deletion in the foreground',
  pods_and_eviction: 'Pods: create, status, eviction',
  jobs: 'Jobs: create, delete',
  watches: 'Watch().stream: from a version, until a time-out, from nonsense',
  pages: 'lists in pages are one snapshot',
  refusals: 'refusals: status, reason and body',
  dynamic_client: 'the dynamic client: discovery, writes, watch',
  server_side_apply: 'server-side apply by the dynamic client: conflicts, force, removal',
};

function whyNoClient(): string | undefined {
  const { status } = spawnSync(python, ['-c', 'import kubernetes']);
  return status === 0 ? undefined : `${python} has no module kubernetes (Debian: python3-kubernetes)`;
}

describe("Debian's python3-kubernetes", { skip: whyNoCluster() ?? whyNoClient() }, () => {
  let api: TestApi;
  let output = '';
  before(async () => {
    api = await TestApi.start();
    const { code, stdout, stderr } = await tryRun(python, [program, api.kubeconfig], { timeoutMs: 120_000 });
    assert.equal(code, 0, stderr);
    output = stdout;
  });
  after(async () => {
    await api?.[Symbol.asyncDispose]();
  });

  for (const [name, title] of Object.entries(cases)) {
    test(title, () => {
      const said = new RegExp(`^(ok|failed) ${name}\\b[^]*?(?=^(?:ok|failed) |$(?![^]))`, 'm')
        .exec(output)?.[0]
        .trimEnd();
      assert.equal(said, `ok ${name}`);
    });
  }

  test('every case of the program has its test', () => {
    const ran = [...output.matchAll(/^(?:ok|failed) (\w+)/gm)].map(([, name]) => name);
    assert.deepEqual(ran, Object.keys(cases));
  });
});
