// Network namespaces, links, addresses and routes.

export {
  type AnnouncingLink,
  announce,
  announcedAddresses,
  startAnnouncing,
  stopAllAnnouncing,
  stopAnnouncing,
} from './announced.ts';
export { hasDummy, removeDummy, setDummy } from './dummy.ts';
export {
  attachNode,
  createFabric,
  deleteFabric,
  detachHost,
  detachNode,
  type Fabric,
  type FabricNames,
  type NodeAddressing,
  type NodeAttachment,
  type Peer,
} from './fabric.ts';
export {
  type GatewayRoute,
  gatewayRoutes,
  type HostRoute,
  hostUses,
  type RangeInUse,
  routeHost,
  unrouteHost,
} from './host.ts';
export { NetworkError, type NetworkErrorReason } from './ip.ts';
export { type ListenOptions, listenIn } from './listen-in.ts';
export { createNamespace, deleteNamespace, enter, listNamespaces } from './namespaces.ts';
export { NodeNetwork } from './node-network.ts';
export { attachPod, detachPod, type PodAddress, type PodAttachment, type PodCable } from './pods.ts';
