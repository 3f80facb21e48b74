// Event: something that happened to an object, told to people (api.md §16, §18).

import { age } from '../duration.ts';
import { type FieldError, invalidValue } from '../errors.ts';
import type { Kind } from '../kind.ts';
import { qualifiedName } from '../names.ts';
import { events } from '../resources.ts';
import { Event } from '../schema/core.ts';
import { check, present } from './checks.ts';
import { column, nameColumn, wide } from './columns.ts';

const firstSeen = ({ firstTimestamp, eventTime }: Event): string | undefined => firstTimestamp || eventTime;
const lastSeen = (event: Event): string | undefined =>
  event.series ? event.series.lastObservedTime : event.lastTimestamp || firstSeen(event);
const source = ({ source, reportingComponent, reportingInstance }: Event): string =>
  [source?.component || reportingComponent, source?.host || reportingInstance].filter(Boolean).join(', ');
const object = ({ involvedObject: { kind = '', name } }: Event): string =>
  name ? `${kind.toLowerCase()}/${name}` : kind.toLowerCase();

const limits = { reportingInstance: 128, action: 128, reason: 128, message: 1024 } as const;

/** Events with an eventTime were made for the newer API, which demands more (services of old never set it). */
export function validate(event: Event): FieldError[] {
  if (!event.eventTime) return namespaceFits(event, ['default']) ? [] : [wrongNamespace(event)];
  const { involvedObject, reportingComponent: controller } = event;
  const errors: FieldError[] = [];
  if (!involvedObject.namespace && !namespaceFits(event, ['default', 'kube-system']))
    errors.push(wrongNamespace(event));
  errors.push(
    ...present('reportingController', controller),
    ...check('reportingController', controller, qualifiedName),
  );
  for (const field of ['reportingInstance', 'action', 'reason'] as const) {
    errors.push(...present(field, event[field]), ...atMost(field, event[field], limits[field]));
  }
  return [...errors, ...atMost('message', event.message, limits.message)];
}

/** An event is where its object is; those of cluster-wide objects are in a namespace of the system's. */
const namespaceFits = ({ metadata, involvedObject: { namespace } }: Event, clusterWide: readonly string[]): boolean =>
  namespace ? namespace === metadata.namespace : clusterWide.includes(metadata.namespace ?? '');
const wrongNamespace = ({ involvedObject }: Event): FieldError =>
  invalidValue('involvedObject.namespace', involvedObject.namespace ?? '', 'does not match event.namespace');
const atMost = (field: string, text: string | undefined, limit: number): FieldError[] =>
  Buffer.byteLength(text ?? '') > limit ? [invalidValue(field, '', `can have at most ${limit} characters`)] : [];

const selectable = ['kind', 'namespace', 'name', 'uid', 'apiVersion', 'resourceVersion', 'fieldPath'] as const;

export const eventKind: Kind<Event> = {
  ...events,
  singular: 'event',
  shortNames: ['ev'],
  schema: Event,
  validate,
  // A cluster that runs for months must not fill with what it once reported.
  ttlSeconds: 3600,
  nameFormat: 'dns1123Subdomain',
  columns: [
    column('Last Seen', 'Time since it last happened', (event, now) => age(lastSeen(event), now)),
    column('Type', 'Normal or Warning', ({ type }) => type ?? ''),
    column('Reason', 'Why it happened, in one word', ({ reason }) => reason ?? ''),
    column('Object', 'What it happened to', object),
    wide(
      'Subobject',
      'Which part of the object it happened to',
      ({ involvedObject }) => involvedObject.fieldPath ?? '',
    ),
    wide('Source', 'Who reports it', source),
    column('Message', 'What happened', ({ message }) => (message ?? '').trim()),
    wide('First Seen', 'Time since it first happened', (event, now) => age(firstSeen(event), now)),
    wide('Count', 'How often it happened', ({ series, count }) => (series ? (series.count ?? 0) : count || 1)),
    { ...nameColumn, priority: 1 },
  ],
  selectableFields: {
    ...Object.fromEntries(
      selectable.map((field) => [`involvedObject.${field}`, (event: Event) => event.involvedObject[field] ?? '']),
    ),
    reason: ({ reason }) => reason ?? '',
    reportingComponent: ({ reportingComponent }) => reportingComponent ?? '',
    source: ({ source, reportingComponent }) => source?.component || reportingComponent || '',
    type: ({ type }) => type ?? '',
  },
  allowCreateOnUpdate: true,
};
