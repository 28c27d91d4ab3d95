import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Refusal } from '../refusal.ts'
import { runGit } from './git-process.ts'

const noSignal = new AbortController().signal
const run = { directory: '/', environment: { PATH: process.env['PATH'] ?? '' }, limit: 100 }

test('[P47] without git the answer says what is missing', async () => {
  const environment = { PATH: '/nonexistent' }
  await assert.rejects(runGit({ ...run, args: ['--version'], environment }, noSignal), Refusal)
})

test('[P47] output is cut at its limit, and complaints are kept', async () => {
  const cut = await runGit({ ...run, args: ['help', '-a'] }, noSignal)
  assert.deepEqual([cut.truncated, cut.output.length], [true, 100])
  const failed = await runGit({ ...run, args: ['cat-file', 'blob', 'HEAD:x'] }, noSignal)
  assert.equal(failed.truncated, false)
  assert.notEqual(failed.exitCode, 0)
  assert.notEqual(failed.complaint, '')
})
