// Event of events.k8s.io (api.md §16): the same objects as the core group's Events, in other words. Who writes them in
// these words has to keep to more rules, and may change nothing afterwards but the series.

import { isDeepStrictEqual } from 'node:util';
import { type FieldError, invalidValue, required } from '../errors.ts';
import { type Kind, storedAs } from '../kind.ts';
import { eventsEvents } from '../resources.ts';
import type { Event as CoreEvent } from '../schema/core.ts';
import { Event } from '../schema/events.ts';
import { immutableText } from './checks.ts';
import { eventKind } from './event.ts';

/** What the core group calls it. Fields that are not set stay unset. */
export const toCore = ({
  regarding,
  note,
  reportingController = '',
  reportingInstance = '',
  deprecatedSource,
  deprecatedFirstTimestamp,
  deprecatedLastTimestamp,
  deprecatedCount,
  kind: _kind,
  apiVersion: _apiVersion,
  ...same
}: Event): CoreEvent => ({
  ...same,
  involvedObject: regarding,
  reportingComponent: reportingController,
  reportingInstance,
  ...given({
    message: note,
    source: deprecatedSource,
    firstTimestamp: deprecatedFirstTimestamp,
    lastTimestamp: deprecatedLastTimestamp,
    count: deprecatedCount,
  }),
});

export const fromCore = ({
  involvedObject,
  message,
  reportingComponent,
  source,
  firstTimestamp,
  lastTimestamp,
  count,
  series,
  kind: _kind,
  apiVersion: _apiVersion,
  ...same
}: CoreEvent): Event => ({
  ...same,
  regarding: involvedObject,
  reportingController: reportingComponent,
  ...given({
    note: message,
    deprecatedSource: source,
    deprecatedFirstTimestamp: firstTimestamp,
    deprecatedLastTimestamp: lastTimestamp,
    deprecatedCount: count,
    series: series && { ...series, count: series.count ?? 0 },
  }),
});

type Given<T> = { [K in keyof T]?: NonNullable<T[K]> };
const given = <T extends object>(fields: T): Given<T> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Given<T>;

const deprecatedFields = ['firstTimestamp', 'lastTimestamp', 'count'] as const;

function validateCreate(object: Event): FieldError[] {
  const event = toCore(object);
  const errors = validateSeries(event);
  if (!event.eventTime) errors.push(required('eventTime'));
  if (event.type !== 'Normal' && event.type !== 'Warning') {
    errors.push(invalidValue('type', '', `has invalid value: ${event.type ?? ''}`));
  }
  for (const field of deprecatedFields) {
    if (event[field]) errors.push(invalidValue(field, '', 'needs to be unset'));
  }
  if (event.source?.component || event.source?.host) errors.push(invalidValue('source', '', 'needs to be unset'));
  return errors;
}

const fixedFields = [
  'involvedObject',
  'reason',
  'message',
  'source',
  'firstTimestamp',
  'lastTimestamp',
  'count',
  'type',
  'eventTime',
  'action',
  'related',
  'reportingComponent',
  'reportingInstance',
] as const;

function validateUpdate(object: Event, before: Event): FieldError[] {
  const [event, old] = [toCore(object), toCore(before)];
  const errors = isDeepStrictEqual(event.series, old.series) ? [] : validateSeries(event);
  for (const field of fixedFields) {
    if (isDeepStrictEqual(event[field], old[field])) continue;
    const name = field === 'reportingComponent' ? 'reportingController' : field;
    errors.push(invalidValue(name, event[field] ?? null, immutableText));
  }
  return errors;
}

function validateSeries({ series }: CoreEvent): FieldError[] {
  if (!series) return [];
  return [
    ...((series.count ?? 0) < 2 ? [invalidValue('series.count', '', 'should be at least 2')] : []),
    ...(series.lastObservedTime ? [] : [required('series.lastObservedTime')]),
  ];
}

const selectable = ['kind', 'namespace', 'name', 'uid', 'apiVersion', 'resourceVersion', 'fieldPath'] as const;

export const eventsEventKind: Kind<Event> = {
  ...eventsEvents,
  singular: 'event',
  shortNames: ['ev'],
  schema: Event,
  storedAs: storedAs(eventKind, { toStored: toCore, fromStored: fromCore }),
  validate: (event) => eventKind.validate?.(toCore(event)) ?? [],
  validateCreate,
  validateUpdate,
  nameFormat: 'dns1123Subdomain',
  columns: eventKind.columns.map((column) => ({ ...column, cell: (event, now) => column.cell(toCore(event), now) })),
  selectableFields: {
    ...Object.fromEntries(
      selectable.map((field) => [`regarding.${field}`, (event: Event) => event.regarding[field] ?? '']),
    ),
    reason: ({ reason }) => reason ?? '',
    reportingController: ({ reportingController }) => reportingController ?? '',
    type: ({ type }) => type ?? '',
  },
  allowCreateOnUpdate: true,
};
