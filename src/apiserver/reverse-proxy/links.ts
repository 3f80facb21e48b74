// Links in what a backend answers (api.md §14). It knows nothing of the path at which it is seen through the API server, so
// links to places of its own get that path in front: in Location headers, and in the attributes of HTML that hold links.

import { posix } from 'node:path';

export interface Place {
  /** The path of the proxy itself: `/api/v1/namespaces/ns/services/x/proxy`. */
  readonly prefix: string;
  /** The hosts by which a backend may call itself: its own address, and what the client asked for. */
  readonly backendHost: string;
  readonly requestHost: string;
}

const parts = /^(?:([a-z][a-z0-9+.-]*):)?(?:\/\/([^/?#]*))?([^?#]*)(.*)$/is;
// biome-ignore lint/suspicious/noControlCharactersInRegex: with one of these it is no link
const control = /[\x00-\x1f\x7f]/;

/** The link as it is when it leads elsewhere, or is relative and so fits in either place. */
export function rewriteLink(link: string, { prefix, backendHost, requestHost }: Place): string {
  const [, scheme = '', host = '', path = '', rest = ''] = parts.exec(link) ?? [];
  if (control.test(link) || !path.startsWith('/')) return link;
  if (host !== '' && host !== backendHost && host !== requestHost) return link;
  const origin = host !== '' && host === requestHost ? `${scheme && `${scheme}:`}//${host}` : '';
  if (path.startsWith(prefix)) return `${origin}${path}${rest}`;
  return `${origin}${posix.join(prefix, path)}${rest}`;
}

const words = (text: string): ReadonlySet<string> => new Set(text.split(' '));
/** Attributes with links, by element. */
const linkAttributes: Readonly<Record<string, ReadonlySet<string>>> = {
  a: words('href'),
  applet: words('codebase'),
  area: words('href'),
  audio: words('src'),
  base: words('href'),
  blockquote: words('cite'),
  body: words('background'),
  button: words('formaction'),
  command: words('icon'),
  del: words('cite'),
  embed: words('src'),
  form: words('action'),
  frame: words('longdesc src'),
  head: words('profile'),
  html: words('manifest'),
  iframe: words('longdesc src'),
  img: words('longdesc src usemap'),
  input: words('src usemap formaction'),
  ins: words('cite'),
  link: words('href'),
  object: words('classid codebase data usemap'),
  q: words('cite'),
  script: words('src'),
  source: words('src'),
  video: words('poster src'),
};
/** What is inside these is no HTML. */
const rawElements = words('iframe noembed noframes noscript plaintext script style textarea title xmp');
/** A tag longer than this is passed on as it is. */
const longestTag = 64 * 1024;

/** HTML that comes in pieces, with its links rewritten. Bytes beyond ASCII are left alone, whatever they encode. */
export class HtmlLinks {
  readonly #rewrite: (link: string) => string;
  #held = '';
  /** Up to this text nothing is looked at. */
  #until: string | undefined;
  #scan = new TagScan();

  constructor(rewrite: (link: string) => string) {
    this.#rewrite = rewrite;
  }

  push(piece: Uint8Array): Uint8Array {
    this.#held += Buffer.from(piece).toString('latin1');
    let out = '';
    for (let next = this.#take(); next !== undefined; next = this.#take()) out += next;
    return Buffer.from(out, 'latin1');
  }

  /** What was held back, in the hope that more would come. */
  end(): Uint8Array {
    const rest = this.#held;
    this.#held = '';
    return Buffer.from(rest, 'latin1');
  }

  /** The next part that is complete; undefined when more is needed. */
  #take(): string | undefined {
    if (this.#held === '') return undefined;
    if (this.#until !== undefined) return this.#skip(this.#until);
    const at = this.#held.indexOf('<');
    if (at !== 0) return this.#cut(at < 0 ? this.#held.length : at);
    if (this.#held.startsWith('<!--')) {
      this.#until = '-->';
      return this.#cut('<!--'.length);
    }
    if ('<!--'.startsWith(this.#held)) return undefined;
    if (!/^<[a-z]/i.test(this.#held)) return this.#cut(1);
    const end = this.#scan.end(this.#held);
    if (end < 0 && this.#held.length <= longestTag) return undefined;
    this.#scan = new TagScan();
    return end < 0 ? this.#cut(this.#held.length) : this.#tag(this.#cut(end));
  }

  #cut(length: number): string {
    const part = this.#held.slice(0, length);
    this.#held = this.#held.slice(length);
    return part;
  }

  #skip(until: string): string | undefined {
    const at = this.#held.toLowerCase().indexOf(until);
    if (at >= 0) {
      this.#until = undefined;
      return this.#cut(at + until.length);
    }
    const safe = this.#held.length - until.length + 1;
    return safe > 0 ? this.#cut(safe) : undefined;
  }

  #tag(tag: string): string {
    const name = /^<([^\s/>]+)/.exec(tag)?.[1]?.toLowerCase() ?? '';
    if (rawElements.has(name)) this.#until = `</${name}`;
    const attributes = Object.hasOwn(linkAttributes, name) ? linkAttributes[name] : undefined;
    return attributes ? rewriteTag(tag, attributes, this.#rewrite) : tag;
  }
}

/** Looks for the `>` that ends a tag, one that is not in quotes, and looks at each character once however small the pieces. */
class TagScan {
  #at = 1;
  #quote = '';
  #afterEquals = false;

  /** Behind the tag; -1 when its end has not come. */
  end(html: string): number {
    for (; this.#at < html.length; this.#at++) {
      const char = html[this.#at] as string;
      if (this.#quote) {
        if (char === this.#quote) this.#quote = '';
      } else if (char === '>') {
        return this.#at + 1;
      } else if ((char === '"' || char === "'") && this.#afterEquals) {
        this.#quote = char;
        this.#afterEquals = false;
      } else if (!/\s/.test(char)) {
        this.#afterEquals = char === '=';
      }
    }
    return -1;
  }
}

const attribute = /([\s/"'])([^\s"'<>/=]+)(\s*=\s*)("[^"]*"|'[^']*'|[^\s"'<>]+)/g;

function rewriteTag(tag: string, names: ReadonlySet<string>, rewrite: (link: string) => string): string {
  return tag.replace(attribute, (whole, before: string, name: string, equals: string, written: string) => {
    if (!names.has(name.toLowerCase())) return whole;
    const isQuoted = written.startsWith('"') || written.startsWith("'");
    const link = decodeEntities(isQuoted ? written.slice(1, -1) : written);
    const rewritten = rewrite(link);
    return rewritten === link ? whole : `${before}${name}${equals}"${encodeEntities(rewritten)}"`;
  });
}

const entities: Readonly<Record<string, string>> = { amp: '&', quot: '"', '#34': '"', '#39': "'", lt: '<', gt: '>' };
const decodeEntities = (text: string): string =>
  text.replace(/&(amp|quot|#34|#39|lt|gt);/g, (_, name: string) => entities[name] ?? '');
const encodeEntities = (text: string): string =>
  text.replace(/[&"<>]/g, (char) => ({ '&': '&amp;', '"': '&#34;', '<': '&lt;', '>': '&gt;' })[char] ?? char);
