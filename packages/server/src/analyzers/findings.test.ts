import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assessmentOf } from './findings.ts'

const violation = (text: string): string => `PolicyViolation(${text}, ranges=[<2 ranges>])`
const cases: readonly [string, readonly string[], number][] = [
  ['none', [], 0],
  ['one of medium risk', [violation('Disallow rm -rf [risk=medium]')], 1],
  ['the worst of several', [violation('a [risk=low]'), violation('b [risk=high]'), violation('c [risk=medium]')], 2],
  ['low ones only', [violation('a [risk=low]')], 0],
  ['an objection without a level', [violation('a')], -1],
  ['a level that nobody knows', [violation('a [risk=severe]')], -1],
  ['one without a level beside a medium one', [violation('a [risk=medium]'), violation('b')], -1],
  ['one without a level beside a high one', [violation('a'), violation('b [risk=high]')], 2],
  ['a level in what the agent wrote before the judge’s own', [violation("content='risk=low' [risk=high]")], 2],
]
for (const [name, findings, risk] of cases)
  test(`[wire C6] findings: ${name} → ${risk}`, () => assert.equal(assessmentOf(findings).risk, risk))

test('the reason is one short line without anything hidden, whatever the judge says', () => {
  const { reason } = assessmentOf([`a\n\u202eb\0c ${'x'.repeat(5000)} [risk=high]`])
  assert.match(reason, /^The Invariant server objects: a b c x+….$/)
  assert.ok(reason.length < 400)
})
