import assert from 'node:assert/strict'
import { test } from 'node:test'
import { frameOf, withMessage, withoutTaken } from './outbox.ts'

const message = (id: string): Parameters<typeof withMessage>[1] => ({ id, text: id, images: [] })

test('[P30] a message waits until the log has it, and is sent under the same name each time', () => {
  const outbox = withMessage(withMessage([], message('a')) ?? [], message('b')) ?? []
  assert.deepEqual(
    withoutTaken(outbox, { clientIds: ['a'] }).map(each => each.id),
    ['b'],
  )
  assert.equal(withoutTaken(outbox, { clientIds: [] }), outbox)
  assert.deepEqual(frameOf(message('a')), {
    action: 'message',
    args: { content: 'a', image_urls: null },
    client_id: 'a',
  })
})

test('what waits for the line is bounded', () => {
  let outbox: ReturnType<typeof withMessage> = []
  let taken = 0
  for (let i = 0; i < 50; i++) {
    const next = withMessage(outbox ?? [], message(String(i)))
    if (!next) break
    outbox = next
    taken++
  }
  assert.equal(taken, 20)
})
