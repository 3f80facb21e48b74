import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Service } from '#api/index.ts';
import { PortRange } from '../allocators/port-range.ts';
import { NodePortInspection } from './node-ports.ts';

const service = (name: string, ...nodePorts: number[]): Service => ({
  metadata: { name, namespace: 'default' },
  spec: { type: 'NodePort', ports: nodePorts.map((nodePort) => ({ port: 80, protocol: 'TCP', nodePort })) },
});
const look = (inspection: NodePortInspection, ...services: Service[]) => {
  inspection.begin();
  const found = services.flatMap((one) => [...inspection.inspect(one)].map(({ reason, port }) => `${reason} ${port}`));
  return { found, leaked: inspection.end() };
};
const nothing = { found: [], leaked: [] };

test('a port that nobody has is given back when it was found so three times in a row', () => {
  const ports = new PortRange([30000, 30100]);
  const inspection = new NodePortInspection(ports);
  ports.mark(30001);
  ports.mark(30002);
  assert.deepEqual(look(inspection, service('a', 30002)), nothing);
  assert.deepEqual(look(inspection, service('a', 30002)), nothing);
  assert.deepEqual(look(inspection, service('a', 30001, 30002)), nothing, 'now somebody has it');
  for (let i = 0; i < 2; i++) assert.deepEqual(look(inspection, service('a', 30002)), nothing);
  assert.deepEqual(look(inspection, service('a', 30002)), { found: [], leaked: [30001] });
  assert.deepEqual([ports.isTaken(30001), ports.isTaken(30002)], [false, true]);
});

test('each port is told of once a Service: out of range, with another Service, unknown', () => {
  const ports = new PortRange([30000, 30100]);
  ports.mark(30001);
  const { found } = look(new NodePortInspection(ports), service('a', 30001, 30001), service('b', 30001, 80, 30005));
  assert.deepEqual(found, ['PortAlreadyAllocated 30001', 'PortOutOfRange 80', 'PortNotAllocated 30005']);
});
