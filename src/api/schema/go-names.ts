// Fields whose Go type has a name of its own, though JSON knows only a string or a map: facts of the public API types. Go's
// decoder names that type when a value does not fit, and people search for what it says (api.md §9).

import type { Message } from './dsl.ts';

/** By message: `field:type`, of a list the type of its items. */
const names: Readonly<Record<string, string>> = {
  'apps.v1.DaemonSetCondition': 'type:v1.DaemonSetConditionType status:v1.ConditionStatus',
  'apps.v1.DaemonSetUpdateStrategy': 'type:v1.DaemonSetUpdateStrategyType',
  'apps.v1.DeploymentCondition': 'type:v1.DeploymentConditionType status:v1.ConditionStatus',
  'apps.v1.DeploymentStrategy': 'type:v1.DeploymentStrategyType',
  'apps.v1.ReplicaSetCondition': 'type:v1.ReplicaSetConditionType status:v1.ConditionStatus',
  'apps.v1.StatefulSetCondition': 'type:v1.StatefulSetConditionType status:v1.ConditionStatus',
  'apps.v1.StatefulSetPersistentVolumeClaimRetentionPolicy':
    'whenDeleted:v1.PersistentVolumeClaimRetentionPolicyType whenScaled:v1.PersistentVolumeClaimRetentionPolicyType',
  'apps.v1.StatefulSetSpec': 'podManagementPolicy:v1.PodManagementPolicyType',
  'apps.v1.StatefulSetUpdateStrategy': 'type:v1.StatefulSetUpdateStrategyType',
  'autoscaling.v2.ContainerResourceMetricSource': 'name:v1.ResourceName',
  'autoscaling.v2.ContainerResourceMetricStatus': 'name:v1.ResourceName',
  'autoscaling.v2.HPAScalingPolicy': 'type:v2.HPAScalingPolicyType',
  'autoscaling.v2.HPAScalingRules': 'selectPolicy:v2.ScalingPolicySelect',
  'autoscaling.v2.HorizontalPodAutoscalerCondition':
    'type:v2.HorizontalPodAutoscalerConditionType status:v1.ConditionStatus',
  'autoscaling.v2.MetricSpec': 'type:v2.MetricSourceType',
  'autoscaling.v2.MetricStatus': 'type:v2.MetricSourceType',
  'autoscaling.v2.MetricTarget': 'type:v2.MetricTargetType',
  'autoscaling.v2.ResourceMetricSource': 'name:v1.ResourceName',
  'autoscaling.v2.ResourceMetricStatus': 'name:v1.ResourceName',
  'batch.v1.CronJobSpec': 'concurrencyPolicy:v1.ConcurrencyPolicy',
  'batch.v1.JobCondition': 'type:v1.JobConditionType status:v1.ConditionStatus',
  'batch.v1.JobSpec': 'completionMode:v1.CompletionMode podReplacementPolicy:v1.PodReplacementPolicy',
  'batch.v1.PodFailurePolicyOnExitCodesRequirement': 'operator:v1.PodFailurePolicyOnExitCodesOperator',
  'batch.v1.PodFailurePolicyOnPodConditionsPattern': 'type:v1.PodConditionType status:v1.ConditionStatus',
  'batch.v1.PodFailurePolicyRule': 'action:v1.PodFailurePolicyAction',
  'batch.v1.UncountedTerminatedPods': 'succeeded:types.UID failed:types.UID',
  'coordination.v1.LeaseSpec': 'strategy:v1.CoordinatedLeaseStrategy',
  'core.v1.AppArmorProfile': 'type:v1.AppArmorProfileType',
  'core.v1.AttachedVolume': 'name:v1.UniqueVolumeName',
  'core.v1.AzureDiskVolumeSource': 'cachingMode:v1.AzureDataDiskCachingMode kind:v1.AzureDataDiskKind',
  'core.v1.Capabilities': 'add:v1.Capability drop:v1.Capability',
  'core.v1.ConfigMapNodeConfigSource': 'uid:types.UID',
  'core.v1.Container':
    'restartPolicy:v1.ContainerRestartPolicy terminationMessagePolicy:v1.TerminationMessagePolicy imagePullPolicy:v1.PullPolicy',
  'core.v1.ContainerPort': 'protocol:v1.Protocol',
  'core.v1.ContainerResizePolicy': 'resourceName:v1.ResourceName restartPolicy:v1.ResourceResizeRestartPolicy',
  'core.v1.ContainerStatus': 'allocatedResources:v1.ResourceList',
  'core.v1.EmptyDirVolumeSource': 'medium:v1.StorageMedium',
  'core.v1.EndpointPort': 'protocol:v1.Protocol',
  'core.v1.EphemeralContainerCommon':
    'restartPolicy:v1.ContainerRestartPolicy terminationMessagePolicy:v1.TerminationMessagePolicy imagePullPolicy:v1.PullPolicy',
  'core.v1.HTTPGetAction': 'scheme:v1.URIScheme',
  'core.v1.HostPathVolumeSource': 'type:v1.HostPathType',
  'core.v1.ImageVolumeSource': 'pullPolicy:v1.PullPolicy',
  'core.v1.LoadBalancerIngress': 'ipMode:v1.LoadBalancerIPMode',
  'core.v1.ModifyVolumeStatus': 'status:v1.PersistentVolumeClaimModifyVolumeStatus',
  'core.v1.NamespaceCondition': 'type:v1.NamespaceConditionType status:v1.ConditionStatus',
  'core.v1.NamespaceSpec': 'finalizers:v1.FinalizerName',
  'core.v1.NamespaceStatus': 'phase:v1.NamespacePhase',
  'core.v1.NodeAddress': 'type:v1.NodeAddressType',
  'core.v1.NodeCondition': 'type:v1.NodeConditionType status:v1.ConditionStatus',
  'core.v1.NodeSelectorRequirement': 'operator:v1.NodeSelectorOperator',
  'core.v1.NodeStatus':
    'capacity:v1.ResourceList allocatable:v1.ResourceList phase:v1.NodePhase volumesInUse:v1.UniqueVolumeName',
  'core.v1.ObjectReference': 'uid:types.UID',
  'core.v1.PersistentVolumeClaimCondition': 'type:v1.PersistentVolumeClaimConditionType status:v1.ConditionStatus',
  'core.v1.PersistentVolumeClaimSpec': 'accessModes:v1.PersistentVolumeAccessMode volumeMode:v1.PersistentVolumeMode',
  'core.v1.PersistentVolumeClaimStatus':
    'phase:v1.PersistentVolumeClaimPhase accessModes:v1.PersistentVolumeAccessMode capacity:v1.ResourceList allocatedResources:v1.ResourceList allocatedResourceStatuses:v1.ClaimResourceStatus',
  'core.v1.PersistentVolumeSpec':
    'capacity:v1.ResourceList accessModes:v1.PersistentVolumeAccessMode persistentVolumeReclaimPolicy:v1.PersistentVolumeReclaimPolicy volumeMode:v1.PersistentVolumeMode',
  'core.v1.PersistentVolumeStatus': 'phase:v1.PersistentVolumePhase',
  'core.v1.PodCondition': 'type:v1.PodConditionType status:v1.ConditionStatus',
  'core.v1.PodOS': 'name:v1.OSName',
  'core.v1.PodReadinessGate': 'conditionType:v1.PodConditionType',
  'core.v1.PodSecurityContext':
    'supplementalGroupsPolicy:v1.SupplementalGroupsPolicy fsGroupChangePolicy:v1.PodFSGroupChangePolicy seLinuxChangePolicy:v1.PodSELinuxChangePolicy',
  'core.v1.PodSpec':
    'restartPolicy:v1.RestartPolicy dnsPolicy:v1.DNSPolicy preemptionPolicy:v1.PreemptionPolicy overhead:v1.ResourceList',
  'core.v1.PodStatus': 'phase:v1.PodPhase qosClass:v1.PodQOSClass resize:v1.PodResizeStatus',
  'core.v1.PortStatus': 'protocol:v1.Protocol',
  'core.v1.ReplicationControllerCondition': 'type:v1.ReplicationControllerConditionType status:v1.ConditionStatus',
  'core.v1.ResourceHealth': 'resourceID:v1.ResourceID health:v1.ResourceHealthStatus',
  'core.v1.ResourceRequirements': 'limits:v1.ResourceList requests:v1.ResourceList',
  'core.v1.ResourceStatus': 'name:v1.ResourceName',
  'core.v1.SeccompProfile': 'type:v1.SeccompProfileType',
  'core.v1.Secret': 'type:v1.SecretType',
  'core.v1.SecurityContext': 'procMount:v1.ProcMountType',
  'core.v1.ServicePort': 'protocol:v1.Protocol',
  'core.v1.ServiceSpec':
    'type:v1.ServiceType sessionAffinity:v1.ServiceAffinity externalTrafficPolicy:v1.ServiceExternalTrafficPolicy ipFamilies:v1.IPFamily ipFamilyPolicy:v1.IPFamilyPolicy internalTrafficPolicy:v1.ServiceInternalTrafficPolicy',
  'core.v1.Taint': 'effect:v1.TaintEffect',
  'core.v1.Toleration': 'operator:v1.TolerationOperator effect:v1.TaintEffect',
  'core.v1.TopologySpreadConstraint':
    'whenUnsatisfiable:v1.UnsatisfiableConstraintAction nodeAffinityPolicy:v1.NodeInclusionPolicy nodeTaintsPolicy:v1.NodeInclusionPolicy',
  'core.v1.VolumeMount': 'recursiveReadOnly:v1.RecursiveReadOnlyMode mountPropagation:v1.MountPropagationMode',
  'core.v1.VolumeMountStatus': 'recursiveReadOnly:v1.RecursiveReadOnlyMode',
  'core.v1.VolumeResourceRequirements': 'limits:v1.ResourceList requests:v1.ResourceList',
  'discovery.v1.EndpointPort': 'protocol:v1.Protocol',
  'discovery.v1.EndpointSlice': 'addressType:v1.AddressType',
  'meta.v1.Condition': 'status:v1.ConditionStatus',
  'meta.v1.DeleteOptions': 'propagationPolicy:v1.DeletionPropagation',
  'meta.v1.LabelSelectorRequirement': 'operator:v1.LabelSelectorOperator',
  'meta.v1.ManagedFieldsEntry': 'operation:v1.ManagedFieldsOperationType',
  'meta.v1.ObjectMeta': 'uid:types.UID',
  'meta.v1.OwnerReference': 'uid:types.UID',
  'meta.v1.Preconditions': 'uid:types.UID',
  'networking.v1.HTTPIngressPath': 'pathType:v1.PathType',
  'networking.v1.IngressPortStatus': 'protocol:v1.Protocol',
  'networking.v1.NetworkPolicyPort': 'protocol:v1.Protocol',
  'networking.v1.NetworkPolicySpec': 'policyTypes:v1.PolicyType',
  'policy.v1.PodDisruptionBudgetSpec': 'unhealthyPodEvictionPolicy:v1.UnhealthyPodEvictionPolicyType',
  'storage.v1.StorageClass': 'reclaimPolicy:v1.PersistentVolumeReclaimPolicy volumeBindingMode:v1.VolumeBindingMode',
};

const byMessage = new Map(
  Object.entries(names).map(([message, text]) => [
    message,
    new Map(text.split(' ').map((pair) => pair.split(':') as [string, string])),
  ]),
);

/** The name, as Go prints it; undefined for types without one. */
export function goName(message: Message, field: string): string | undefined {
  const own = byMessage.get(message.name)?.get(field);
  if (own !== undefined || Object.hasOwn(message.fields, field)) return own;
  for (const { of } of message.inlines) {
    const inherited = goName(of, field);
    if (inherited !== undefined) return inherited;
  }
  return undefined;
}
