// Service: one name and one address for many pods (services.md A.1-A.5, A.9). Its rules are in service/.

import type { Kind } from '../kind.ts';
import { services } from '../resources.ts';
import { Service } from '../schema/service.ts';
import { serviceColumns } from './service/columns.ts';

export const serviceKind: Kind<Service> = {
  ...services,
  singular: 'service',
  shortNames: ['svc'],
  categories: ['all'],
  schema: Service,
  nameFormat: 'dns1035Label',
  columns: serviceColumns,
  selectableFields: {
    'spec.clusterIP': ({ spec }) => spec.clusterIP ?? '',
    'spec.type': ({ spec }) => spec.type ?? '',
  },
  hasStatus: true,
  deleteReturnsObject: true,
  allowCreateOnUpdate: true,
};
