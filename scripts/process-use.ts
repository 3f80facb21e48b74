// What a process takes, as the kernel counts it.

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';

const statusMB = (pid: number | undefined, field: string): number => {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? Number.NaN) / 1024;
};

/** Resident memory in MiB. */
export const residentMB = (pid: number | undefined): number => statusMB(pid, 'VmRSS');

/** The most that was resident since the start or the last {@link resetPeak}, in MiB. */
export const peakMB = (pid: number | undefined): number => statusMB(pid, 'VmHWM');

/** From now on {@link peakMB} begins at what is resident (proc_pid_clear_refs(5)). */
export const resetPeak = (pid: number | undefined): void => writeFileSync(`/proc/${pid}/clear_refs`, '5');

/** Seconds of processor time that the process has used; with that of children that it has waited for on request. */
export function processorSeconds(pid: number | undefined, withChildren = false): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const counted = withChildren ? [11, 12, 13, 14] : [11, 12];
  return counted.reduce((sum, field) => sum + Number(fields[field]), 0) / 100;
}

/** The process and all that descend from it. */
export function processTree(pid: number): number[] {
  const children = readdirSync(`/proc/${pid}/task`).flatMap((thread) => {
    const text = readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8').trim();
    return text === '' ? [] : text.split(' ').map(Number);
  });
  return [pid, ...children.flatMap(processTree)];
}
