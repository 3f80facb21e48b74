// What a Service has, by its type: questions that defaults, validation, updates and the allocators ask alike.

import type { Service } from '../../schema/service.ts';

export const isExternalName = ({ spec }: Service): boolean => spec.type === 'ExternalName';
export const isLoadBalancer = ({ spec }: Service): boolean => spec.type === 'LoadBalancer';
/** Without a virtual address: its name stands for the pods themselves. */
export const isHeadless = ({ spec }: Service): boolean =>
  spec.clusterIP === 'None' || (spec.clusterIPs?.length === 1 && spec.clusterIPs[0] === 'None');
/** Everything but ExternalName; a headless Service holds the word None in the address's place. */
export const needsClusterIP = (service: Service): boolean => !isExternalName(service);
export const mayHaveNodePorts = (service: Service): boolean =>
  service.spec.type === 'NodePort' || isLoadBalancer(service);
/** Node ports are handed out; a load balancer may do without. */
export const needsNodePorts = (service: Service): boolean =>
  mayHaveNodePorts(service) && !(isLoadBalancer(service) && service.spec.allocateLoadBalancerNodePorts === false);
/** Reached from outside of the cluster, so that an external traffic policy means something. */
export const isExternallyAccessible = (service: Service): boolean =>
  mayHaveNodePorts(service) || (service.spec.type === 'ClusterIP' && (service.spec.externalIPs?.length ?? 0) > 0);
export const needsHealthCheckNodePort = (service: Service): boolean =>
  isLoadBalancer(service) && service.spec.externalTrafficPolicy === 'Local';
