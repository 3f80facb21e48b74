import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pod } from '../schema/pod.ts';
import { podKind } from './pod.ts';
import { cells, created, texts, updated } from './testing.ts';

const now = new Date('2026-01-01T01:00:00Z');
const metadata = { name: 'web', namespace: 'default', creationTimestamp: '2026-01-01T00:00:00Z' };
const container = { name: 'app', image: 'nginx:1.27' };
const make = (spec: object = {}): Pod => created(podKind, { metadata, spec: { containers: [container], ...spec } });
const errorsOf = (spec: object): string[] => texts(podKind.validate?.(make(spec)) ?? []);
const withContainer = (rest: object, pod: object = {}): object => ({ containers: [{ ...container, ...rest }], ...pod });

test('defaults of a pod', () => {
  assert.deepEqual(make(), {
    metadata: { ...metadata },
    spec: {
      containers: [
        {
          name: 'app',
          image: 'nginx:1.27',
          imagePullPolicy: 'IfNotPresent',
          terminationMessagePath: '/dev/termination-log',
          terminationMessagePolicy: 'File',
          resources: {},
        },
      ],
      restartPolicy: 'Always',
      terminationGracePeriodSeconds: 30,
      dnsPolicy: 'ClusterFirst',
      schedulerName: 'default-scheduler',
      securityContext: {},
      serviceAccountName: 'default',
      serviceAccount: 'default',
      priority: 0,
      preemptionPolicy: 'PreemptLowerPriority',
      enableServiceLinks: true,
      tolerations: ['not-ready', 'unreachable'].map((taint) => ({
        key: `node.kubernetes.io/${taint}`,
        operator: 'Exists',
        effect: 'NoExecute',
        tolerationSeconds: 300,
      })),
    },
    status: { phase: 'Pending', qosClass: 'BestEffort' },
  });
});

test('a pod with gates says from the first moment that it is not to be scheduled', () => {
  const pod = make({ schedulingGates: [{ name: 'example.com/gate' }] });
  assert.deepEqual(
    pod.status?.conditions?.map(({ type, status, reason }) => [type, status, reason]),
    [['PodScheduled', 'False', 'SchedulingGated']],
  );
  assert.equal(cells(podKind.columns, pod, now)[2], 'SchedulingGated');
});

test('an image without a tag, or with the one that moves, is always pulled', () => {
  const table: [string, string][] = [
    ['nginx', 'Always'],
    ['nginx:latest', 'Always'],
    ['nginx:1.27', 'IfNotPresent'],
    ['registry:5000/nginx', 'Always'],
    ['registry:5000/nginx:2', 'IfNotPresent'],
    [`nginx@sha256:${'a'.repeat(64)}`, 'IfNotPresent'],
  ];
  for (const [image, want] of table) {
    assert.equal(make(withContainer({ image })).spec.containers[0]?.imagePullPolicy, want, image);
  }
});

