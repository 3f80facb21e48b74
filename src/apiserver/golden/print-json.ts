// JSON as people like to read it: on one line where it fits, else a line for each member. Keys keep the order that the
// server gave them, which is part of what a golden file holds.

const width = 120;

export function printJson(value: unknown, indent = ''): string {
  const flat = onOneLine(value);
  if (indent.length + flat.length <= width || typeof value !== 'object' || value === null) return flat;
  const inner = `${indent}  `;
  const members = Array.isArray(value)
    ? value.map((item) => printJson(item, inner))
    : Object.entries(value).map(([key, item]) => `${JSON.stringify(key)}: ${printJson(item, inner)}`);
  const [open, close] = Array.isArray(value) ? ['[', ']'] : ['{', '}'];
  return `${open}\n${members.map((member) => inner + member).join(',\n')}\n${indent}${close}`;
}

function onOneLine(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(onOneLine).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'absent';
  const members = Object.entries(value).map(([key, item]) => `${JSON.stringify(key)}: ${onOneLine(item)}`);
  return members.length > 0 ? `{ ${members.join(', ')} }` : '{}';
}

/**
 * What stands at a path such as `spec.ports[0].port`, `resources[name=pods].verbs` or `items[].metadata.name` (of all
 * items). A key with dots in it is quoted: `metadata.labels."a.b/c"`. Undefined when there is nothing.
 */
export const valueAt = (value: unknown, path: string): unknown =>
  follow(value, path.match(/"[^"]*"|\[[^\]]*\]|[^.[\]"]+/g) ?? []);

function follow(value: unknown, [step, ...rest]: readonly string[]): unknown {
  if (step === undefined) return value;
  const items: unknown[] = Array.isArray(value) ? value : [];
  if (step === '[]') return items.map((item) => follow(item, rest));
  const [, key, wanted] = /^\[([\w.]+)=(.*)\]$/.exec(step) ?? [];
  if (key)
    return follow(
      items.find((item) => String(valueAt(item, key)) === wanted),
      rest,
    );
  const name = step.replace(/^"(.*)"$/, '$1').replace(/^\[(\d+)\]$/, '$1');
  return follow((value as Record<string, unknown> | undefined | null)?.[name], rest);
}
