import assert from 'node:assert/strict'
import { test } from 'node:test'
import { REDACTED } from '@openhands/protocol'
import fc from 'fast-check'
import { Secret } from '../lib/secret.ts'
import { action, newSessionId } from '../testing/events.ts'
import { streamWorld } from '../testing/stream-world.ts'
import { EventStream } from './event-stream.ts'
import type { Log } from './ports.ts'
import { Redactor } from './redactor.ts'

const KEY = 'sk-canary/0123+456789=="q"'

function knowing(...secrets: readonly string[]): Redactor {
  const redactor = new Redactor()
  for (const secret of secrets) redactor.learn(new Secret(secret))
  return redactor
}

const base64 = (text: string): string => Buffer.from(text).toString('base64')
const forms: readonly (readonly [name: string, text: string])[] = [
  ['itself', KEY],
  ['in JSON', JSON.stringify({ key: KEY })],
  ['in a URL', `http://h/?k=${encodeURIComponent(KEY)}`],
  ['in a URL, in lower case', encodeURIComponent(KEY).replace(/%../g, each => each.toLowerCase())],
  ...['', 'x', 'xy', 'xyz', 'KEY='].map(
    before => [`in base64 after "${before}"`, base64(`${before}${KEY}\n`)] as const,
  ),
  ['in base64 for URLs', Buffer.from(`a${KEY}`).toString('base64url')],
]

test('[S18] a secret is taken out in every form, wherever lines are wrapped; the rest of the text stays as it was', () => {
  const redactor = knowing(KEY)
  for (const [name, text] of forms) {
    const clean = redactor.text(`before ${text} after`)
    assert.match(clean, /^before .*\[secret\].* after$/s, name)
    for (const width of [9, 64, 76]) {
      const wrapped = text.replace(new RegExp(`(.{${width}})`, 'g'), '$1\r\n')
      const left = redactor
        .text(wrapped)
        .replace(/[\r\n]/g, '')
        .replaceAll(REDACTED, '')
      assert.ok(left.length < text.length - 20, `${name}, wrapped at ${width}: ${left}`)
    }
  }
  const both = redactor.text(`${KEY}${KEY} ${KEY.slice(0, -1)}`)
  assert.equal(both, `${REDACTED}${REDACTED} ${KEY.slice(0, -1)}`)
  assert.equal(JSON.parse(redactor.text(JSON.stringify([KEY, 1]))).length, 2, 'JSON stays JSON')
})

test('[S18] in a stream nothing of a secret is shown, wherever it is parted, and of the rest no more than an end is held back', () => {
  const redactor = knowing(KEY, 'abcd1234', 'abcd1234efgh5678')
  for (const [name, form] of [...forms, ['two that begin alike', 'abcd1234 abcd1234efgh5678']]) {
    const text = `begin ${form} and the end.`
    const whole = redactor.text(text)
    for (let cut = 0; cut <= text.length; cut++) {
      const stream = redactor.stream()
      assert.equal(stream.push(text.slice(0, cut)) + stream.push(text.slice(cut)), whole, `${name}, parted at ${cut}`)
    }
    const stream = redactor.stream()
    assert.equal(Array.from(text, each => stream.push(each)).join(''), whole, `${name}, character by character`)
  }
  const stream = redactor.stream()
  assert.equal(stream.push('Password: '), 'Password: ', 'a prompt is not held back')
  assert.equal(stream.push('sk-can'), '')
  stream.reset()
  assert.equal(stream.push('ary'), 'ary')
})