test('probes, ports, resources and volumes have defaults', () => {
  const pod = make({
    ...withContainer({
      readinessProbe: { httpGet: { port: 80 } },
      ports: [{ containerPort: 80 }],
      resources: { limits: { cpu: '1', memory: '1Gi' }, requests: { cpu: '500m' } },
      env: [{ name: 'IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } }],
    }),
    hostNetwork: true,
    volumes: [{ name: 'a' }, { name: 'b', configMap: { name: 'c' } }, { name: 'h', hostPath: { path: '/x' } }],
  });
  const [app] = pod.spec.containers;
  assert.deepEqual(app?.readinessProbe, {
    httpGet: { port: 80, path: '/', scheme: 'HTTP' },
    timeoutSeconds: 1,
    periodSeconds: 10,
    successThreshold: 1,
    failureThreshold: 3,
  });
  assert.deepEqual(app?.ports, [{ containerPort: 80, hostPort: 80, protocol: 'TCP' }]);
  assert.deepEqual(app?.resources?.requests, { cpu: '500m', memory: '1Gi' });
  assert.equal(app?.env?.[0]?.valueFrom?.fieldRef?.apiVersion, 'v1');
  assert.deepEqual(pod.spec.volumes, [
    { name: 'a', emptyDir: {} },
    { name: 'b', configMap: { name: 'c', defaultMode: 420 } },
    { name: 'h', hostPath: { path: '/x', type: '' } },
  ]);
});

test('the quality-of-service class follows from requests and limits', () => {
  const table: [object, string][] = [
    [{}, 'BestEffort'],
    [{ requests: { cpu: '0' } }, 'BestEffort'],
    [{ requests: { cpu: '1' } }, 'Burstable'],
    [{ limits: { cpu: '1' } }, 'Burstable'],
    [{ limits: { cpu: '1', memory: '1Gi' } }, 'Guaranteed'],
    [{ limits: { cpu: '1', memory: '1Gi' }, requests: { cpu: '1000m', memory: '1024Mi' } }, 'Guaranteed'],
    [{ limits: { cpu: '1', memory: '1Gi' }, requests: { cpu: '500m' } }, 'Burstable'],
  ];
  for (const [resources, want] of table) {
    assert.equal(make(withContainer({ resources })).status?.qosClass, want, JSON.stringify(resources));
  }
});

test('a good pod has no errors', () => {
  for (const spec of [
    {},
    withContainer({
      env: [{ name: 'my.var-1', value: 'x' }],
      envFrom: [{ prefix: 'A_', configMapRef: { name: 'c' } }],
    }),
    withContainer({ env: [{ name: 'L', valueFrom: { fieldRef: { fieldPath: "metadata.labels['app']" } } }] }),
    withContainer({
      livenessProbe: { exec: { command: ['true'] } },
      lifecycle: { preStop: { sleep: { seconds: 5 } } },
    }),
    withContainer({ volumeMounts: [{ name: 'v', mountPath: '/v' }] }, { volumes: [{ name: 'v' }] }),
    {
      initContainers: [{ name: 'i', image: 'x', restartPolicy: 'Always', readinessProbe: { tcpSocket: { port: 1 } } }],
    },
    { restartPolicy: 'Never' },
    { tolerations: [{ operator: 'Exists' }] },
    {
      volumes: [
        {
          name: 'p',
          projected: {
            sources: [
              { serviceAccountToken: { path: 'token' } },
              { configMap: { name: 'c', items: [{ key: 'k', path: 'a/b' }] } },
            ],
          },
        },
      ],
    },
  ]) {
    assert.deepEqual(errorsOf(spec), [], JSON.stringify(spec));
  }
});

test('every rule of a pod names its field', () => {
  const c = 'spec.containers[0]';
  const table: [string, object, ...string[]][] = [
    ['no containers', { containers: [] }, 'spec.containers: Required value'],
    [
      'a container needs name and image',
      { containers: [{}] },
      `${c}.name: Required value`,
      `${c}.image: Required value`,
    ],
    [
      'containers have names of their own',
      { containers: [container, container], initContainers: [container] },
      'spec.containers[1].name: Duplicate value: "app"',
      'spec.initContainers[0].name: Duplicate value: "app"',
    ],
    [
      'ports',
      withContainer({
        ports: [{ name: 'a' }, { name: 'a', containerPort: 70000 }, { containerPort: 1, protocol: 'X' }],
      }),
      `${c}.ports[0].containerPort: Required value`,
      `${c}.ports[1].name: Duplicate value: "a"`,
      `${c}.ports[1].containerPort: Invalid value: 70000: must be between 1 and 65535, inclusive`,
      `${c}.ports[2].protocol: Unsupported value: "X": supported values: "SCTP", "TCP", "UDP"`,
    ],
    [
      'a host port is taken once',
      withContainer({
        ports: [
          { containerPort: 1, hostPort: 80 },
          { containerPort: 2, hostPort: 80 },
        ],
      }),
      `${c}.ports[1].hostPort: Duplicate value: "TCP//80"`,
    ],
    [
      'in the host network ports are the same',
      withContainer({ ports: [{ containerPort: 1, hostPort: 80 }] }, { hostNetwork: true }),
      `${c}.ports[0].containerPort: Invalid value: 1: must match \`hostPort\` when \`hostNetwork\` is true`,
    ],
    [
      'environment',
      withContainer({
        env: [
          {},
          { name: 'A', value: 'x', valueFrom: { fieldRef: { fieldPath: 'spec.x' } } },
          { name: 'B', valueFrom: {} },
        ],
        envFrom: [{}],
      }),
      `${c}.env[0].name: Required value`,
      `${c}.env[1].valueFrom: Invalid value: "": may not be specified when \`value\` is not empty`,
      `${c}.env[1].valueFrom.fieldRef.fieldPath: Unsupported value: "spec.x": supported values: "metadata.name", "metadata.namespace", "metadata.uid", "spec.nodeName", "spec.serviceAccountName", "status.hostIP", "status.hostIPs", "status.podIP", "status.podIPs"`,
      `${c}.env[2].valueFrom: Invalid value: "": must specify one of: \`fieldRef\`, \`resourceFieldRef\`, \`configMapKeyRef\` or \`secretKeyRef\``,
      `${c}.envFrom[0]: Invalid value: "": must specify one of: \`configMapRef\` or \`secretRef\``,
    ],
    [
      'mounts',
      withContainer(
        {
          volumeMounts: [
            { name: 'x', mountPath: '/a' },
            { name: 'v', mountPath: '/a', subPath: '../b' },
          ],
        },
        { volumes: [{ name: 'v' }] },
      ),
      `${c}.volumeMounts[0].name: Not found: "x"`,
      `${c}.volumeMounts[1].mountPath: Invalid value: "/a": must be unique`,
      `${c}.volumeMounts[1].subPath: Invalid value: "../b": must not contain '..'`,
    ],
    [
      'probes',
      withContainer({
        livenessProbe: { httpGet: { port: 0 }, exec: { command: ['a'] }, successThreshold: 2 },
        readinessProbe: {},
      }),
      `${c}.livenessProbe.httpGet: Forbidden: may not specify more than 1 handler type`,
      `${c}.livenessProbe.httpGet.port: Invalid value: 0: must be between 1 and 65535, inclusive`,
      `${c}.livenessProbe.successThreshold: Invalid value: 2: must be 1`,
      `${c}.readinessProbe: Required value: must specify a handler type`,
    ],
    [
      'resources',
      withContainer({ resources: { limits: { cpu: '1' }, requests: { cpu: '2', memory: '-1', gold: '1' } } }),
      `${c}.resources.requests: Invalid value: "gold": must be a standard resource type or fully qualified`,
      `${c}.resources.requests[memory]: Invalid value: "-1": must be greater than or equal to 0`,
      `${c}.resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 1`,
    ],
    [
      'init containers are not probed unless they stay',
      { initContainers: [{ name: 'i', image: 'x', startupProbe: { exec: { command: ['a'] } } }] },
      'spec.initContainers[0].startupProbe: Forbidden: may not be set for init containers without restartPolicy=Always',
    ],
    [
      'volumes',
      {
        volumes: [
          { name: 'a', secret: {} },
          { name: 'a', hostPath: { path: '/a/../b', type: 'Door' }, emptyDir: {} },
        ],
      },
      'spec.volumes[0].secret.secretName: Required value',
      'spec.volumes[1].name: Duplicate value: "a"',
      'spec.volumes[1].emptyDir: Forbidden: may not specify more than 1 volume type',
      `spec.volumes[1].hostPath.path: Invalid value: "/a/../b": must not contain '..'`,
      'spec.volumes[1].hostPath.type: Unsupported value: "Door": supported values: "", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket"',
    ],
    [
      'policies',
      { restartPolicy: 'Sometimes' },
      'spec.restartPolicy: Unsupported value: "Sometimes": supported values: "Always", "OnFailure", "Never"',
    ],
    [
      'tolerations',
      {
        tolerations: [
          { key: 'a', operator: 'Odd' },
          { tolerationSeconds: 5, operator: 'Exists' },
        ],
      },
      'spec.tolerations[0].operator: Unsupported value: "Odd": supported values: "Equal", "Exists"',
      `spec.tolerations[1].effect: Invalid value: "": effect must be 'NoExecute' when \`tolerationSeconds\` is set`,
    ],
    [
      'affinity',
      {
        affinity: {
          nodeAffinity: {
            requiredDuringSchedulingIgnoredDuringExecution: {
              nodeSelectorTerms: [{ matchExpressions: [{ key: 'a', operator: 'In' }] }],
            },
          },
          podAntiAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 0, podAffinityTerm: {} }] },
        },
      },
      "spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchExpressions[0].values: Required value: must be specified when `operator` is 'In' or 'NotIn'",
      'spec.affinity.podAntiAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].weight: Invalid value: 0: must be in the range 1-100',
      'spec.affinity.podAntiAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].podAffinityTerm.topologyKey: Required value: can not be empty',
    ],
  ];
  for (const [name, spec, ...want] of table) assert.deepEqual(errorsOf(spec), want, name);
});

