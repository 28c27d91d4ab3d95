import assert from 'node:assert/strict'
import { test } from 'node:test'
import { toMarkdown } from './markdown.ts'

const base = 'http://site.test/folder/page.html'
const long = 'word '.repeat(60).trim()

const rows: readonly (readonly [what: string, html: string, markdown: string])[] = [
  [
    'a heading and a paragraph',
    '<h2>Title</h2><p>Some <b>bold</b> and <em>slanted</em> text.',
    '## Title\n\nSome **bold** and *slanted* text.',
  ],
  [
    'absolute links',
    '<a href="a?b=1#c">rel</a> <a href="/x">root</a> <a href="//o.test/">other</a>',
    '[rel](http://site.test/folder/a?b=1#c) [root](http://site.test/x) [other](http://o.test/)',
  ],
  [
    'links that run',
    '<a href="javascript:alert(1)">click</a> <a name=x>anchor</a> <a href="data:text/html,x">data</a>',
    'click anchor data',
  ],
  ['a link around blocks', '<a href="/x"><div>one</div><div>two</div></a>', '[one two](http://site.test/x)'],
  ['lists', '<ul><li>one<li>two<ol><li>deep</ol></ul>', '-   one\n-   two\n    1.  deep'],
  [
    'code',
    '<pre><code class="language-js">let a = 1\nlet b</code></pre><p>in <code>line</code>',
    '```js\nlet a = 1\nlet b\n```\n\nin `line`',
  ],
  [
    'a table',
    '<table><thead><tr><th>a<th>b</thead><tbody><tr><td>1<td><td>x|y</table>',
    '| a | b |\n| --- | --- |\n| 1 |  | x\\|y |',
  ],
  ['a table without a head', '<table><tr><td>1<td>2<tr><td>3<td>4</table>', '| 1 | 2 |\n| --- | --- |\n| 3 | 4 |'],
  ['images', '<img alt="a cat" src="data:image/png;base64,AAAA"><img src=x>', '[image: a cat]'],
  [
    'nothing that runs or is hidden',
    '<head><title>t</title><style>a{}</style></head><script>1</script><noscript>no</noscript><template>t</template><p hidden>h</p><p style="color:red; display: none">n</p><svg><text>s</text></svg>seen',
    'seen',
  ],
  ['fields', '<label>Name <input value=v></label><select><option>o</select><textarea>t</textarea>', 'Name'],
  ['letters that mean something in markdown', '<p>snake_case_name 1. [x] *y*</p>', 'snake_case_name 1. [x] *y*'],
  ['what is main', `<nav>menu</nav><main><p>${long}</p></main><p>aside</p><footer>foot</footer>`, long],
  ['no navigation', `<nav>menu</nav><p>${long}</p><div role="contentinfo">foot</div>`, long],
  [
    'everything of a page with little of its own',
    '<nav><a href="/a">menu</a></nav><main>short</main>',
    '[menu](http://site.test/a)\n\nshort',
  ],
  ['nothing', '', ''],
]

for (const [what, html, markdown] of rows) {
  test(`[wire B5] ${what}`, () => {
    assert.equal(toMarkdown(html, base), markdown)
  })
}

test('[P17] a megabyte of markup takes seconds, not minutes', () => {
  const text = toMarkdown('<p>a <b>b</b> <a href=x>c</a></p>'.repeat(30_000), base)
  assert.equal(text.split('\n\n').length, 30_000)
})
