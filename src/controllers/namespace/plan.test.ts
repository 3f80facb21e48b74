import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Namespace } from '#api/index.ts';
import { type Findings, isEmpty, planStatus } from './plan.ts';

const now = new Date('2026-01-02T03:04:05Z');
const namespace: Namespace = { metadata: { name: 'work' }, spec: { finalizers: ['kubernetes'] } };
const nothing: Findings = { remains: [], deletionErrors: [] };

const cases: { name: string; findings: Findings; empty: boolean; want: Record<string, [string, string, string]> }[] = [
  { name: 'nothing is left', findings: nothing, empty: true, want: {} },
  {
    name: 'objects are left, some wait for finalizers',
    findings: {
      ...nothing,
      remains: [
        { resource: 'pods.', count: 2, finalizers: { 'example.com/b': 1 } },
        { resource: 'deployments.apps', count: 1, finalizers: { 'example.com/b': 1, 'example.com/a': 1 } },
        { resource: 'secrets.', count: 0, finalizers: {} },
      ],
    },
    empty: false,
    want: {
      NamespaceContentRemaining: [
        'True',
        'SomeResourcesRemain',
        'Some resources are remaining: deployments.apps has 1 resource instances, pods. has 2 resource instances',
      ],
      NamespaceFinalizersRemaining: [
        'True',
        'SomeFinalizersRemain',
        'Some content in the namespace has finalizers remaining: example.com/a in 1 resource instances, example.com/b in 2 resource instances',
      ],
    },
  },
  {
    name: 'the server does not say what it serves',
    findings: { ...nothing, discoveryError: 'no answer' },
    empty: false,
    want: { NamespaceDeletionDiscoveryFailure: ['True', 'DiscoveryFailed', 'no answer'] },
  },
  {
    name: 'deletions fail',
    findings: { ...nothing, deletionErrors: ['pods: no', 'secrets: no'] },
    empty: false,
    want: { NamespaceDeletionContentFailure: ['True', 'ContentDeletionFailed', 'pods: no; secrets: no'] },
  },
];

const fine: Record<string, [string, string, string]> = {
  NamespaceDeletionDiscoveryFailure: ['False', 'ResourcesDiscovered', 'All resources successfully discovered'],
  NamespaceDeletionGroupVersionParsingFailure: [
    'False',
    'ParsedGroupVersions',
    'All legacy kube types successfully parsed',
  ],
  NamespaceDeletionContentFailure: [
    'False',
    'ContentDeleted',
    'All content successfully deleted, may be waiting on finalization',
  ],
  NamespaceContentRemaining: ['False', 'ContentRemoved', 'All content successfully removed'],
  NamespaceFinalizersRemaining: ['False', 'ContentHasNoFinalizers', 'All content-preserving finalizers finished'],
};

for (const { name, findings, empty, want } of cases) {
  test(`planStatus: ${name}`, () => {
    assert.equal(isEmpty(findings), empty);
    const { phase, conditions = [] } = planStatus(namespace, findings, now);
    assert.equal(phase, 'Terminating');
    assert.deepEqual(
      Object.fromEntries(conditions.map(({ type, status, reason, message }) => [type, [status, reason, message]])),
      { ...fine, ...want },
    );
  });
}

test('planStatus: a condition that stays keeps its time', () => {
  const status = planStatus(namespace, nothing, now);
  const later = planStatus({ ...namespace, status }, { ...nothing, discoveryError: 'x' }, new Date(+now + 60_000));
  const times = Object.fromEntries(
    (later.conditions ?? []).map(({ type, lastTransitionTime }) => [type, lastTransitionTime]),
  );
  assert.equal(times.NamespaceContentRemaining, '2026-01-02T03:04:05Z');
  assert.equal(times.NamespaceDeletionDiscoveryFailure, '2026-01-02T03:05:05Z');
});
