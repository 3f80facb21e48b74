// Event: something that happened to an object, told to people (api.md §16, §18).

import { age } from '../duration.ts';
import { type FieldError, invalidValue } from '../errors.ts';
import type { Kind } from '../kind.ts';
import { events } from '../resources.ts';
import { Event } from '../schema/core.ts';
import { column, nameColumn, wide } from './columns.ts';

const firstSeen = ({ firstTimestamp, eventTime }: Event): string | undefined => firstTimestamp || eventTime;
const lastSeen = (event: Event): string | undefined =>
  event.series ? event.series.lastObservedTime : event.lastTimestamp || firstSeen(event);
const source = ({ source, reportingComponent, reportingInstance }: Event): string =>
  [source?.component || reportingComponent, source?.host || reportingInstance].filter(Boolean).join(', ');
const object = ({ involvedObject: { kind = '', name } }: Event): string =>
  name ? `${kind.toLowerCase()}/${name}` : kind.toLowerCase();

/** An event is where its object is; those of cluster-wide objects are in the default namespace. */
function validate({ metadata, involvedObject }: Event): FieldError[] {
  const fits = involvedObject.namespace
    ? involvedObject.namespace === metadata.namespace
    : metadata.namespace === 'default' || metadata.namespace === 'kube-system';
  return fits
    ? []
    : [invalidValue('involvedObject.namespace', involvedObject.namespace ?? '', 'does not match event.namespace')];
}

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
