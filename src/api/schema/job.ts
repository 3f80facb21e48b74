// job: wire types (api.md §4, §10.2).

import { bool, type Infer, int32, int64, list, message, optional, pointer, required, string, time } from './dsl.ts';
import { LabelSelector, objectFields } from './meta.ts';
import { PodTemplateSpec } from './pod.ts';

export const PodFailurePolicyOnExitCodesRequirement = message(
  'batch.v1.PodFailurePolicyOnExitCodesRequirement',
  'Exit codes of a container.',
  {
    containerName: pointer(1, string, { doc: 'Name of the container; any when not given.' }),
    operator: required(2, string, { doc: 'In: one of the values; NotIn: none of them.' }),
    values: required(3, list(int32), { doc: 'Exit codes, in ascending order.', listType: 'set' }),
  },
);
export type PodFailurePolicyOnExitCodesRequirement = Infer<typeof PodFailurePolicyOnExitCodesRequirement>;

export const PodFailurePolicyOnPodConditionsPattern = message(
  'batch.v1.PodFailurePolicyOnPodConditionsPattern',
  'A condition of a pod.',
  {
    type: required(1, string, { doc: 'Name of the condition.' }),
    status: required(2, string, { doc: 'Its status. Default True.', omittable: true }),
  },
);
export type PodFailurePolicyOnPodConditionsPattern = Infer<typeof PodFailurePolicyOnPodConditionsPattern>;

export const PodFailurePolicyRule = message(
  'batch.v1.PodFailurePolicyRule',
  'What to do when a pod failed in a certain way.',
  {
    action: required(1, string, {
      doc: 'FailJob: the job has failed; FailIndex: its index has; Ignore: another pod, without counting; Count: as without a rule.',
    }),
    onExitCodes: pointer(2, PodFailurePolicyOnExitCodesRequirement, { doc: 'Applies to these exit codes.' }),
    onPodConditions: optional(3, list(PodFailurePolicyOnPodConditionsPattern), {
      doc: 'Applies to pods with one of these conditions.',
    }),
  },
);
export type PodFailurePolicyRule = Infer<typeof PodFailurePolicyRule>;

export const PodFailurePolicy = message('batch.v1.PodFailurePolicy', 'What to do about pods that failed.', {
  rules: required(1, list(PodFailurePolicyRule), {
    doc: 'The rules. The first that applies decides; without one the failure counts.',
  }),
});
export type PodFailurePolicy = Infer<typeof PodFailurePolicy>;

export const SuccessPolicyRule = message('batch.v1.SuccessPolicyRule', 'When enough indexes have succeeded.', {
  succeededIndexes: pointer(1, string, { doc: 'These have: numbers and ranges, such as 1,3-5.' }),
  succeededCount: pointer(2, int32, { doc: 'So many have, of succeededIndexes when those are given.' }),
});
export type SuccessPolicyRule = Infer<typeof SuccessPolicyRule>;

export const SuccessPolicy = message(
  'batch.v1.SuccessPolicy',
  'When an indexed job is complete before all of its indexes are.',
  {
    rules: required(1, list(SuccessPolicyRule), { doc: 'The rules. One that holds is enough.' }),
  },
);
export type SuccessPolicy = Infer<typeof SuccessPolicy>;

