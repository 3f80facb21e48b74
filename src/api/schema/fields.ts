// The fields of a message as JSON shows them: those of embedded structs belong to the message that embeds them.

import type { Field, Message } from './dsl.ts';

const flattened = new WeakMap<Message, ReadonlyMap<string, Field>>();

/** JSON name to field, in the order of declaration. Computed once a message. */
export function fieldsOf(message: Message): ReadonlyMap<string, Field> {
  const known = flattened.get(message);
  if (known) return known;
  const fields = new Map(Object.entries(message.fields));
  for (const { of } of message.inlines) for (const [name, field] of fieldsOf(of)) fields.set(name, field);
  flattened.set(message, fields);
  return fields;
}

/** The Go name of a message: `ServicePort` of `core.v1.ServicePort`. */
export const shortName = (message: Message): string => message.name.slice(message.name.lastIndexOf('.') + 1);
