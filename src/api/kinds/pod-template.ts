// PodTemplate: what pods are made from, kept by itself (api.md §11, §18).

import type { Kind } from '../kind.ts';
import { ref } from '../resources.ts';
import { type Infer, message, required } from '../schema/dsl.ts';
import { objectFields } from '../schema/meta.ts';
import { PodTemplateSpec } from '../schema/pod.ts';
import { column, containerImages, containerNames, mapCell, nameColumn } from './columns.ts';
import { setTemplateDefaults } from './pod/defaults.ts';
import { validatePodTemplate } from './pod/validation.ts';

const PodTemplate = message('core.v1.PodTemplate', 'What pods are made from, for whoever makes them.', {
  ...objectFields,
  template: required(2, PodTemplateSpec, { doc: 'What a pod is made from.' }),
});
type PodTemplate = Infer<typeof PodTemplate>;

export const podTemplateKind: Kind<PodTemplate> = {
  ...ref<PodTemplate>('v1', 'podtemplates', 'PodTemplate'),
  singular: 'podtemplate',
  schema: PodTemplate,
  setDefaults: (podTemplate) => {
    podTemplate.template ??= {};
    setTemplateDefaults(podTemplate.template);
  },
  validate: ({ template }) => validatePodTemplate(template, 'template'),
  nameFormat: 'dns1123Subdomain',
  columns: [
    nameColumn,
    column('Containers', 'Names of the containers of a pod', ({ template }) => containerNames(template)),
    column('Images', 'Images of the containers of a pod', ({ template }) => containerImages(template)),
    column('Pod Labels', 'Labels of a pod', ({ template }) => mapCell(template.metadata?.labels)),
  ],
  hasGeneration: true,
  deleteReturnsObject: true,
};