test('of a pod only images and little else may change', () => {
  const old = make({ activeDeadlineSeconds: 100, schedulingGates: [{ name: 'a.io/b' }] });
  const forbidden = /^spec: Forbidden: pod updates may not change fields other than `spec\.containers\[\*\]\.image`/;
  const table: [string, (pod: Pod) => void, RegExp?][] = [
    ['nothing', () => {}],
    ['labels', ({ metadata }) => Object.assign(metadata, { labels: { a: 'b' } })],
    ['an image', ({ spec }) => Object.assign(spec.containers[0] ?? {}, { image: 'nginx:1.28' })],
    ['a nearer deadline', ({ spec }) => Object.assign(spec, { activeDeadlineSeconds: 50 })],
    [
      'a further deadline',
      ({ spec }) => Object.assign(spec, { activeDeadlineSeconds: 150 }),
      /^spec\.activeDeadlineSeconds: Invalid value: 150/,
    ],
    ['one more toleration', ({ spec }) => spec.tolerations?.push({ key: 'a', operator: 'Exists' })],
    ['one toleration fewer', ({ spec }) => spec.tolerations?.pop(), /^spec\.tolerations: Forbidden/],
    ['a gate opened', ({ spec }) => delete spec.schedulingGates],
    ['a gate added', ({ spec }) => spec.schedulingGates?.push({ name: 'c.io/d' }), /^spec\.schedulingGates: Forbidden/],
    ['a command', ({ spec }) => Object.assign(spec.containers[0] ?? {}, { command: ['sh'] }), forbidden],
    ['the node', ({ spec }) => Object.assign(spec, { nodeName: 'n1' }), forbidden],
    [
      'a container more',
      ({ spec }) => spec.containers.push({ name: 'b', image: 'x' }),
      /^spec\.containers: Forbidden: pod updates may not add or remove containers$/,
    ],
  ];
  for (const [name, change, want] of table) {
    const pod = updated(podKind, old, change);
    const errors = texts(podKind.validateUpdate?.(pod, old) ?? []);
    if (want) assert.match(errors.join('\n'), want, name);
    else assert.deepEqual(errors, [], name);
  }
});

