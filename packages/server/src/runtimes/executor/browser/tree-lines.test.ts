import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ElementIds } from './element-ids.ts'
import { type TreeNode, treeLines } from './tree-lines.ts'

const page: readonly TreeNode[] = [
  {
    role: 'generic',
    ref: 'e1',
    active: true,
    children: [
      {
        role: 'heading',
        level: 1,
        ref: 'e2',
        children: ['Hello', { role: 'link', name: "it's", ref: 'e3', cursor: 'pointer', url: '/x' }],
      },
      { role: 'textbox', name: 'Name', ref: 'e7', text: 'v', active: true },
      { role: 'checkbox', checked: true, disabled: true, ref: 'e8' },
      { role: 'iframe', ref: 'e9', children: [{ role: 'button', name: 'in\nner', ref: 'f1e2' }] },
    ],
  },
]

test('[wire A8.2] the tree is told in lines with the ids of actions', () => {
  assert.deepEqual(treeLines(page, new ElementIds(), 10_000), {
    tree: [
      '[1] generic focused',
      ' [2] heading level=1',
      "  'Hello'",
      "  [3] link 'it\\'s' url='/x' clickable",
      " [4] textbox 'Name' focused: 'v'",
      ' [5] checkbox checked disabled',
      ' [6] iframe',
      "  [7] button 'in ner'",
    ].join('\n'),
    focused: '4',
  })
})

test('[P17] a tree is cut at a line, and what is left out is counted', () => {
  const many = Array.from({ length: 1000 }, (_, index) => ({ role: 'listitem', ref: `e${index}`, text: 'x' }))
  const { tree } = treeLines(many, new ElementIds(), 1000)
  const lines = tree.split('\n')
  assert.ok(tree.length < 1100)
  assert.equal(lines.at(-1), `[Cut here: ${1000 - (lines.length - 1)} more lines of the tree are not shown.]`)
})

test('[P17] a tree may be as deep as it likes', () => {
  let node: TreeNode = { role: 'group' }
  for (let depth = 0; depth < 50_000; depth++) node = { role: 'group', children: [node] }
  assert.match(treeLines([node], new ElementIds(), 1000).tree, /more lines/)
})

test('[wire A8.2] an element keeps its number, and a number its element', () => {
  const ids = new ElementIds()
  assert.deepEqual(
    ['e1', 'e2', 'f1e2', 'e1'].map(ref => ids.idOf(ref)),
    ['1', '2', '3', '1'],
  )
  assert.equal(ids.refOf('3'), 'f1e2')
  for (const id of ['', '0', '4', 'e1', "1'] >> css=body"]) assert.equal(ids.refOf(id), undefined)
})

test('[P17] numbers of long gone elements are forgotten and never used again', () => {
  const ids = new ElementIds()
  for (let count = 1; count <= 100_001; count++) assert.equal(ids.idOf(`e${count}`), String(count))
  assert.equal(ids.refOf('1'), undefined)
  assert.equal(ids.idOf('e1'), '100002')
})
