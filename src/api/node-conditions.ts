// Reading a node's status: what controllers, scheduler, kubelet and printers ask of it.

import type { Node, NodeCondition } from './schema/node.ts';

export const nodeCondition = (node: Node, type: string): NodeCondition | undefined =>
  node.status?.conditions?.find((condition) => condition.type === type);

export const isNodeReady = (node: Node): boolean => nodeCondition(node, 'Ready')?.status === 'True';
