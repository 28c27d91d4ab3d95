import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Concealer } from './concealer.ts'

test('[S18] what is known to be secret is hidden in every customary spelling, and the line stays JSON', () => {
  const secret = 'canary "one" /+%\\ü 0123456789'
  const concealer = new Concealer()
  concealer.add(secret)
  for (const spelling of [
    secret,
    encodeURIComponent(secret),
    Buffer.from(secret).toString('base64'),
    Buffer.from(secret).toString('base64url'),
  ]) {
    const line = concealer.conceal(JSON.stringify({ msg: `before ${spelling} after` }))
    assert.ok(!line.includes('canary') && !line.includes(spelling), line)
    assert.equal(JSON.parse(line).msg.replace(/=+ /, ' '), 'before [secret] after')
  }
})

test('[S18] what looks like a key is hidden, whoever it is from, and the rest is not', () => {
  const concealer = new Concealer()
  const canary = 'CANARY0123456789canary'
  const told: readonly string[] = [
    `sk-ant-${canary}`,
    `ghp_${canary}`,
    `github_pat_${canary}`,
    `AKIACANARY0123456789`,
    `hf_${canary}`,
    `eyJhbGciOiJIUzI1NiJ9.${canary}.${canary}`,
    `Authorization: Bearer ${canary}`,
    `basic ${canary}==`,
    `https://user:${canary}@example.org/x`,
    `GET /x?a=1&access_token=${canary}&b=2`,
  ]
  for (const text of told) {
    const line = concealer.conceal(JSON.stringify({ msg: text, n: 1 }))
    assert.doesNotMatch(line, /canary/i, line)
    assert.equal(JSON.parse(line).n, 1)
  }
  const fields = concealer.conceal(
    JSON.stringify({ apiKey: canary, 'x-api-key': canary, cookie: `a="${canary}"`, tokens: 3 }),
  )
  assert.doesNotMatch(fields, /canary/i)
  assert.equal(JSON.parse(fields).tokens, 3)
  const plain = JSON.stringify({ session: 'a'.repeat(32), msg: 'basic facts: 3 keys, a token was changed, sk-8' })
  assert.equal(concealer.conceal(plain), plain)
})

test('[S18] long lines of anything are taken in their stride', () => {
  const concealer = new Concealer()
  for (const piece of ['a-', '://', '?a', '"a_', 'sk-', 'eyJ', 'bearer ']) {
    const line = JSON.stringify({ msg: piece.repeat(50_000) })
    const began = performance.now()
    concealer.conceal(line)
    assert.ok(performance.now() - began < 5000, piece)
  }
})
