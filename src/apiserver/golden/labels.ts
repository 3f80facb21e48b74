// What differs from run to run, under names that do not: `<uid:1>` is the first uid of a file, wherever it occurs. So the
// golden text still shows what is equal and what is not, and requests can name what an earlier answer gave.

const uuid = /\b[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}\b/g;
const hash = /\b[0-9A-F]{64,128}\b/g;
const allocatedIp = /\b10\.(?:9[6-9]|10\d|11[01])\.\d+\.\d+\b/g;
/** Keys whose values are opaque as a whole. */
const wholeValues: Readonly<Record<string, string>> = { resourceVersion: 'rv', continue: 'continue' };

export class Labels {
  readonly #labels = new Map<string, string>();
  readonly #values = new Map<string, string>();
  readonly #counts = new Map<string, number>();
  /** What the file itself says is no accident. */
  readonly #source: string;

  constructor(source: string) {
    this.#source = source;
  }

  /** A request's text with the values that labels in it stand for. */
  expand(text: string): string {
    return text.replaceAll(/<\w+:\d+>/g, (label) => this.#values.get(label) ?? label);
  }

  /** An answer with labels for values. */
  normalise(value: unknown, keepManagedFields: boolean, key = ''): unknown {
    if (typeof value === 'string') return this.#string(value, key);
    if (typeof value === 'number') return this.#number(value, key);
    if (Array.isArray(value)) return value.map((item) => this.normalise(item, keepManagedFields, key));
    if (typeof value !== 'object' || value === null) return value;
    const name = nameFrom(value as Record<string, unknown>);
    const members = Object.entries(value)
      .filter(([member]) => keepManagedFields || member !== 'managedFields')
      .map(([member, item]) => [
        member,
        member === 'name' && name ? name : this.normalise(item, keepManagedFields, member),
      ]);
    return Object.fromEntries(members);
  }

  text(text: string): string {
    return text
      .replaceAll(uuid, (found) => this.#label('uid', found))
      .replaceAll(hash, (found) => this.#label('hash', found))
      .replaceAll(allocatedIp, (found) => (this.#source.includes(found) ? found : this.#label('ip', found)))
      .replaceAll(
        /(resourceVersion\\*"?: *\\*")(\d+)/g,
        (_, before: string, found: string) => before + this.#label('rv', found),
      )
      .replaceAll(/(resource version|current): \d+/gi, (found) => {
        const at = found.lastIndexOf(' ') + 1;
        const number = found.slice(at);
        return this.#source.includes(number) ? found : found.slice(0, at) + this.#label('rv', number);
      });
  }

  #string(value: string, key: string): string {
    const kind = wholeValues[key];
    if (kind && value !== '' && value !== '0') return this.#label(kind, value);
    return this.text(value);
  }

  #number(value: number, key: string): unknown {
    const isAccident = /nodePort/i.test(key) && value >= 30000 && !this.#source.includes(String(value));
    return isAccident ? this.#label('port', String(value)) : value;
  }

  #label(kind: string, value: string): string {
    const id = `${kind} ${value}`;
    let label = this.#labels.get(id);
    if (!label) {
      const count = (this.#counts.get(kind) ?? 0) + 1;
      this.#counts.set(kind, count);
      label = `<${kind}:${count}>`;
      this.#labels.set(id, label);
      this.#values.set(label, value);
    }
    return label;
  }
}

/** The name of an object whose name the server made up, if it did. */
function nameFrom({ name, generateName }: Record<string, unknown>): string | undefined {
  if (typeof name !== 'string' || typeof generateName !== 'string' || generateName === '') return undefined;
  return `${generateName}<random>`;
}
