// Zone-file syntax as the tables have it (RFC 1035 §5.1): names below $ORIGIN, the TTL of $TTL, and the class, may be left out.

/** Which fields of a record's data are names. */
const namesOf: Readonly<Record<string, readonly number[]>> = {
  CNAME: [0],
  NS: [0],
  PTR: [0],
  SRV: [3],
  MX: [1],
  SOA: [0, 1],
};

/** What `$ORIGIN` and `$TTL` said last. */
export class Origin {
  #name = '.';
  #ttl = 5;

  /** Whether the line is a directive. */
  takes(line: string): boolean {
    const [directive, value = ''] = line.split(/\s+/);
    if (directive === '$ORIGIN') this.#name = value;
    else if (directive === '$TTL') this.#ttl = Number(value);
    return line.startsWith('$');
  }

  name(text: string): string {
    if (text === '@') return this.#name;
    return text.endsWith('.') ? text : `${text}.${this.#name === '.' ? '' : this.#name}`;
  }

  /** The line with everything that it leaves out. */
  record(line: string): string {
    const fields = line.trim().split(/\s+/);
    const name = this.name(fields.shift() ?? '');
    const ttl = /^\d+$/.test(fields[0] ?? '') ? fields.shift() : this.#ttl;
    if (fields[0] === 'IN') fields.shift();
    const type = fields.shift() ?? '';
    const data = fields.map((field, at) => (namesOf[type]?.includes(at) ? this.name(field) : field));
    return [name, ttl, 'IN', type, ...data].join(' ');
  }
}