test('a delete is graceful only where somebody runs the pod', () => {
  const grace = (pod: Partial<Pod>, requested?: number) => podKind.gracePeriod?.({ ...make(), ...pod }, requested);
  const scheduled = make({ nodeName: 'n1', terminationGracePeriodSeconds: 10 });
  assert.equal(grace({}), undefined);
  assert.equal(grace(scheduled), 10);
  assert.equal(grace(scheduled, 3), 3);
  assert.equal(grace(scheduled, 0), undefined);
  assert.equal(grace(scheduled, -1), 1);
  assert.equal(grace({ ...scheduled, status: { phase: 'Succeeded' } }), undefined);
});

test('the status sub-resource leaves owners and class alone', () => {
  const old = make();
  old.metadata.ownerReferences = [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'rs', uid: '1' }];
  const pod: Pod = { ...structuredClone(old), status: { phase: 'Running', qosClass: 'Guaranteed' } };
  delete pod.metadata.ownerReferences;
  podKind.prepareForStatusUpdate?.(pod, old, new Date(0));
  assert.deepEqual(pod.metadata.ownerReferences, old.metadata.ownerReferences);
  assert.deepEqual(pod.status, { phase: 'Running', qosClass: 'BestEffort' });
});

const running = { state: { running: {} }, ready: true, restartCount: 0 };
const two = { containers: [container, { ...container, name: 'b' }] };

