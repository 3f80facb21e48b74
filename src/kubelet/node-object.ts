// The Node object that a kubelet registers: what the machine is, and how it is. Pure but for reading the machine's own data.

import { readFile } from 'node:fs/promises';
import { availableParallelism, release, totalmem } from 'node:os';
import { gitVersion, type Node } from '#api/index.ts';
import { timestamp } from '#api/schema/time.ts';
import type { PerFamily } from '#lib/cidr.ts';
import { goArchitecture } from '#lib/go-architecture.ts';

export interface Machine {
  readonly machineID: string;
  readonly bootID: string;
  readonly osImage: string;
  readonly kernelVersion: string;
  readonly architecture: string;
  readonly cpus: number;
  readonly memoryKi: number;
}

export async function readMachine(): Promise<Machine> {
  const read = async (path: string) => (await readFile(path, 'utf8').catch(() => '')).trim();
  const [machineID, bootID, release_] = await Promise.all([
    read('/etc/machine-id'),
    read('/proc/sys/kernel/random/boot_id'),
    read('/etc/os-release'),
  ]);
  return {
    machineID,
    bootID,
    osImage: /^PRETTY_NAME="?([^"\n]*)/m.exec(release_)?.[1] ?? 'Linux',
    kernelVersion: release(),
    architecture: goArchitecture,
    cpus: availableParallelism(),
    memoryKi: Math.floor(totalmem() / 1024),
  };
}

export interface NodeInput {
  readonly nodeName: string;
  /** One for each IP family, the primary one first; the pods' ranges alike. */
  readonly nodeIPs: PerFamily<string>;
  readonly podCIDRs: PerFamily<string>;
  readonly port: number;
  readonly runtimeVersion: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly machine: Machine;
  readonly leaseDurationSeconds: number;
}

const maxPods = 110;

type NodeCondition = NonNullable<NonNullable<Node['status']>['conditions']>[number];

export function nodeConditions(before: readonly NodeCondition[], now: Date): NodeCondition[] {
  const time = timestamp(now);
  const healthy = [
    ['MemoryPressure', 'False', 'KubeletHasSufficientMemory', 'kubelet has sufficient memory available'],
    ['DiskPressure', 'False', 'KubeletHasNoDiskPressure', 'kubelet has no disk pressure'],
    ['PIDPressure', 'False', 'KubeletHasSufficientPID', 'kubelet has sufficient PID available'],
    ['Ready', 'True', 'KubeletReady', 'kubelet is posting ready status'],
  ] as const;
  return healthy.map(([type, status, reason, message]) => {
    const old = before.find((condition) => condition.type === type);
    const lastTransitionTime = (old?.status === status && old.lastTransitionTime) || time;
    return { type, status, lastHeartbeatTime: time, lastTransitionTime, reason, message };
  });
}

export function nodeStatus(input: NodeInput, before: Node['status'], now: Date): NonNullable<Node['status']> {
  const { machine } = input;
  const capacity = { cpu: String(machine.cpus), memory: `${machine.memoryKi}Ki`, pods: String(maxPods) };
  return {
    capacity,
    allocatable: capacity,
    conditions: nodeConditions(before?.conditions ?? [], now),
    addresses: [
      ...input.nodeIPs.map((address) => ({ type: 'InternalIP', address })),
      { type: 'Hostname', address: input.nodeName },
    ],
    daemonEndpoints: { kubeletEndpoint: { Port: input.port } },
    nodeInfo: {
      machineID: machine.machineID,
      systemUUID: machine.machineID,
      bootID: machine.bootID,
      kernelVersion: machine.kernelVersion,
      osImage: machine.osImage,
      containerRuntimeVersion: input.runtimeVersion,
      kubeletVersion: gitVersion,
      kubeProxyVersion: '',
      operatingSystem: 'linux',
      architecture: machine.architecture,
    },
    images: [{ names: ['host'] }],
  };
}

export function nodeObject(input: NodeInput, now: Date): Node {
  const { nodeName, podCIDRs, machine } = input;
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name: nodeName,
      labels: {
        'kubernetes.io/hostname': nodeName,
        'kubernetes.io/os': 'linux',
        'kubernetes.io/arch': machine.architecture,
        'beta.kubernetes.io/os': 'linux',
        'beta.kubernetes.io/arch': machine.architecture,
        ...input.labels,
      },
    },
    spec: { podCIDR: podCIDRs[0], podCIDRs: [...podCIDRs] },
    status: nodeStatus(input, undefined, now),
  };
}
