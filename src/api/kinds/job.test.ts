// Job and CronJob.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Job } from '../schema/job.ts';
import { cronJobKind } from './cron-job.ts';
import { jobKind } from './job.ts';
import { cells, created, texts, updated } from './testing.ts';

const now = new Date('2026-01-01T01:00:00Z');
const metadata = { name: 'pi', namespace: 'default', uid: 'u-1', creationTimestamp: '2026-01-01T00:00:00Z' };
const template = { spec: { containers: [{ name: 'c', image: 'perl:5' }], restartPolicy: 'Never' } };
const make = (spec: object = {}): Job => created(jobKind, { metadata, spec: { template, ...spec } });
const labels = {
  'batch.kubernetes.io/controller-uid': 'u-1',
  'controller-uid': 'u-1',
  'batch.kubernetes.io/job-name': 'pi',
  'job-name': 'pi',
};

test('defaults of a Job, and the labels by which it knows its pods', () => {
  const { spec, metadata, status } = make();
  const { template: pod, ...rest } = spec;
  assert.deepEqual(rest, {
    completions: 1,
    parallelism: 1,
    backoffLimit: 6,
    completionMode: 'NonIndexed',
    suspend: false,
    manualSelector: false,
    podReplacementPolicy: 'TerminatingOrFailed',
    selector: { matchLabels: { 'batch.kubernetes.io/controller-uid': 'u-1' } },
  });
  assert.deepEqual(pod.metadata?.labels, labels);
  assert.deepEqual(metadata.labels, labels);
  assert.deepEqual(status, {});
  assert.equal(make({ parallelism: 3 }).spec.completions, undefined);
  assert.equal(make({ completions: 3 }).spec.parallelism, 1);
  assert.equal(
    make({ completionMode: 'Indexed', completions: 3, backoffLimitPerIndex: 1 }).spec.backoffLimit,
    2147483647,
  );
  const policy = { rules: [{ action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget' }] }] };
  const failing = make({ podFailurePolicy: policy }).spec;
  assert.equal(failing.podReplacementPolicy, 'Failed');
  assert.equal(failing.podFailurePolicy?.rules[0]?.onPodConditions?.[0]?.status, 'True');
});

test('a Job with a selector of its own gets no labels', () => {
  const { spec } = make({
    manualSelector: true,
    selector: { matchLabels: { a: 'b' } },
    template: { ...template, metadata: { labels: { a: 'b' } } },
  });
  assert.deepEqual(spec.selector, { matchLabels: { a: 'b' } });
  assert.deepEqual(spec.template.metadata?.labels, { a: 'b' });
});

test('a Job whose generated name was taken labels its pods with the next one', () => {
  const job = make();
  job.metadata.name = 'pi-2';
  jobKind.renamed?.(job, 'pi');
  assert.equal(job.spec.template.metadata?.labels?.['job-name'], 'pi-2');
  assert.equal(job.metadata.labels?.['batch.kubernetes.io/job-name'], 'pi-2');
  assert.deepEqual(jobKind.validate?.(job), []);
});

test('every rule of a Job names its field', () => {
  const indexed = { completionMode: 'Indexed', completions: 5 };
  const rule = (more: object) => ({ podFailurePolicy: { rules: [{ action: 'FailJob', ...more }] } });
  const at = 'spec.podFailurePolicy.rules[0]';
  const exit = (more: object) => rule({ onExitCodes: { operator: 'In', values: [1], ...more } });
  const success = (...rules: object[]) => ({ ...indexed, successPolicy: { rules } });
  const table: [string, object, ...string[]][] = [
    ['good', {}],
    ['good, indexed', { ...indexed, backoffLimitPerIndex: 1, maxFailedIndexes: 2 }],
    ['good, by exit codes', exit({ values: [1, 42], containerName: 'c' })],
    ['good, enough of them', success({ succeededIndexes: '0,2-4', succeededCount: 3 })],
    ['good, managed by another', { managedBy: 'example.com/queue' }],
    [
      'numbers',
      { parallelism: -1, completions: -1, activeDeadlineSeconds: -1, backoffLimit: -1, ttlSecondsAfterFinished: -1 },
      ...['parallelism', 'completions', 'activeDeadlineSeconds', 'backoffLimit', 'ttlSecondsAfterFinished'].map(
        (field) => `spec.${field}: Invalid value: -1: must be greater than or equal to 0`,
      ),
    ],
    [
      'pods that are started again for ever',
      { template: { spec: { containers: template.spec.containers } } },
      'spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never"',
    ],
    [
      'a mode',
      { completionMode: 'Sorted' },
      'spec.completionMode: Unsupported value: "Sorted": supported values: "Indexed", "NonIndexed"',
    ],
    [
      'indexed without a number',
      { completionMode: 'Indexed', parallelism: 100_001 },
      'spec.completions: Required value: when completion mode is Indexed',
      'spec.parallelism: Invalid value: 100001: must be less than or equal to 100000 when completion mode is Indexed',
    ],
    [
      'limits per index without indexes',
      { maxFailedIndexes: 1 },
      'spec.backoffLimitPerIndex: Required value: when maxFailedIndexes is specified',
      'spec.maxFailedIndexes: Invalid value: 1: requires indexed completion mode',
    ],
    [
      'more failures than indexes',
      { ...indexed, backoffLimitPerIndex: 0, maxFailedIndexes: 6 },
      'spec.maxFailedIndexes: Invalid value: 6: must be less than or equal to completions',
    ],
    [
      'very many indexes',
      { completionMode: 'Indexed', completions: 100_001, parallelism: 10_001, backoffLimitPerIndex: 1 },
      'spec.maxFailedIndexes: Required value: must be specified when completions is above 100000',
      'spec.parallelism: Invalid value: 10001: must be less than or equal to 10000 when completions are above 100000 and used with backoff limit per index',
    ],
    [
      'a manager without a domain',
      { managedBy: 'queue' },
      'spec.managedBy: Invalid value: "queue": must be a domain-prefixed path (such as "acme.io/foo")',
    ],
    [
      'a policy of nothing',
      { podFailurePolicy: { rules: [{ action: '' }] } },
      `${at}.action: Required value: valid values: ["Count" "FailIndex" "FailJob" "Ignore"]`,
      `${at}: Invalid value: specifying one of OnExitCodes and OnPodConditions is required`,
    ],
    [
      'a policy of everything',
      rule({
        action: 'FailIndex',
        onExitCodes: { operator: 'Is', values: [] },
        onPodConditions: [{ type: 'A', status: 'Maybe' }],
      }),
      `${at}.action: Invalid value: "FailIndex": requires the backoffLimitPerIndex to be set`,
      `${at}.onExitCodes.operator: Unsupported value: "Is": supported values: "In", "NotIn"`,
      `${at}.onExitCodes.values: Invalid value: []: at least one value is required`,
      `${at}.onPodConditions[0].status: Unsupported value: "Maybe": supported values: "False", "True", "Unknown"`,
      `${at}: Invalid value: specifying both OnExitCodes and OnPodConditions is not supported`,
    ],
    [
      'exit codes',
      exit({ values: [5, 0, 5], containerName: 'nobody' }),
      `${at}.onExitCodes.containerName: Invalid value: "nobody": must be one of the container or initContainer names in the pod template`,
      `${at}.onExitCodes.values[1]: Invalid value: 0: must not be 0 for the In operator`,
      `${at}.onExitCodes.values[2]: Duplicate value: 5`,
      `${at}.onExitCodes.values: Invalid value: [5,0,5]: must be ordered`,
    ],
    [
      'too many rules',
      { podFailurePolicy: { rules: Array(21).fill({ action: 'Ignore', onPodConditions: [{ type: 'A' }] }) } },
      'spec.podFailurePolicy.rules: Too many: 21: must have at most 20 items',
    ],
    [
      'a policy for pods that start again',
      { ...exit({}), template: { spec: { ...template.spec, restartPolicy: 'OnFailure' } } },
      'spec.template.spec.restartPolicy: Invalid value: "OnFailure": only "Never" is supported when podFailurePolicy is specified',
    ],
    [
      'replacement',
      { ...exit({}), podReplacementPolicy: 'TerminatingOrFailed' },
      'spec.podReplacementPolicy: Unsupported value: "TerminatingOrFailed": supported values: "Failed"',
    ],
    [
      'success without indexes',
      { successPolicy: { rules: [{ succeededCount: 1 }] } },
      'spec.successPolicy: Invalid value: {"rules":[{"succeededCount":1}]}: requires indexed completion mode',
    ],
    [
      'success without rules',
      success(),
      'spec.successPolicy.rules: Required value: at least one rules must be specified when the successPolicy is specified',
    ],
    [
      'success of too much',
      success({}, { succeededCount: 6 }, { succeededIndexes: '1-2', succeededCount: 3 }, { succeededIndexes: '3,1' }),
      'spec.successPolicy.rules[0]: Required value: at least one of succeededCount or succeededIndexes must be specified',
      'spec.successPolicy.rules[1].succeededCount: Invalid value: 6: must be less than or equal to 5 (the number of specified completions)',
      'spec.successPolicy.rules[2].succeededCount: Invalid value: 3: must be less than or equal to 2 (the number of indexes in the specified succeededIndexes field)',
      'spec.successPolicy.rules[3].succeededIndexes: Invalid value: "3,1": error parsing succeededIndexes: non-increasing order, previous: 3, current: 1',
    ],
    [
      'labels of another',
      { template: { ...template, metadata: { labels: { 'job-name': 'other' } } } },
      `spec.template.metadata.labels[job-name]: Invalid value: ${JSON.stringify({ ...labels, 'job-name': 'other' })}: must be 'pi'`,
    ],
    [
      'a selector that is not its own',
      { selector: { matchLabels: { a: 'b' } } },
      `spec.selector: Invalid value: {"matchLabels":{"batch.kubernetes.io/controller-uid":"u-1","a":"b"}}: \`selector\` not auto-generated`,
      `spec.template.metadata.labels: Invalid value: ${JSON.stringify(labels)}: \`selector\` does not match template \`labels\``,
    ],
  ];
  for (const [name, spec, ...want] of table) {
    assert.deepEqual(texts(jobKind.validate?.(make(spec)) ?? []), want, name);
  }
  const long = created(jobKind, { metadata: { ...metadata, name: 'x'.repeat(62) }, spec: { template, ...indexed } });
  assert.deepEqual(texts(jobKind.validate?.(long) ?? []), [
    `metadata.name: Invalid value: "${'x'.repeat(62)}": will not able to create pod with invalid DNS label: ${'x'.repeat(62)}-4`,
  ]);
});

test('sets of indexes, and what is wrong with others', () => {
  const rule = (succeededIndexes: string) =>
    make({ completionMode: 'Indexed', completions: 10, successPolicy: { rules: [{ succeededIndexes }] } });
  const problem = (text: string) =>
    texts(jobKind.validate?.(rule(text)) ?? []).map((error) => error.replace(/.*error parsing succeededIndexes: /, ''));
  for (const text of ['', '0', '0-9', '1,3-5,7']) assert.deepEqual(problem(text), [], text);
  const table: [string, string][] = [
    ['10', 'too large index: "10"'],
    ['0-10', 'too large index: "10"'],
    [
      '1-2-3',
      `the fragment "1-2-3" violates the requirement that an index interval can have at most two parts separated by '-'`,
    ],
    ['a', 'cannot convert string to integer for index: "a"'],
    ['-1', 'cannot convert string to integer for index: ""'],
    ['1,', 'cannot convert string to integer for index: ""'],
    ['2-1', 'non-increasing order, previous: 2, current: 1'],
    ['1-3,3', 'non-increasing order, previous: 3, current: 3'],
  ];
  for (const [text, want] of table) assert.deepEqual(problem(text), [want], text);
});

test('what may change of a Job', () => {
  const place = { nodeSelector: { disk: 'ssd' }, tolerations: [{ operator: 'Exists' }] };
  const affinity = { nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [] } };
  const table: [string, object, (spec: Job['spec']) => void, ...string[]][] = [
    ['how many at a time', {}, (spec) => Object.assign(spec, { parallelism: 5, suspend: true, backoffLimit: 1 })],
    [
      'how many',
      {},
      (spec) => Object.assign(spec, { completions: 2 }),
      'spec.completions: Invalid value: 2: field is immutable',
    ],
    [
      'how many, with as many at a time',
      { completionMode: 'Indexed', completions: 3, parallelism: 3 },
      (spec) => Object.assign(spec, { completions: 2, parallelism: 2 }),
    ],
    [
      'how many, without',
      { completionMode: 'Indexed', completions: 3, parallelism: 3 },
      (spec) => Object.assign(spec, { completions: 2 }),
      'spec.completions: Invalid value: 2: can only be modified in tandem with spec.parallelism',
    ],
    [
      'the mode',
      { completions: 1 },
      (spec) => Object.assign(spec, { completionMode: 'Indexed' }),
      'spec.completionMode: Invalid value: "Indexed": field is immutable',
    ],
    [
      'the manager',
      {},
      (spec) => Object.assign(spec, { managedBy: 'a.b/c' }),
      'spec.managedBy: Invalid value: "a.b/c": field is immutable',
    ],
    ['where a waiting one will run', { suspend: true }, (spec) => Object.assign(spec.template.spec ?? {}, place)],
    [
      'where a waiting one will run, by affinity',
      { suspend: true },
      (spec) => Object.assign(spec.template.spec ?? {}, { affinity }),
    ],
  ];
  for (const [name, spec, edit, ...want] of table) {
    const old = make(spec);
    const changed = updated(jobKind, old, (job) => edit(job.spec));
    assert.deepEqual(texts(jobKind.validateUpdate?.(changed, old) ?? []), want, name);
  }
  const running = make();
  const moved = updated(jobKind, running, ({ spec }) => Object.assign(spec.template.spec ?? {}, place));
  const image = updated(jobKind, make({ suspend: true }), ({ spec }) => {
    if (spec.template.spec?.containers[0]) spec.template.spec.containers[0].image = 'other';
  });
  for (const changed of [moved, image]) {
    const errors = jobKind.validateUpdate?.(changed, changed === moved ? running : make({ suspend: true })) ?? [];
    assert.deepEqual(
      errors.map(({ field, detail }) => [field, detail]),
      [['spec.template', 'field is immutable']],
    );
  }
});

test('what a controller may report of a Job', () => {
  const conditions = (...types: string[]) => types.map((type) => ({ type, status: 'True' }));
  const start = '2026-01-01T00:00:00Z';
  const end = '2026-01-01T00:10:00Z';
  const done = { startTime: start, completionTime: end, conditions: conditions('SuccessCriteriaMet', 'Complete') };
  const at = 'status.conditions: Invalid value: ';
  const indexed = { completionMode: 'Indexed', completions: 5, backoffLimitPerIndex: 1 };
  const table: [string, object, object, object, ...string[]][] = [
    ['running', {}, {}, { startTime: start, active: 2, ready: 1, terminating: 1 }],
    ['complete', {}, { startTime: start, active: 1 }, { ...done, succeeded: 1 }],
    ['failed', {}, {}, { startTime: start, failed: 7, conditions: conditions('FailureTarget', 'Failed') }],
    [
      'numbers',
      {},
      {},
      { active: -1, ready: 1 },
      'status.active: Invalid value: -1: must be greater than or equal to 0',
      'status.ready: Invalid value: 1: cannot set more ready pods than active',
    ],
    [
      'complete and failed',
      {},
      {},
      { ...done, conditions: conditions('SuccessCriteriaMet', 'Complete', 'Failed') },
      `${at}cannot set Complete=True and Failed=true conditions`,
      `${at}cannot set Failed=True condition without the FailureTarget=true condition`,
      `${at}cannot set SuccessCriteriaMet=True and Failed=true conditions`,
    ],
    [
      'complete out of nothing',
      {},
      {},
      { active: 1, conditions: conditions('Complete') },
      `${at}cannot set Complete=True condition without the SuccessCriteriaMet=true condition`,
      'status.completionTime: Required value: completionTime is required for Complete jobs',
      'status.active: Invalid value: 1: active>0 is invalid for finished job',
      'status.startTime: Required value: startTime is required for finished job',
    ],
    [
      'an end before the beginning, of what has not ended',
      {},
      {},
      { startTime: end, completionTime: start },
      `status.completionTime: Invalid value: "${start}": cannot set completionTime when there is no Complete=True condition`,
      `status.completionTime: Invalid value: "${start}": completionTime cannot be set before startTime`,
    ],
    [
      'undone',
      {},
      { ...done, succeeded: 2, failed: 1 },
      { startTime: start, succeeded: 1 },
      `${at}cannot disable the terminal Complete=True condition`,
      'status.failed: Invalid value: 0: cannot decrease the failed counter',
      'status.succeeded: Invalid value: 1: cannot decrease the succeeded counter',
      `${at}cannot disable the SuccessCriteriaMet=True condition`,
    ],
    [
      'a beginning that is forgotten',
      {},
      { startTime: start },
      {},
      'status.startTime: Required value: startTime cannot be removed for unsuspended job',
    ],
    ['a beginning that is forgotten while it waits', { suspend: true }, { startTime: start }, {}],
    ['indexes', indexed, {}, { completedIndexes: '0,2', failedIndexes: '1,3-4' }],
    [
      'indexes that did both',
      indexed,
      {},
      { completedIndexes: '0-2', failedIndexes: '2-3' },
      'status.failedIndexes: Invalid value: "2-3": failedIndexes and completedIndexes overlap at index: 2',
    ],
    [
      'indexes that there are not',
      indexed,
      {},
      { completedIndexes: '5' },
      'status.completedIndexes: Invalid value: "5": error parsing completedIndexes: too large index: "5"',
    ],
    [
      'indexes of a job without',
      {},
      {},
      { completedIndexes: '0', failedIndexes: '' },
      'status.completedIndexes: Invalid value: "0": cannot set non-empty completedIndexes when non-indexed completion mode',
      'status.failedIndexes: Invalid value: "": cannot set non-null failedIndexes when backoffLimitPerIndex is null',
    ],
    [
      'pods counted twice',
      {},
      {},
      { uncountedTerminatedPods: { succeeded: ['a'], failed: ['a', ''] } },
      'status.uncountedTerminatedPods.failed[0]: Duplicate value: "a"',
      'status.uncountedTerminatedPods.failed[1]: Invalid value: "": must not be empty',
    ],
  ];
  for (const [name, spec, before, status, ...want] of table) {
    const old = { ...make(spec), status: before };
    assert.deepEqual(texts(jobKind.validateStatusUpdate?.({ ...make(spec), status }, old) ?? []), want, name);
  }
});

test('rows of Jobs', () => {
  const row = (spec: object, status: object, more: object = {}) => {
    const job = make(spec);
    return cells(jobKind.columns, { ...job, metadata: { ...job.metadata, ...more }, status }, now);
  };
  const has = (type: string) => ({ conditions: [{ type, status: 'True' }] });
  const start = '2026-01-01T00:30:00Z';
  const table: [unknown[], unknown[]][] = [
    [row({}, {}), ['pi', 'Running', '0/1', '', '60m']],
    [row({ parallelism: 3 }, { startTime: start, succeeded: 1 }), ['pi', 'Running', '1/1 of 3', '30m', '60m']],
    [row({ parallelism: 1 }, {}), ['pi', 'Running', '0/1', '', '60m']],
    [row({ completions: 4 }, { ...has('Suspended'), succeeded: 2 }), ['pi', 'Suspended', '2/4', '', '60m']],
    [
      row({}, { ...has('Complete'), startTime: start, completionTime: '2026-01-01T00:30:07Z', succeeded: 1 }),
      ['pi', 'Complete', '1/1', '7s', '60m'],
    ],
    [row({}, has('Failed')), ['pi', 'Failed', '0/1', '', '60m']],
    [row({}, has('FailureTarget')), ['pi', 'FailureTarget', '0/1', '', '60m']],
    [row({}, {}, { deletionTimestamp: start }), ['pi', 'Terminating', '0/1', '', '60m']],
  ];
  for (const [got, want] of table) assert.deepEqual(got, want);
  const wide = cells(jobKind.columns, make(), now, true).slice(5);
  assert.deepEqual(wide, ['c', 'perl:5', 'batch.kubernetes.io/controller-uid=u-1']);
  assert.equal(jobKind.selectableFields?.['status.successful']?.({ ...make(), status: { succeeded: 2 } }), '2');
});

const cron = (spec: object = {}, name = 'hello') =>
  created(cronJobKind, {
    metadata: { ...metadata, name },
    spec: { schedule: '*/5 * * * *', jobTemplate: { spec: { template } }, ...spec },
  });

test('defaults of a CronJob', () => {
  const { jobTemplate, ...rest } = cron().spec;
  assert.deepEqual(rest, {
    schedule: '*/5 * * * *',
    concurrencyPolicy: 'Allow',
    suspend: false,
    successfulJobsHistoryLimit: 3,
    failedJobsHistoryLimit: 1,
  });
  assert.equal(jobTemplate.spec?.template.spec?.dnsPolicy, 'ClusterFirst');
  assert.equal(jobTemplate.spec?.completions, undefined);
  assert.equal(jobTemplate.spec?.selector, undefined);
});

test('every rule of a CronJob names its field', () => {
  const table: [string, object, ...string[]][] = [
    ['good', { timeZone: 'Europe/Berlin', startingDeadlineSeconds: 10 }],
    ['no schedule', { schedule: '' }, 'spec.schedule: Required value'],
    [
      'no schedule, but a text',
      { schedule: 'every day' },
      'spec.schedule: Invalid value: "every day": expected exactly 5 fields, found 2: [every day]',
    ],
    [
      'a time zone in the schedule',
      { schedule: 'TZ=UTC 0 0 * * *' },
      'spec.schedule: Invalid value: "TZ=UTC 0 0 * * *": cannot use TZ or CRON_TZ in schedule, use timeZone field instead',
    ],
    ['no time zone', { timeZone: '' }, 'spec.timeZone: Invalid value: "": timeZone must be nil or non-empty string'],
    [
      'whose time zone',
      { timeZone: 'Local' },
      'spec.timeZone: Invalid value: "Local": timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones',
    ],
    [
      'a made-up one',
      { timeZone: 'Mars/Olympus' },
      'spec.timeZone: Invalid value: "Mars/Olympus": unknown time zone Mars/Olympus',
    ],
    [
      'words and numbers',
      {
        concurrencyPolicy: 'Maybe',
        startingDeadlineSeconds: -1,
        successfulJobsHistoryLimit: -1,
        failedJobsHistoryLimit: -1,
      },
      'spec.startingDeadlineSeconds: Invalid value: -1: must be greater than or equal to 0',
      'spec.concurrencyPolicy: Unsupported value: "Maybe": supported values: "Allow", "Forbid", "Replace"',
      'spec.successfulJobsHistoryLimit: Invalid value: -1: must be greater than or equal to 0',
      'spec.failedJobsHistoryLimit: Invalid value: -1: must be greater than or equal to 0',
    ],
    [
      'the jobs',
      { jobTemplate: { spec: { template, selector: {}, manualSelector: true, parallelism: -1 } } },
      'spec.jobTemplate.spec.parallelism: Invalid value: -1: must be greater than or equal to 0',
      'spec.jobTemplate.spec.selector: Invalid value: {}: `selector` will be auto-generated',
      'spec.jobTemplate.spec.manualSelector: Unsupported value: true: supported values: "false", "nil"',
    ],
  ];
  for (const [name, spec, ...want] of table) {
    assert.deepEqual(texts(cronJobKind.validate?.(cron(spec)) ?? []), want, name);
  }
  assert.deepEqual(cronJobKind.validateCreate?.(cron({}, 'x'.repeat(52))), []);
  assert.deepEqual(texts(cronJobKind.validateCreate?.(cron({}, 'x'.repeat(53))) ?? []), [
    `metadata.name: Invalid value: "${'x'.repeat(53)}": must be no more than 52 characters`,
  ]);
});

test('a name that is no good host name is warned of, once', () => {
  const dotted = cron({}, 'a.b');
  assert.deepEqual(cronJobKind.warnings?.(dotted, undefined), [
    'metadata.name: this is used in Pod names and hostnames, which can result in surprising behavior; a DNS label is recommended: [must not contain dots]',
  ]);
  assert.deepEqual(cronJobKind.warnings?.(dotted, dotted), []);
});

test('rows of CronJobs', () => {
  const one = cron();
  assert.deepEqual(cells(cronJobKind.columns, one, now, true), [
    'hello',
    '*/5 * * * *',
    '<none>',
    'False',
    0,
    '<none>',
    '60m',
    'c',
    'perl:5',
    '<none>',
  ]);
  one.spec.timeZone = 'UTC';
  one.spec.suspend = true;
  one.status = { active: [{ name: 'a' }], lastScheduleTime: '2026-01-01T00:58:00Z' };
  const want = ['hello', '*/5 * * * *', 'UTC', 'True', 1, '2m', '60m'];
  assert.deepEqual(cells(cronJobKind.columns, one, now), want);
});
