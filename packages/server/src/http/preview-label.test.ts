import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { SessionId } from '@openhands/protocol'
import fc from 'fast-check'
import { PreviewLabels } from './preview-label.ts'

const labels = new PreviewLabels(Buffer.alloc(32, 1))
const digits = fc.stringMatching(/^[0-9a-f]{32}$/)
const session = fc.tuple(digits, fc.array(fc.boolean(), { minLength: 4, maxLength: 4 })).map(([text, dashes]) => {
  const pieces = [text.slice(0, 8), text.slice(8, 12), text.slice(12, 16), text.slice(16, 20), text.slice(20)]
  return SessionId.parse(pieces.reduce((name, piece, index) => name + (dashes[index - 1] === true ? '-' : '') + piece))
})
const port = fc.integer({ min: 1, max: 65_535 })

describe('names of previews', () => {
  test('a label leads back to exactly its session and port, and can stand in a host name', () => {
    fc.assert(
      fc.property(session, port, (name, number) => {
        const label = labels.of({ session: name, port: number })
        assert.match(label, /^[a-z2-7]{50}$/)
        assert.deepEqual(labels.read(label), { session: name, port: number })
        assert.equal(labels.of({ session: name, port: number }), label)
        assert.equal(label.includes(name.slice(0, 6)), false)
      }),
    )
  })

  test('[S28] nothing else is a label: no other letter, length or key', () => {
    fc.assert(
      fc.property(session, port, fc.nat(49), fc.integer({ min: 1, max: 31 }), (name, number, place, change) => {
        const letters = 'abcdefghijklmnopqrstuvwxyz234567'
        const label = labels.of({ session: name, port: number })
        const other = letters[(letters.indexOf(label[place] ?? '') + change) % 32]
        assert.equal(labels.read(label.slice(0, place) + other + label.slice(place + 1)), undefined)
        assert.equal(labels.read(label.slice(1)), undefined)
        assert.equal(labels.read(`${label}a`), undefined)
        assert.equal(labels.read(label.toUpperCase()), undefined)
        assert.equal(new PreviewLabels(Buffer.alloc(32, 2)).read(label), undefined)
      }),
    )
    for (const text of ['', 'www', '-', 'a'.repeat(50), '__proto__', 'é'.repeat(50)])
      assert.equal(labels.read(text), undefined)
  })

  test('neighbouring ports and sessions have nothing in common', () => {
    const name = SessionId.parse('0'.repeat(32))
    const seen = Array.from({ length: 200 }, (_, index) => labels.of({ session: name, port: index + 1 }))
    assert.equal(new Set(seen.map(label => label.slice(0, 8))).size, 200)
    assert.equal(new Set(seen.map(label => label.slice(-8))).size, 200)
    assert.throws(() => new PreviewLabels(Buffer.alloc(31)), RangeError)
  })
})
