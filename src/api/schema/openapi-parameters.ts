// The query and path parameters of the API's operations, as OpenAPI describes them (api.md §3, §9).

const query = (name: string, type: string, description: string): object => ({
  name,
  in: 'query',
  description,
  schema: { type, uniqueItems: true },
});
const path = (name: string, description: string): object => ({
  name,
  in: 'path',
  required: true,
  description,
  schema: { type: 'string', uniqueItems: true },
});
export const nameParameter = path('name', 'Name of the object.');
export const namespaceParameter = path('namespace', 'Namespace of the object.');
const dryRun = query('dryRun', 'string', 'All: answer as if the request had been carried out, and change nothing.');
export const forceParameter = query(
  'force',
  'boolean',
  'Take over fields that others own; only for server-side apply.',
);
export const writeParameters = [
  dryRun,
  query('fieldManager', 'string', 'Name of whoever makes the change.'),
  query('fieldValidation', 'string', 'What becomes of unknown and duplicate fields: Ignore, Warn (default) or Strict.'),
];
export const deleteParameters = [
  dryRun,
  query('gracePeriodSeconds', 'integer', 'Seconds that the object gets to end by itself.'),
  query('propagationPolicy', 'string', 'What becomes of dependents: Orphan, Background or Foreground.'),
];
export const listParameters = [
  query('allowWatchBookmarks', 'boolean', 'Whether a watch may send BOOKMARK events.'),
  query('continue', 'string', 'Where to go on, from the answer before.'),
  query(
    'fieldSelector',
    'string',
    'Restricts the list of returned objects to those with these values in their fields.',
  ),
  query('labelSelector', 'string', 'Restricts the list of returned objects to those with these labels.'),
  query('limit', 'integer', 'Most objects in one answer.'),
  query('resourceVersion', 'string', 'Revision to read at, or to watch from.'),
  query('resourceVersionMatch', 'string', 'How resourceVersion is meant: Exact or NotOlderThan.'),
  query('sendInitialEvents', 'boolean', 'Whether a watch begins with what there is.'),
  query('timeoutSeconds', 'integer', 'When to end a watch.'),
  query('watch', 'boolean', 'Watch for changes to the described resources: the answer is a stream of them.'),
];
