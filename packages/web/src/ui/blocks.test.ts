import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { blocksOf, GrowingBlocks } from './blocks.ts'

test('growing markdown is cut at blank lines, but never inside of code', () => {
  assert.deepEqual(blocksOf('a\n\nb\nc\n\n\nd'), ['a', 'b\nc', 'd'])
  assert.deepEqual(blocksOf('```ts\na\n\nb\n```\n\nc'), ['```ts\na\n\nb\n```', 'c'])
  assert.deepEqual(blocksOf('````\n```\n\nx\n````'), ['````\n```\n\nx\n````'])
  assert.deepEqual(blocksOf('```\nopen\n\nstill'), ['```\nopen\n\nstill'])
})

test('a list stays one block over its blank lines', () => {
  assert.deepEqual(blocksOf('- a\n\n- b\n\n  more of b\n\nc'), ['- a\n\n- b\n\n  more of b', 'c'])
  assert.deepEqual(blocksOf('1. a\n\n   ```\n   x\n\n   y\n   ```\n\n2. b'), [
    '1. a\n\n   ```\n   x\n\n   y\n   ```\n\n2. b',
  ])
})

test('[P18] a block that goes on and on is cut, and goes on as what it was', () => {
  const lines = (count: number, line: (at: number) => string): string =>
    Array.from({ length: count }, (_, at) => line(at)).join('\n')
  const table = blocksOf(`| a | b |\n| --- | --- |\n${lines(500, at => `| x${at} | y |`)}`)
  const list = blocksOf(lines(500, at => `- item ${at} and some words`))
  const code = blocksOf(`\`\`\`ts\n${lines(4_000, at => `const value${at} = 1`)}\n\`\`\`\n\nend`)
  const words = blocksOf(lines(1_000, at => `line ${at} of one paragraph`))
  const line = blocksOf('word '.repeat(20_000))
  for (const [blocks, most] of [
    [table, 2_600],
    [list, 4_100],
    [code, 20_100],
    [words, 8_100],
    [line, 16_100],
  ] as const) {
    assert.ok(blocks.length > 2)
    for (const block of blocks) assert.ok(block.length <= most, `${block.length} characters`)
  }
  for (const block of table) assert.match(block, /^\| a \| b \|\n\| --- \| --- \|\n\| x/)
  for (const block of list) assert.match(block, /^- item/)
  for (const block of code.slice(0, -1)) assert.match(block, /^```ts\nconst/)
  assert.equal(code.at(-1), 'end')
  assert.deepEqual(words.join('\n').match(/line \d+/g)?.length, 1_000)
  assert.equal(line.join(' ').trim(), 'word '.repeat(20_000).trim())
})

test('[P18] while a text grows, blocks that are complete stay what they are', () => {
  const part = fc.constantFrom(
    'a ',
    'word\n',
    '\n',
    '\n\n',
    '- x',
    '1. y\n',
    '```\n',
    '| a | b |\n',
    '| - | - |\n',
    '  z',
    '#',
  )
  const pieces = fc.array(part, { maxLength: 60 })
  fc.assert(
    fc.property(pieces, fc.constantFrom(1, 0.001), (each, scale) => {
      const growing = new GrowingBlocks(scale)
      let text = ''
      let before: readonly string[] = []
      for (const piece of each) {
        text += piece
        const blocks = growing.of(text)
        assert.deepEqual(blocks.slice(0, Math.max(0, before.length - 1)), before.slice(0, -1))
        before = blocks
      }
      const inked = (from: string): string => from.replaceAll(/\s/g, '')
      if (scale === 1) assert.equal(inked(before.join('')), inked(text), 'nothing is lost or added')
      else for (const word of text.match(/word|x|y|z/g) ?? []) assert.ok(before.some(block => block.includes(word)))
    }),
  )
})

test('a text that is another one is cut anew', () => {
  const growing = new GrowingBlocks()
  assert.deepEqual(growing.of('a\n\nb'), ['a', 'b'])
  assert.deepEqual(growing.of('c\n\nb'), ['c', 'b'])
  assert.deepEqual(growing.of(''), [])
})