test('the table of pods', () => {
  const row = (status: object, spec: object = {}, extra: object = {}) => {
    const pod = make(spec);
    Object.assign(pod.metadata, extra);
    pod.status = status as Pod['status'];
    return cells(podKind.columns, pod, now).slice(1, 4).join(' ');
  };
  const waiting = (reason?: string) => ({ state: { waiting: { reason } }, ready: false, restartCount: 0 });
  const terminated = (rest: object) => ({ state: { terminated: rest }, ready: false, restartCount: 0 });
  const init = {
    initContainers: [
      { name: 'i', image: 'x' },
      { name: 'j', image: 'x' },
    ],
  };
  const sidecar = { initContainers: [{ name: 'i', image: 'x', restartPolicy: 'Always' }] };
  const table: [string, string][] = [
    ['0/1 Pending 0', row({ phase: 'Pending' })],
    ['0/1 Evicted 0', row({ phase: 'Failed', reason: 'Evicted' })],
    [
      '0/1 SchedulingGated 0',
      row({ phase: 'Pending', conditions: [{ type: 'PodScheduled', status: 'False', reason: 'SchedulingGated' }] }),
    ],
    ['0/1 ContainerCreating 0', row({ phase: 'Pending', containerStatuses: [waiting('ContainerCreating')] })],
    ['1/1 Running 0', row({ phase: 'Running', containerStatuses: [running] })],
    ['0/1 Running 0', row({ phase: 'Running', containerStatuses: [{ ...running, ready: false }] })],
    [
      '0/1 Completed 0',
      row({ phase: 'Succeeded', containerStatuses: [terminated({ exitCode: 0, reason: 'Completed' })] }),
    ],
    ['0/1 ExitCode:3 0', row({ phase: 'Failed', containerStatuses: [terminated({ exitCode: 3 })] })],
    ['0/1 Signal:9 0', row({ phase: 'Failed', containerStatuses: [terminated({ exitCode: 137, signal: 9 })] })],
    [
      '1/2 CrashLoopBackOff 0',
      row({ phase: 'Running', containerStatuses: [waiting('CrashLoopBackOff'), running] }, two),
    ],
    [
      '1/2 NotReady 0',
      row({ phase: 'Running', containerStatuses: [terminated({ exitCode: 0, reason: 'Completed' }), running] }, two),
    ],
    [
      '1/2 Running 0',
      row(
        {
          phase: 'Running',
          conditions: [{ type: 'Ready', status: 'True' }],
          containerStatuses: [terminated({ exitCode: 0, reason: 'Completed' }), running],
        },
        two,
      ),
    ],
    [
      '0/1 Init:0/2 0',
      row({ phase: 'Pending', initContainerStatuses: [{ name: 'i', ...waiting('PodInitializing') }] }, init),
    ],
    [
      '0/1 Init:ImagePullBackOff 0',
      row(
        {
          phase: 'Pending',
          initContainerStatuses: [
            { name: 'i', ...terminated({ exitCode: 0 }) },
            { name: 'j', ...waiting('ImagePullBackOff') },
          ],
        },
        init,
      ),
    ],
    [
      '0/1 Init:Error 0',
      row(
        { phase: 'Pending', initContainerStatuses: [{ name: 'i', ...terminated({ exitCode: 1, reason: 'Error' }) }] },
        init,
      ),
    ],
    [
      '0/1 Init:ExitCode:2 0',
      row({ phase: 'Pending', initContainerStatuses: [{ name: 'i', ...terminated({ exitCode: 2 }) }] }, init),
    ],
    [
      '2/2 Running 0',
      row(
        {
          phase: 'Running',
          initContainerStatuses: [{ name: 'i', ...running, started: true }],
          containerStatuses: [running],
        },
        sidecar,
      ),
    ],
    [
      '1/1 Terminating 0',
      row({ phase: 'Running', containerStatuses: [running] }, {}, { deletionTimestamp: '2026-01-01T00:59:00Z' }),
    ],
    ['0/1 Unknown 0', row({ phase: 'Running', reason: 'NodeLost' }, {}, { deletionTimestamp: '2026-01-01T00:59:00Z' })],
    [
      '1/1 Running 3 (5m ago)',
      row({
        phase: 'Running',
        containerStatuses: [
          {
            ...running,
            restartCount: 3,
            lastState: { terminated: { exitCode: 1, finishedAt: '2026-01-01T00:55:00Z' } },
          },
        ],
      }),
    ],
  ];
  for (const [want, got] of table) assert.equal(got, want);
});

test('a finished pod says so in its row', () => {
  const conditions = (phase: string) =>
    podKind.rowConditions?.({ ...make(), status: { phase } }).map(({ type, reason }) => `${type} ${reason}`);
  assert.deepEqual(conditions('Succeeded'), ['Completed Succeeded']);
  assert.deepEqual(conditions('Failed'), ['Completed Failed']);
  assert.deepEqual(conditions('Running'), []);
});

test('wide columns of pods', () => {
  const pod = make({ nodeName: 'n1', readinessGates: [{ conditionType: 'a.io/b' }, { conditionType: 'a.io/c' }] });
  const last = () => cells(podKind.columns, pod, now, true).slice(4);
  assert.deepEqual(last(), ['60m', '<none>', 'n1', '<none>', '0/2']);
  pod.status = {
    podIPs: [{ ip: '10.244.0.2' }],
    conditions: [{ type: 'a.io/c', status: 'True' }],
    nominatedNodeName: 'n2',
  };
  assert.deepEqual(last(), ['60m', '10.244.0.2', 'n1', 'n2', '1/2']);
});
