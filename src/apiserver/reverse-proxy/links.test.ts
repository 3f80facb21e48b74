// Links through the proxy: which are changed, and how; HTML that comes in pieces of any size.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { HtmlLinks, rewriteLink } from './links.ts';

const prefix = '/api/v1/namespaces/ns/services/x/proxy';
const place = { prefix, backendHost: '10.1.0.5:8080', requestHost: 'localhost:8001' };

describe('rewriteLink', () => {
  const cases: { link: string; want?: string }[] = [
    { link: '/', want: `${prefix}/` },
    { link: '/a/b?c=/d#e', want: `${prefix}/a/b?c=/d#e` },
    { link: '/a/', want: `${prefix}/a/` },
    { link: '/../../a', want: '/api/v1/namespaces/ns/services/a' },
    { link: 'http://10.1.0.5:8080/a', want: `${prefix}/a` },
    { link: 'https://10.1.0.5:8080/a', want: `${prefix}/a` },
    { link: 'http://localhost:8001/a', want: `http://localhost:8001${prefix}/a` },
    { link: '//localhost:8001/a', want: `//localhost:8001${prefix}/a` },
    { link: `${prefix}/a` },
    { link: 'a/b' },
    { link: '' },
    { link: '#top' },
    { link: '?page=2' },
    { link: 'mailto:me@example.com' },
    { link: 'javascript:go()' },
    { link: 'http://example.com/a' },
    { link: '//example.com/a' },
    { link: 'http://10.1.0.5:8080' },
    { link: '/a\nb' },
  ];
  for (const { link, want = link } of cases) {
    test(JSON.stringify(link), () => assert.equal(rewriteLink(link, place), want));
  }
});

describe('HTML', () => {
  const cases: { name: string; html: string; want?: string }[] = [
    { name: 'a link', html: '<p><a href="/a">a</a></p>', want: '<p><a href="/P/a">a</a></p>' },
    { name: 'in single quotes', html: "<a class='x' href='/a'>", want: `<a class='x' href="/P/a">` },
    { name: 'without quotes', html: '<A HREF=/a id=b>', want: '<A HREF="/P/a" id=b>' },
    { name: 'several in one tag', html: '<img src="/a" usemap="/b"/>', want: '<img src="/P/a" usemap="/P/b"/>' },
    { name: 'with entities', html: '<a href="/a?b=1&amp;c=2">', want: '<a href="/P/a?b=1&amp;c=2">' },
    { name: 'a > in quotes', html: '<a title="a > b" href="/a">', want: '<a title="a > b" href="/P/a">' },
    { name: 'spaces around =', html: '<a href = "/a">', want: '<a href = "/P/a">' },
    { name: 'another attribute', html: '<a data-href="/a" ping="/b">' },
    { name: 'another element', html: '<div href="/a">/a</div>' },
    { name: 'a comment', html: '<!-- <a href="/a"> --><a href="/b">', want: '<!-- <a href="/a"> --><a href="/P/b">' },
    {
      name: 'a script',
      html: `<script src="/s">if (a<b) x='<a href="/a">'</script><a href="/b">`,
      want: `<script src="/P/s">if (a<b) x='<a href="/a">'</script><a href="/P/b">`,
    },
    { name: 'text with angles', html: 'a < b <3 <>< <a href="/a">', want: 'a < b <3 <>< <a href="/P/a">' },
    {
      name: 'bytes beyond ASCII',
      html: '<a title="Grüße 🚢" href="/a">ä</a>',
      want: '<a title="Grüße 🚢" href="/P/a">ä</a>',
    },
    { name: 'a document type', html: '<!DOCTYPE html><base href="/">', want: '<!DOCTYPE html><base href="/P">' },
    { name: 'a tag that never ends', html: `<a href="/a" title="${'x'.repeat(1000)}` },
    { name: 'a comment that never ends', html: '<!-- <a href="/a">' },
  ];
  for (const { name, html, want = html } of cases) {
    for (const size of [1, 7, 1 << 20]) {
      test(`${name}, in pieces of ${size}`, () => {
        const links = new HtmlLinks((link) => (link.startsWith('/') ? `/P${link === '/' ? '' : link}` : link));
        const bytes = Buffer.from(html);
        const out: Uint8Array[] = [];
        for (let at = 0; at < bytes.length; at += size) out.push(links.push(bytes.subarray(at, at + size)));
        out.push(links.end());
        assert.equal(Buffer.concat(out).toString(), want);
      });
    }
  }

  test('a tag without end holds back no more than a little', () => {
    const links = new HtmlLinks((link) => link);
    const sent = Array.from({ length: 40 }, () => links.push(Buffer.alloc(16_384, '<a x'.repeat(4096))).length);
    assert.ok(sent.reduce((a, b) => a + b) > 400_000);
  });
});
