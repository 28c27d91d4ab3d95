import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SeenFiles } from './seen-files.ts'

test('[P14] what is remembered of files is bounded; the one looked at longest ago is forgotten first', () => {
  const seen = new SeenFiles()
  for (let number = 0; number < 2000; number++) seen.remember(`/f${number}`, Buffer.from('old'))
  seen.remember('/f0', Buffer.from('old'))
  seen.remember('/one-more', Buffer.from('old'))
  const isKnown = (path: string): boolean => seen.isStale(path, Buffer.from('new'))
  assert.deepEqual([isKnown('/f0'), isKnown('/f1'), isKnown('/f2'), isKnown('/one-more')], [true, false, true, true])
  assert.equal(seen.isStale('/f2', Buffer.from('old')), false)
})
