import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CorsOrigins } from './cors.ts'

test('[S05] what is no origin cannot be listed: no star, no pattern, no path, no null', () => {
  for (const wrong of [
    '*',
    'null',
    'https://*.example',
    'https://page.example/',
    'HTTPS://page.example',
    'page.example',
    'https://page.example:443',
    'file://',
    'https://user@page.example',
    '',
  ])
    assert.throws(() => new CorsOrigins([wrong]), RangeError, wrong)
})

test('[S05] what is allowed comes from the list', () => {
  const cors = new CorsOrigins(['https://page.example'])
  assert.equal(
    cors.headersFor({ headers: { origin: 'https://page.example' } })['access-control-allow-origin'],
    'https://page.example',
  )
  assert.deepEqual(cors.headersFor({ headers: { origin: 'https://page.example.evil.test' } }), { vary: 'Origin' })
  assert.deepEqual(cors.headersFor({ headers: {} }), { vary: 'Origin' })
})
