import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cellParts } from './cell-parts.ts'

test('[wire A3.4] a cell is cut into text and plots, without the lines about its interpreter', () => {
  const content =
    '1\n![image](data:image/png;base64,AA)\n2\n[Jupyter current working directory: /w]\n[Jupyter Python interpreter: /p]'
  assert.deepEqual(cellParts(content), [
    { kind: 'text', text: '1' },
    { kind: 'picture', url: 'data:image/png;base64,AA' },
    { kind: 'text', text: '2' },
  ])
  assert.deepEqual(cellParts('[Jupyter Python interpreter: /p]'), [{ kind: 'text', text: '' }])
})
