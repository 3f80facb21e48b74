// A Service's cells (api.md §18, services.md A.1).

import type { Column } from '../../kind.ts';
import type { Service } from '../../schema/service.ts';
import { ageColumn, column, mapCell, nameColumn, none, orNone, wide } from '../columns.ts';

function externalIpCell({ spec, status }: Service): string {
  const external = (spec.externalIPs ?? []).join(',');
  switch (spec.type) {
    case 'ExternalName':
      return spec.externalName ?? '';
    case 'LoadBalancer': {
      const ingress = (status?.loadBalancer?.ingress ?? []).map(({ ip, hostname }) => ip || hostname || '');
      const balanced = [...new Set(ingress.filter(Boolean))].sort().join(',');
      return [balanced, external].filter(Boolean).join(',') || '<pending>';
    }
    default:
      return orNone(external);
  }
}

const portsCell = ({ spec }: Service): string =>
  orNone(
    (spec.ports ?? [])
      .map(({ port, nodePort, protocol }) => `${nodePort ? `${port}:${nodePort}` : port}/${protocol ?? 'TCP'}`)
      .join(','),
  );

export const serviceColumns: readonly Column<Service>[] = [
  nameColumn,
  column('Type', 'How the Service is reached', ({ spec }) => spec.type ?? ''),
  column('Cluster-IP', 'Virtual address inside the cluster', ({ spec }) => spec.clusterIPs?.[0] || none),
  column('External-IP', 'Addresses outside the cluster', externalIpCell),
  column('Port(s)', 'Ports, each with its node port', portsCell),
  ageColumn,
  wide('Selector', 'Labels of the pods behind it', ({ spec }) => mapCell(spec.selector)),
];
