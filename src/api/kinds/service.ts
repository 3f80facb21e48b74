// Service: one name and one address for many pods (services.md A.1-A.5, A.9). Its rules are in service/.

import type { Kind } from '../kind.ts';
import { services } from '../resources.ts';
import { Service } from '../schema/service.ts';
import { serviceColumns } from './service/columns.ts';
import { setServiceDefaults, setServiceStatusDefaults } from './service/defaults.ts';
import { validateServiceStatus } from './service/status.ts';
import { prepareServiceCreate, prepareServiceUpdate } from './service/update.ts';
import { validateService, validateServiceUpdate } from './service/validation.ts';
import { serviceWarnings } from './service/warnings.ts';

export const serviceKind: Kind<Service> = {
  ...services,
  singular: 'service',
  shortNames: ['svc'],
  categories: ['all'],
  schema: Service,
  setDefaults: setServiceDefaults,
  prepareForCreate: prepareServiceCreate,
  prepareForUpdate: prepareServiceUpdate,
  prepareForStatusUpdate: setServiceStatusDefaults,
  validate: validateService,
  validateUpdate: validateServiceUpdate,
  validateStatusUpdate: validateServiceStatus,
  warnings: serviceWarnings,
  // From 1.36 on a Service's name may begin with a digit (KEP-5311).
  nameFormat: 'dns1123Label',
  columns: serviceColumns,
  selectableFields: {
    'spec.clusterIP': ({ spec }) => spec.clusterIP ?? '',
    'spec.type': ({ spec }) => spec.type ?? '',
  },
  hasStatus: true,
  deleteReturnsObject: true,
  allowCreateOnUpdate: true,
};
