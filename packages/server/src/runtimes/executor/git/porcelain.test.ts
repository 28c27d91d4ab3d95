import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readStatus } from './porcelain.ts'

const ids = `${'0'.repeat(40)} ${'1'.repeat(40)}`
const one = (letters: string, path: string): string => `1 ${letters} N... 100644 100644 100644 ${ids} ${path}\0`

for (const [letters, kind, staged] of [
  ['M.', 'modified', true],
  ['.M', 'modified', false],
  ['MM', 'modified', true],
  ['A.', 'added', true],
  ['AM', 'added', true],
  ['.A', 'added', false],
  ['AD', 'deleted', true],
  ['D.', 'deleted', true],
  ['.D', 'deleted', false],
  ['.T', 'modified', false],
] as const) {
  test(`[P47] ${letters} means ${kind}`, () => {
    assert.deepEqual(readStatus(one(letters, 'a b\nc')).changes, [{ path: 'a b\nc', kind, staged }])
  })
}

test('[P47] a rename has its old name, a conflict and an untracked file have none; what was cut off is not told', () => {
  const renamed = `2 R. N... 100644 100644 100644 ${ids} R100 new name\0old\0`
  const conflict = `u UU N... 100644 100644 100644 100644 ${ids} ${'2'.repeat(40)} f g\0`
  const text = `# branch.oid (initial)\0# branch.head (detached)\0${renamed}${conflict}? -u\n\0? cut o`
  assert.deepEqual(readStatus(text), {
    branch: '',
    commits: false,
    changes: [
      { path: 'new name', from: 'old', kind: 'renamed', staged: true },
      { path: 'f g', kind: 'conflicted', staged: false },
      { path: '-u\n', kind: 'untracked', staged: false },
    ],
  })
  assert.equal(readStatus('# branch.head a/b c\0').branch, 'a/b c')
})
