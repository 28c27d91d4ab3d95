import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TreeEntry } from '@openhands/protocol'
import { keyStep } from './key-step.ts'
import { folderOf, isTouched, type Level, rowsOf, type TreeRow } from './tree-rows.ts'

function entry(path: string, kind: TreeEntry['kind'] = 'file', to?: 'file' | 'folder'): TreeEntry {
  const name = path.split('/').at(-1) ?? ''
  return { name, path, kind, size: 0, changed: 0, ...(to === undefined ? {} : { to }) }
}
const level = (entries: readonly TreeEntry[], left_out = 0): Level => ({
  running: true,
  entries: [...entries],
  left_out,
})
const levels = new Map<string, Level>([
  ['', level([entry('src', 'folder'), entry('link', 'link', 'folder'), entry('a')], 3)],
  ['src', level([entry('src/deep', 'folder'), entry('src/b')])],
  ['link', level([])],
])
const shown = (rows: readonly TreeRow[]): readonly unknown[] =>
  rows.map(row => (row.kind === 'note' ? [row.depth, row.note] : `${row.depth} ${row.entry.path}`))

test('the tree has the levels that are open, and says of each how it stands', () => {
  assert.deepEqual(shown(rowsOf(new Map(), new Set())), [[1, 'loading']])
  assert.deepEqual(shown(rowsOf(levels, new Set())), ['1 src', '1 link', '1 a', [1, 3]])
  const open = new Set(['src', 'src/deep', 'link'])
  const expected = ['1 src', '2 src/deep', [3, 'loading'], '2 src/b', '1 link', [2, 'empty'], '1 a', [1, 3]]
  assert.deepEqual(shown(rowsOf(levels, open)), expected)
  assert.deepEqual(shown(rowsOf(new Map([['', 'failed']]), open)), [[1, 'failed']])
})

test('the arrow keys walk the tree, open and close it', () => {
  const rows = rowsOf(levels, new Set(['src']))
  const step = (key: string, path: string): unknown =>
    keyStep(
      key,
      rows,
      rows.findIndex(row => row.kind === 'entry' && row.entry.path === path),
    )
  assert.deepEqual(step('ArrowDown', 'none'), { do: 'select', path: 'src' })
  assert.deepEqual(step('ArrowDown', 'src'), { do: 'select', path: 'src/deep' })
  assert.deepEqual(step('ArrowUp', 'link'), { do: 'select', path: 'src/b' })
  assert.deepEqual(step('ArrowDown', 'a'), undefined)
  assert.deepEqual(step('End', 'src'), { do: 'select', path: 'a' })
  assert.deepEqual(step('ArrowRight', 'link'), { do: 'toggle', path: 'link', open: true })
  assert.deepEqual(step('ArrowRight', 'src'), { do: 'select', path: 'src/deep' })
  assert.deepEqual(step('ArrowLeft', 'src'), { do: 'toggle', path: 'src', open: false })
  assert.deepEqual(step('ArrowLeft', 'src/b'), { do: 'select', path: 'src' })
  assert.deepEqual(step('Enter', 'a'), { do: 'activate' })
  assert.deepEqual(step('Delete', 'a'), { do: 'remove', path: 'a' })
  assert.deepEqual(step('Delete', 'none'), undefined)
  assert.deepEqual(step('x', 'a'), undefined)
})

test('[P47] only those levels are listed anew that a change can have changed', () => {
  const touched = (...paths: string[]) => ({ paths, all: false })
  assert.equal(isTouched('src', touched('src/b')), true)
  assert.equal(isTouched('src', touched('src')), true)
  assert.equal(isTouched('src/deep', touched('src')), true)
  assert.equal(isTouched('', touched('other/x')), true) // its folder has a mark of git
  assert.equal(isTouched('src', touched('other/x')), false)
  assert.equal(isTouched('src', touched('srcs')), false)
  assert.equal(isTouched('src', { paths: [], all: true }), true)
  assert.equal(folderOf('a/b/c'), 'a/b')
  assert.equal(folderOf('a'), '')
})
