import assert from 'node:assert/strict'
import { Duplex } from 'node:stream'
import { test } from 'node:test'
import { Strangers } from './strangers.ts'

const connection = (): Duplex => new Duplex({ read: () => undefined, write: (_chunk, _encoding, done) => done() })

test('[S35] of those who show nothing only so many stay, the newest; whoever was let in stays anyway', () => {
  const strangers = new Strangers()
  const known = connection()
  strangers.add(known, '192.0.2.1')
  strangers.letIn(known)
  const crowd = Array.from({ length: 600 }, connection)
  for (const one of crowd) strangers.add(one, '192.0.2.1')
  assert.equal(strangers.count, 512)
  assert.deepEqual(
    crowd.map(one => one.destroyed),
    crowd.map((_, index) => index < 600 - 512),
  )
  assert.equal(known.destroyed, false)
  for (let i = 0; i < 3000; i++) strangers.add(connection(), `198.51.100.${i}`)
  assert.equal(strangers.count, 2048)
  assert.equal(known.destroyed, false)
})

test('[S35] whoever has gone takes no place; behind a proxy one address may be many', async () => {
  const strangers = new Strangers(address => address === '127.0.0.1')
  const one = connection()
  strangers.add(one, '192.0.2.1')
  one.destroy()
  await new Promise(resolve => one.once('close', resolve))
  assert.equal(strangers.count, 0)
  const crowd = Array.from({ length: 600 }, connection)
  for (const each of crowd) strangers.add(each, '127.0.0.1')
  assert.equal(strangers.count, 600)
})
