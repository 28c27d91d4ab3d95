import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TextFinder } from './text-finder.ts'

function marked(query: string, text: string): readonly string[] | undefined {
  const found = new TextFinder(query).find(text)
  return found?.matches.map(([from, to]) => found.snippet.slice(from, to))
}

test('words are found in upper and lower case alike, to the letter otherwise', () => {
  assert.deepEqual(marked('NPM test', 'run npm\n   Test; npm test'), ['npm\n   Test', 'npm test'])
  assert.deepEqual(marked('straße', 'STRAẞE'), ['STRAẞE'])
  assert.deepEqual(marked('a.c', 'abc a.c'), ['a.c'])
  assert.deepEqual(marked('[/(?{|}*+^$\\', 'x [/(?{|}*+^$\\ y'), ['[/(?{|}*+^$\\'])
  assert.equal(marked('none', 'nothing of it'), undefined)
})

test('a snippet holds what stands around, and cuts no character', () => {
  const long = `${'😀'.repeat(400)}needle${'😀'.repeat(400)}`
  const found = new TextFinder('Needle').find(long)
  assert.ok(found && found.snippet.length < 250)
  assert.ok(found.snippet.startsWith('…') && found.snippet.endsWith('…') && found.snippet.isWellFormed())
  assert.deepEqual(marked('Needle', long), ['needle'])
  assert.equal(new TextFinder('x').find('x'.repeat(1000))?.matches.length, 20)
  assert.deepEqual(marked('y'.repeat(200), 'y'.repeat(900))?.[0], 'y'.repeat(200))
})

test('JSON is passed over only where no text in it holds the words', () => {
  for (const text of ['say "Hello" twice', 'C:\\Users\\me', 'tab\there', 'über ÄPFEL', '\u0007bell']) {
    for (const query of text.split('\t')) {
      const finder = new TextFinder(query.toUpperCase())
      assert.ok(finder.mayBeIn(JSON.stringify({ text })), query)
      assert.ok(finder.find(text), query)
    }
  }
  assert.equal(new TextFinder('nowhere').mayBeIn(JSON.stringify({ text: 'here' })), false)
})

test('white space without end costs no more than its length', () => {
  const text = `a${' '.repeat(200_000)}`.repeat(2)
  assert.equal(marked('a b', text), undefined)
})
