// Cluster IPs and node ports: how many are taken and free, and what became of the wishes for one, under upstream's names
// (services.md B.3).

import type { Metric } from '#lib/metrics.ts';
import type { PortRange } from '../allocators/port-range.ts';
import type { ServiceRanges } from '../allocators/service-ranges.ts';

export function allocationMetrics(ranges: ServiceRanges, ports: PortRange): Metric[] {
  const figures = () => [...ranges.figures()];
  return [
    {
      name: 'kube_apiserver_clusterip_allocator_allocated_ips',
      help: 'Addresses of a range that are taken.',
      type: 'gauge',
      samples: () => figures().map(({ cidr, allocated }) => ({ labels: { cidr }, value: allocated })),
    },
    {
      name: 'kube_apiserver_clusterip_allocator_available_ips',
      help: 'Addresses of a range that are free.',
      type: 'gauge',
      samples: () => figures().map(({ cidr, available }) => ({ labels: { cidr }, value: available })),
    },
    {
      name: 'kube_apiserver_clusterip_allocator_allocation_total',
      help: 'Addresses that were taken since this server began, by range and by whether they were named or chosen.',
      type: 'counter',
      samples: () => figures().flatMap(({ cidr, counts }) => counts.allocations({ cidr })),
    },
    {
      name: 'kube_apiserver_clusterip_allocator_allocation_errors_total',
      help: 'Addresses that could not be had, by range and by whether they were named or chosen.',
      type: 'counter',
      samples: () => figures().flatMap(({ cidr, counts }) => counts.errors({ cidr })),
    },
    {
      name: 'kube_apiserver_nodeport_allocator_allocated_ports',
      help: 'Node ports that are taken.',
      type: 'gauge',
      samples: () => [{ labels: {}, value: ports.allocated }],
    },
    {
      name: 'kube_apiserver_nodeport_allocator_available_ports',
      help: 'Node ports that are free.',
      type: 'gauge',
      samples: () => [{ labels: {}, value: ports.available }],
    },
    {
      name: 'kube_apiserver_nodeport_allocator_allocation_total',
      help: 'Node ports that were taken since this server began, by whether they were named or chosen.',
      type: 'counter',
      samples: () => ports.counts.allocations(),
    },
    {
      name: 'kube_apiserver_nodeport_allocator_allocation_errors_total',
      help: 'Node ports that could not be had, by whether they were named or chosen.',
      type: 'counter',
      samples: () => ports.counts.errors(),
    },
  ];
}
