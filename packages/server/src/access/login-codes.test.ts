import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LoginCodes } from './login-codes.ts'

test('[S07] a code counts once, for a minute, and has 128 bits', () => {
  let now = 0
  const codes = new LoginCodes(() => now)
  const code = codes.issue()
  assert.ok(Buffer.from(code, 'base64url').length >= 16)
  assert.equal(codes.redeem(`${code}x`), false)
  assert.equal(codes.redeem(code), true)
  assert.equal(codes.redeem(code), false)
  const late = codes.issue()
  now = 60_001
  assert.equal(codes.redeem(late), false)
  const cleared = codes.issue()
  codes.clear()
  assert.equal(codes.redeem(cleared), false)
})

test('[S35] only so many codes count at once: the newest', () => {
  const codes = new LoginCodes()
  const issued = Array.from({ length: 20 }, () => codes.issue())
  assert.deepEqual(
    issued.map(code => codes.redeem(code)),
    issued.map((_, index) => index >= 12),
  )
})
