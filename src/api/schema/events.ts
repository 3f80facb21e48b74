// events.k8s.io: wire types (api.md §4, §16).

import { EventSource } from './core.ts';
import { type Infer, int32, message, microTime, optional, pointer, required, string, time } from './dsl.ts';
import { objectFields } from './meta.ts';
import { ObjectReference } from './selector.ts';

export const EventSeries = message('events.v1.EventSeries', 'How often something was seen again.', {
  count: required(1, int32, { doc: 'How often, so far.' }),
  lastObservedTime: optional(2, microTime, { doc: 'When it was last seen.' }),
});
export type EventSeries = Infer<typeof EventSeries>;

export const Event = message(
  'events.v1.Event',
  'A report of something that happened to an object: the same object as an Event of the core group, in other words.',
  {
    ...objectFields,
    eventTime: optional(2, microTime, { doc: 'When it was first seen, to the microsecond.' }),
    series: pointer(3, EventSeries, { doc: 'How often it was seen again. Unset: it was seen once.' }),
    reportingController: optional(4, string, {
      doc: 'Name of the controller that reports, such as kubernetes.io/kubelet.',
    }),
    reportingInstance: optional(5, string, { doc: 'Which instance of it.' }),
    action: optional(6, string, { doc: 'What was done about it.' }),
    reason: optional(7, string, { doc: 'Why, in one word for programs.' }),
    regarding: required(8, ObjectReference, { doc: 'The object.' }),
    related: pointer(9, ObjectReference, { doc: 'A second object that has to do with it.' }),
    note: optional(10, string, { doc: 'What happened, for people.' }),
    type: optional(11, string, { doc: 'Normal or Warning.' }),
    deprecatedSource: optional(12, EventSource, { doc: 'Who says so, as the core group has it.' }),
    deprecatedFirstTimestamp: optional(13, time, { doc: 'When it was first seen, as the core group has it.' }),
    deprecatedLastTimestamp: optional(14, time, { doc: 'When it was last seen, as the core group has it.' }),
    deprecatedCount: optional(15, int32, { doc: 'How often it was seen, as the core group has it.' }),
  },
);
export type Event = Infer<typeof Event>;
