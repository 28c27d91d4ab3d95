import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Event } from './event.ts'
import { firstWords, plainWords } from './first-words.ts'

const said = (message: string, rest: object): Event =>
  ({ id: 1, timestamp: '', source: 'agent', message, ...rest }) as unknown as Event // as a log has it
const words = (message: string): Event => said(message, { action: 'message', args: { content: message } })

describe('firstWords', () => {
  test('the words of an agent are shown without the signs of markdown', () => {
    const table = {
      'The report is **exact** now.': 'The report is exact now.',
      '## Head *it*': 'Head it',
      '- [x] done __well__ ~~badly~~': 'done well badly',
      '> quoted': 'quoted',
      '**`report.py`** is _here_, snake_case_name and 2 * 3 * 4': 'report.py is here, snake_case_name and 2 * 3 * 4',
      '[a link](https://a.example/b) ![a picture](data:x)': 'a link a picture',
      '***both***': 'both',
      '1. first': '1. first',
      '--force and ls **/a **/b': '--force and ls **/a **/b',
      '`**kept**` as it is': '**kept** as it is',
      '\uE000`a`': 'a',
      '': '',
    }
    for (const [markdown, plain] of Object.entries(table)) assert.equal(plainWords(markdown), plain)
  })

  test('lines without words are passed over', () => {
    assert.equal(firstWords(words('---\n\n```sh\n# Then **this**'), 200), 'Then this')
    assert.equal(firstWords(words('|---|\n***'), 200), '')
  })

  test('what is quoted from elsewhere stays as it is: commands, and what people write', () => {
    const command = 'Running command: echo `**x**`\nls'
    assert.equal(firstWords(said(command, { action: 'run', args: {} }), 200), 'Running command: echo `**x**`')
    assert.equal(firstWords({ ...words('**mine**'), source: 'user' }, 200), '**mine**')
  })

  test('a line that only leads to what is quoted below it goes on with that', () => {
    const browsing = 'I am interacting with the browser:\n```\ngoto("http://localhost:8000/")\nnoop()\n```'
    assert.equal(
      firstWords(said(browsing, { action: 'browse_interactive', args: {} }), 200),
      'I am interacting with the browser: goto("http://localhost:8000/")',
    )
    assert.equal(firstWords(said('Alone:', { action: 'run', args: {} }), 200), 'Alone:')
  })

  test('it has at most so many characters, and no half of one', () => {
    assert.equal(firstWords(words(`ab😀`), 3), 'ab\uFFFD')
    assert.equal(firstWords(words(`${'x'.repeat(5_000)}`), 200).length, 200)
  })

  test('[S35] no line takes long, whatever is in it', () => {
    const parts = [
      '*',
      '[(',
      '`',
      '** ',
      '`a',
      '- ',
      '_a',
      '![[',
      '[](',
      '- - -',
      '>',
      '~~a',
      '*a ',
      '```',
      '[x] ',
      '|:',
    ]
    const begun = performance.now()
    for (const part of parts) firstWords(words(`${part.repeat(2_000)}y`), 200)
    assert.ok(performance.now() - begun < 1_000)
  })
})
