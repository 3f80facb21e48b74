// The labels by which a job knows its pods (api.md §13). The server makes them of the job's uid, so that no two jobs choose
// each other's pods, unless `manualSelector` says that the author answers for the selector.

import { type FieldError, invalidValue, required } from '../../errors.ts';
import { matchesSelector } from '../../labels.ts';
import type { Job } from '../../schema/job.ts';

const uidLabels = ['batch.kubernetes.io/controller-uid', 'controller-uid'];
const nameLabels = ['batch.kubernetes.io/job-name', 'job-name'];
const selecting = 'batch.kubernetes.io/controller-uid';

/** Labels that are there already stay, so that validation can say that they are wrong. */
export function generateSelector({ metadata, spec }: Job): void {
  if (!spec || spec.manualSelector) return;
  spec.template ??= {};
  spec.template.metadata ??= {};
  spec.template.metadata.labels = { ...generated(metadata), ...spec.template.metadata.labels };
  spec.selector ??= {};
  spec.selector.matchLabels = { [selecting]: metadata.uid ?? '', ...spec.selector.matchLabels };
}

const generated = ({ uid = '', name = '' }: Job['metadata']): Record<string, string> =>
  Object.fromEntries([...uidLabels.map((key) => [key, uid]), ...nameLabels.map((key) => [key, name])]);

export function renameSelector({ metadata, spec }: Job, before: string): void {
  if (spec.manualSelector) return;
  for (const labels of [spec.template.metadata?.labels, metadata.labels]) {
    for (const key of nameLabels) if (labels?.[key] === before) labels[key] = metadata.name ?? '';
  }
}

/** The labels must be on the pods and must be those of this job. */
export function validateGenerated({ metadata, spec }: Job): FieldError[] {
  if (spec.manualSelector || !spec.selector) return [];
  const labels = spec.template.metadata?.labels ?? {};
  const wanted = generated(metadata);
  const order = [uidLabels[1], nameLabels[1], uidLabels[0], nameLabels[0]] as string[];
  const errors = order.flatMap((key) => {
    const path = `spec.template.metadata.labels[${key}]`;
    const detail = `must be '${wanted[key]}'`;
    if (!Object.hasOwn(labels, key)) return [required(path, detail)];
    return labels[key] === wanted[key] ? [] : [invalidValue(path, labels, detail)];
  });
  if (!matchesSelector(spec.selector, wanted)) {
    errors.push(invalidValue('spec.selector', spec.selector, '`selector` not auto-generated'));
  }
  return errors;
}
