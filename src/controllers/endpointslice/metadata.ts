// The metadata of EndpointSlices: whose they are and by which labels consumers find them (services.md §C.5). Pure.

import {
  type EndpointSlice,
  headlessLabel,
  type ObjectMeta,
  type Service,
  serviceNameLabel,
  services,
} from '#api/index.ts';
import { dns1123Subdomain } from '#api/names.ts';
import { triggerTimeAnnotation } from '#api/well-known-labels.ts';
import { controllerReference } from '../ownership.ts';
import { isHeadless } from '../service-pods.ts';

export const managedByLabel = 'endpointslice.kubernetes.io/managed-by';
export const managedBy = 'endpointslice-controller.k8s.io';

/** `namespace/name` of the Service that the slice is labelled for. */
export const serviceKeyOfSlice = ({ metadata }: EndpointSlice): string | undefined => {
  const name = metadata.labels?.[serviceNameLabel];
  return name && `${metadata.namespace}/${name}`;
};
export const isOurs = ({ metadata }: EndpointSlice): boolean => metadata.labels?.[managedByLabel] === managedBy;
export const isOwnedBy = ({ metadata }: EndpointSlice, service: Service): boolean =>
  metadata.ownerReferences?.some(({ uid, controller }) => controller && uid === service.metadata.uid) ?? false;

/** The Service's labels, without those that this controller sets itself, and those. */
export function labelsFor(service: Service): Record<string, string> {
  const { [headlessLabel]: _, ...labels } = service.metadata.labels ?? {};
  return {
    ...labels,
    ...(isHeadless(service) && { [headlessLabel]: '' }),
    [serviceNameLabel]: service.metadata.name ?? '',
    [managedByLabel]: managedBy,
  };
}

/** Of the names of a Service's slices. A dash at its end is fine as long as what the random characters complete is a name. */
export const namePrefix = (service: string): string =>
  dns1123Subdomain(`${service}-x`).length === 0 ? `${service}-` : service;

export function newMetadata(service: Service): ObjectMeta {
  const { name = '', namespace } = service.metadata;
  return {
    generateName: namePrefix(name),
    namespace,
    labels: labelsFor(service),
    ownerReferences: [controllerReference(service, services)],
  };
}

/** The slice with the labels that it should have and the trigger of the sync that writes it, if one moved. */
export function stamped(slice: EndpointSlice, service: Service, trigger: string | undefined): EndpointSlice {
  const { [triggerTimeAnnotation]: _, ...others } = slice.metadata.annotations ?? {};
  const annotations = { ...others, ...(trigger && { [triggerTimeAnnotation]: trigger }) };
  const { annotations: __, ...metadata } = slice.metadata;
  const hasAny = Object.keys(annotations).length > 0;
  return { ...slice, metadata: { ...metadata, labels: labelsFor(service), ...(hasAny && { annotations }) } };
}