test('[S18] any text that holds secrets holds none afterwards, and only where they were it is another', () => {
  const secret = fc.string({ minLength: 9, maxLength: 40, unit: 'grapheme' }).filter(each => /\d/.test(each))
  fc.assert(
    fc.property(
      fc.array(secret, { minLength: 1, maxLength: 4 }),
      fc.array(fc.string(), { minLength: 2 }),
      (all, rest) => {
        const known = all.filter(each => !/[\r\n]/.test(each))
        const text = rest.join(known[0] ?? '')
        const clean = knowing(...known).text(text)
        for (const each of known) if (each.length >= 8) assert.ok(!clean.includes(each) || REDACTED.includes(each))
        const chance = known.some(each => rest.some(part => part.includes(each.slice(0, 4))))
        if (!chance && known[0] === undefined) assert.equal(clean, text)
      },
    ),
    { numRuns: 100 },
  )
})

test('[S18] placeholder keys and what is too short hide nothing, and without secrets a value is the very same', () => {
  const value = { a: ['lm-studio', 'not-needed', '1234567', KEY] }
  assert.equal(new Redactor().value(value), value)
  const redactor = knowing('lm-studio', 'not-needed', '1234567')
  assert.equal(redactor.value(value), value)
  redactor.learn(new Secret(KEY))
  assert.deepEqual(redactor.value(value), { a: ['lm-studio', 'not-needed', '1234567', REDACTED] })
  assert.deepEqual(value.a[3], KEY)
  const picture = { url: `data:image/png;base64,${base64(KEY)}` }
  assert.equal(redactor.value(picture), picture)
})

test('[S18] clients can bring along as many secrets as they like: the operator’s are never forgotten', () => {
  const redactor = knowing(KEY)
  for (let i = 0; i < 3000; i++) redactor.learn(new Secret(`brought-along-${i}`), 'client')
  assert.equal(redactor.text(`${KEY} brought-along-2999 brought-along-0`), `${REDACTED} ${REDACTED} brought-along-0`)
})

test('[S18] the log holds no secrets, its title neither; what is carried out is what was meant', async () => {
  const redactor = knowing(KEY)
  const stream = await EventStream.open(newSessionId(), { ...streamWorld(), redact: draft => redactor.draft(draft) })
  const drafts = [
    { action: 'initialize', source: 'user', args: {} },
    { action: 'message', source: 'user', args: { content: `use ${KEY}`, image_urls: null, wait_for_response: false } },
    action('run', { command: `curl -H "${KEY}"` }),
  ] as const
  for (const draft of drafts) await stream.append(draft)
  const kept = await stream.page(0)
  assert.ok(!kept.some(({ json }) => json.includes('canary')))
  assert.equal(stream.state.title, `use ${REDACTED}`)
  const [open] = stream.state.open
  assert.ok(open?.action.action === 'run')
  assert.equal(open.action.args.command, `curl -H "${REDACTED}"`)
  assert.equal(redactor.meant(open.action).args.command, `curl -H "${KEY}"`)
})

test('[S18] the operator’s log tells no secrets', () => {
  const lines: string[] = []
  const write: Log['info'] = (message, fields) => void lines.push(JSON.stringify([message, fields]))
  const log = knowing(KEY).log({ info: write, warn: write, error: write })
  log.warn(`it said ${KEY}`, { error: [`at ${KEY}`], count: 1 })
  assert.deepEqual(lines, [JSON.stringify([`it said ${REDACTED}`, { error: [`at ${REDACTED}`], count: 1 }])])
})

test('[S18] looking for a thousand secrets costs about what looking for one does', () => {
  const text = 'All work and no play makes Jack a dull boy, said the sk- to the base64 of it.\n'.repeat(13_000)
  const one = knowing(KEY)
  const many = knowing(...Array.from({ length: 1000 }, (_, i) => `sk-proj-${Math.imul(i + 1, 2654435761) >>> 0}-${i}`))
  const timed = (redactor: Redactor): number => {
    const best = Array.from({ length: 5 }, () => {
      const began = performance.now()
      redactor.text(text)
      return performance.now() - began
    })
    return Math.min(...best)
  }
  const [few, lots] = [timed(one), timed(many)]
  assert.ok(lots < few * 25 + 20, `${few.toFixed(1)} ms for one, ${lots.toFixed(1)} ms for a thousand, per MB`)
})
