// Elements as `nft --json` lists them, back into the text in which they are added.

import type { Element } from './objects.ts';

/** `value`, `{concat: […]}`, `{elem: {val, comment}}` for a set; a pair of such a thing and a value for a map. */
export function elementOf(listed: unknown): Element {
  const [left, right] = Array.isArray(listed) ? listed : [listed, undefined];
  const wrapped: Record<string, unknown> = isRecord(left) && isRecord(left.elem) ? left.elem : { val: left };
  return {
    key: textOf(wrapped.val),
    ...(right !== undefined && { value: textOf(right) }),
    ...(typeof wrapped.comment === 'string' && { comment: wrapped.comment }),
    ...(typeof wrapped.expires === 'number' && { expires: wrapped.expires }),
  };
}

/** A network is `{prefix: {addr, len}}`, another range `{range: [first, last]}`, a verdict `{goto: {target}}` or `{drop: null}`. */
function textOf(listed: unknown): string {
  if (!isRecord(listed)) return String(listed);
  if (Array.isArray(listed.concat)) return listed.concat.map(textOf).join(' . ');
  if (isRecord(listed.prefix)) return `${listed.prefix.addr}/${listed.prefix.len}`;
  if (Array.isArray(listed.range)) return listed.range.map(textOf).join('-');
  const [verb = '', detail] = Object.entries(listed)[0] ?? [];
  return isRecord(detail) && typeof detail.target === 'string' ? `${verb} ${detail.target}` : verb;
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;
