import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ServiceSpec } from '../../schema/service.ts';
import { completeStoredService } from './stored.ts';
import { makeDual, metadata } from './testing.ts';

test('a Service of an older server gets what it would have today', () => {
  const headless = { clusterIP: 'None' };
  const lists = { clusterIPs: ['None'] };
  const table: [stored: ServiceSpec, primary: string, want: ServiceSpec][] = [
    [
      { clusterIP: '10.96.0.7' },
      'IPv6',
      { clusterIP: '10.96.0.7', clusterIPs: ['10.96.0.7'], ipFamilies: ['IPv4'], ipFamilyPolicy: 'SingleStack' },
    ],
    [
      { clusterIP: 'fd00::7', clusterIPs: ['fd00::7', '10.96.0.7'] },
      'IPv4',
      {
        clusterIP: 'fd00::7',
        clusterIPs: ['fd00::7', '10.96.0.7'],
        ipFamilies: ['IPv6', 'IPv4'],
        ipFamilyPolicy: 'RequireDualStack',
      },
    ],
    [
      { ...headless, selector: { app: 'web' } },
      'IPv6',
      { ...headless, ...lists, selector: { app: 'web' }, ipFamilies: ['IPv6'], ipFamilyPolicy: 'SingleStack' },
    ],
    [headless, 'IPv6', { ...headless, ...lists, ipFamilies: ['IPv6', 'IPv4'], ipFamilyPolicy: 'RequireDualStack' }],
    [
      { type: 'ExternalName', externalName: 'a', internalTrafficPolicy: 'Cluster' },
      'IPv4',
      { type: 'ExternalName', externalName: 'a' },
    ],
  ];
  for (const [stored, primary, want] of table) {
    const service = { metadata, spec: structuredClone(stored) };
    completeStoredService(service, primary);
    assert.deepEqual(service.spec, want, JSON.stringify(stored));
  }
});

test('one that has everything stays', () => {
  const service = makeDual();
  completeStoredService(service, 'IPv4');
  assert.deepEqual(service, makeDual());
});
