import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DiffSide, FileDiff } from '@openhands/protocol'
import { fileText } from '../../text.ts'
import { sayOf } from './say-of.ts'

const words = fileText.changes
const side = (kind: DiffSide['kind'], text = ''): DiffSide => ({ kind, text })
const said = (before: DiffSide, after: DiffSide, state: FileDiff['state'] = 'ready'): string | undefined =>
  sayOf({ state, path: 'a', before, after })

test('[P47] what lines cannot show is said: binary, too large, new, gone, or no difference at all', () => {
  assert.equal(said(side('text', 'a'), side('text', 'b')), undefined)
  assert.equal(said(side('text', 'a'), side('text', 'a')), words.sameText)
  assert.equal(said(side('binary'), side('text', 'a')), words.binary)
  assert.equal(said(side('text', 'a'), side('too_large')), words.tooLarge)
  assert.equal(said(side('absent'), side('too_large')), words.tooLarge)
  assert.equal(said(side('absent'), side('text', 'a')), words.created)
  assert.equal(said(side('text', 'a'), side('absent')), words.removed)
  assert.equal(said(side('absent'), side('absent')), words.gone)
  assert.equal(said(side('absent'), side('absent'), 'no_checkpoint'), words.noCheckpointKept)
  assert.equal(said(side('absent'), side('absent'), 'no_repository'), words.noRepository)
})
