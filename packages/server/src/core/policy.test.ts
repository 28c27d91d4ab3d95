import assert from 'node:assert/strict'
import { test } from 'node:test'
import { verdict } from './policy.ts'

test('[J2] doubt asks where risk asks; never and always mean what they say', () => {
  const verdicts = (['never', 'risky', 'cautious', 'always'] as const).map(mode =>
    ([-1, 0, 1, 2] as const).map(risk => verdict(risk, mode)).join(' '),
  )
  assert.deepEqual(verdicts, ['allow allow allow allow', 'ask allow allow ask', 'ask allow ask ask', 'ask ask ask ask'])
})
