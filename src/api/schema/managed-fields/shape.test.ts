// How the types of all kinds fall into fields: what is one unit, what has parts with owners of their own.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { kinds } from '../../kinds/index.ts';
import type { Message, Type } from '../dsl.ts';
import { fieldsOf } from '../fields.ts';
import { Pod } from '../pod.ts';
import { Service } from '../service.ts';
import { elementOfItem, type KeyedList, type Shape, shapeBelow, shapeOf } from './shape.ts';

/** Structs that upstream marks as one unit (api.md §10.2). */
const atomicStructs = new Set([
  'autoscaling.v1.CrossVersionObjectReference',
  'core.v1.ConfigMapKeySelector',
  'core.v1.EndpointAddress',
  'core.v1.EndpointPort',
  'core.v1.LocalObjectReference',
  'core.v1.NodeSelector',
  'core.v1.NodeSelectorTerm',
  'core.v1.ObjectFieldSelector',
  'core.v1.ObjectReference',
  'core.v1.ResourceFieldSelector',
  'core.v1.SecretKeySelector',
  'core.v1.SecretReference',
  'core.v1.TopologySelectorTerm',
  'core.v1.TypedLocalObjectReference',
  'discovery.v1.EndpointPort',
  'meta.v1.LabelSelector',
  'meta.v1.OwnerReference',
  'networking.v1.ServiceBackendPort',
]);

function messagesOf(type: Type, found = new Set<Message>()): Set<Message> {
  if (type.is === 'list' || type.is === 'map') messagesOf(type.of, found);
  if (type.is !== 'message' || found.has(type)) return found;
  found.add(type);
  for (const { of } of fieldsOf(type).values()) messagesOf(of, found);
  return found;
}
const messages = new Set(kinds.flatMap(({ schema }) => [...messagesOf(schema)]));

test('the structs that are one unit upstream are one here, and no others', () => {
  for (const { name, atomic } of messages) assert.equal(atomic ?? false, atomicStructs.has(name), name);
});

test('every type has a shape: the keys of its lists are fields of their items', () => {
  for (const message of messages) assert.equal(shapeOf(message).is, 'struct', message.name);
});

const below = (message: Message, ...steps: string[]): Shape | undefined =>
  steps.reduce<Shape | undefined>((shape, step) => shape && shapeBelow(shape, step), shapeOf(message));

test('fields, maps, sets, lists with keys, and units', () => {
  const item = 'k:{"name":"c"}';
  const cases: [Message, string[], Shape['is'] | undefined][] = [
    [Service, ['f:spec'], 'struct'],
    [Service, ['f:spec', 'f:selector'], 'leaf'],
    [Service, ['f:spec', 'f:ports'], 'keyed'],
    [Service, ['f:spec', 'f:externalIPs'], 'leaf'],
    [Service, ['f:metadata', 'f:labels'], 'map'],
    [Service, ['f:metadata', 'f:finalizers'], 'set'],
    [Service, ['f:metadata', 'f:ownerReferences'], 'keyed'],
    [Service, ['f:metadata', 'f:ownerReferences', 'k:{"uid":"x"}'], 'leaf'],
    [Pod, ['f:spec', 'f:nodeSelector'], 'leaf'],
    [Pod, ['f:spec', 'f:containers', item, 'f:resources', 'f:limits'], 'map'],
    [Pod, ['f:spec', 'f:containers', item, 'f:env', item, 'f:valueFrom', 'f:configMapKeyRef'], 'leaf'],
    [Pod, ['f:spec', 'f:tolerations'], 'leaf'],
    [Pod, ['f:spec', 'f:none'], undefined],
  ];
  for (const [message, steps, want] of cases) assert.equal(below(message, ...steps)?.is, want, steps.join(' '));
});

test('items are told apart by their keys, which have defaults', () => {
  const ports = below(Service, 'f:spec', 'f:ports') as KeyedList;
  assert.equal(elementOfItem(ports, { port: 80 }), 'k:{"port":80,"protocol":"TCP"}');
  assert.equal(elementOfItem(ports, { protocol: 'UDP', port: 53, name: 'dns' }), 'k:{"port":53,"protocol":"UDP"}');
  const pullSecrets = below(Pod, 'f:spec', 'f:imagePullSecrets') as KeyedList;
  assert.equal(elementOfItem(pullSecrets, {}), 'k:{"name":""}');
});