export const JobSpec = message('batch.v1.JobSpec', 'How many pods have to succeed, and how.', {
  parallelism: pointer(1, int32, { doc: 'How many pods run at a time, at most. Default 1.' }),
  completions: pointer(2, int32, {
    doc: 'How many pods have to succeed. Without it the success of any pod is that of all. Default 1, unless parallelism is given.',
  }),
  activeDeadlineSeconds: pointer(3, int64, { doc: 'Seconds after which the job has failed if it is not complete.' }),
  podFailurePolicy: pointer(11, PodFailurePolicy, {
    doc: 'What to do about pods that failed, by exit code or condition.',
  }),
  successPolicy: pointer(16, SuccessPolicy, { doc: 'When the job is complete although not all of its indexes are.' }),
  backoffLimit: pointer(7, int32, { doc: 'How many pods may fail before the job has. Default 6.' }),
  backoffLimitPerIndex: pointer(12, int32, { doc: 'How many pods of an index may fail before the index has.' }),
  maxFailedIndexes: pointer(13, int32, { doc: 'How many indexes may fail before the job has.' }),
  selector: pointer(4, LabelSelector, {
    doc: 'Labels of the pods that belong to it. Made by the server, unless manualSelector is set.',
  }),
  manualSelector: pointer(5, bool, {
    doc: "Whether the selector is yours, and that it chooses no others' pods your concern.",
  }),
  template: required(6, PodTemplateSpec, { doc: 'What a pod is made from. Its restartPolicy is Never or OnFailure.' }),
  ttlSecondsAfterFinished: pointer(8, int32, {
    doc: 'Seconds after its end at which the job is deleted; never when not given.',
  }),
  completionMode: pointer(9, string, {
    doc: 'NonIndexed (default): pods are alike; Indexed: each gets a number, 0 to completions - 1.',
  }),
  suspend: pointer(10, bool, { doc: 'Whether there are to be no pods for now.' }),
  podReplacementPolicy: pointer(14, string, {
    doc: 'When a pod gets a successor: TerminatingOrFailed, as soon as it is being deleted, or Failed, when it has ended.',
  }),
  managedBy: pointer(15, string, { doc: 'Who works on the job, if it is not the built-in controller.' }),
});
export type JobSpec = Infer<typeof JobSpec>;

export const JobCondition = message('batch.v1.JobCondition', "One aspect of a job's state.", {
  type: required(1, string, { doc: 'Suspended, Complete, Failed, FailureTarget or SuccessCriteriaMet.' }),
  status: required(2, string, { doc: 'True, False or Unknown.' }),
  lastProbeTime: optional(3, time, { doc: 'When the condition was last looked at.' }),
  lastTransitionTime: optional(4, time, { doc: 'When status last changed.' }),
  reason: optional(5, string, { doc: 'Why, in one word for programs.' }),
  message: optional(6, string, { doc: 'Why, for people.' }),
});
export type JobCondition = Infer<typeof JobCondition>;

export const UncountedTerminatedPods = message(
  'batch.v1.UncountedTerminatedPods',
  'Pods that have ended and are not in the counts yet.',
  {
    succeeded: optional(1, list(string), { doc: 'uids of those that succeeded.', listType: 'set' }),
    failed: optional(2, list(string), { doc: 'uids of those that failed.', listType: 'set' }),
  },
);
export type UncountedTerminatedPods = Infer<typeof UncountedTerminatedPods>;

export const JobStatus = message('batch.v1.JobStatus', 'How far a job is.', {
  conditions: optional(1, list(JobCondition), {
    doc: 'Aspects of its state: Suspended, Complete, Failed and others.',
    merge: true,
    mergeKey: 'type',
    listType: 'atomic',
  }),
  startTime: pointer(2, time, { doc: 'When the controller began with it.' }),
  completionTime: pointer(3, time, { doc: 'When it was complete.' }),
  active: optional(4, int32, { doc: 'Pods that have not ended.' }),
  succeeded: optional(5, int32, { doc: 'Pods that succeeded.' }),
  failed: optional(6, int32, { doc: 'Pods that failed.' }),
  terminating: pointer(11, int32, { doc: 'Pods that are being deleted.' }),
  completedIndexes: optional(7, string, { doc: 'Indexes that succeeded: numbers and ranges, such as 1,3-5.' }),
  failedIndexes: pointer(10, string, { doc: 'Indexes that failed, when backoffLimitPerIndex is given.' }),
  uncountedTerminatedPods: pointer(8, UncountedTerminatedPods, {
    doc: 'Pods that have ended and are not in the counts yet.',
  }),
  ready: pointer(9, int32, { doc: 'Pods that are ready.' }),
});
export type JobStatus = Infer<typeof JobStatus>;

export const Job = message('batch.v1.Job', 'Pods that run until they have succeeded.', {
  ...objectFields,
  spec: required(2, JobSpec, { doc: 'What is wanted.' }),
  status: optional(3, JobStatus, { doc: 'What there is.' }),
});
export type Job = Infer<typeof Job>;
