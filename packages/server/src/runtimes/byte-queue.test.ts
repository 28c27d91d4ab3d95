import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ByteQueue } from './byte-queue.ts'

const bytes = (text: string): Uint8Array => Buffer.from(text)

async function all(queue: ByteQueue): Promise<string> {
  let text = ''
  for await (const piece of queue) text += Buffer.from(piece).toString()
  return text
}

describe('a queue of bytes', () => {
  test('[P17] a push resolves when the reader comes back for more, not before', async () => {
    const queue = new ByteQueue()
    let isTaken = false
    const pushing = queue.push(bytes('a')).then(() => {
      isTaken = true
    })
    const reader = queue[Symbol.asyncIterator]()
    await reader.next()
    await new Promise(setImmediate)
    assert.equal(isTaken, false)
    const next = reader.next()
    await pushing
    queue.end()
    assert.equal((await next).done, true)
  })

  test('what was pushed before the end is read before it; later pushes and ends count for nothing', async () => {
    const queue = new ByteQueue()
    const pushes = [queue.push(bytes('a')), queue.push(bytes('b'))]
    queue.end()
    queue.end(new Error('too late'))
    await queue.push(bytes('c'))
    assert.equal(await all(queue), 'ab')
    await Promise.all(pushes)
    const failing = new ByteQueue()
    const last = failing.push(bytes('half'))
    failing.end(new Error('cut'))
    await assert.rejects(all(failing), { message: 'cut' })
    await last
  })

  test('a reader that leaves is told of once, one that reads to the end not at all', async () => {
    let left = 0
    const queue = new ByteQueue(() => left++)
    const pushes = [queue.push(bytes('a')), queue.push(bytes('b'))]
    for await (const piece of queue) {
      assert.ok(piece)
      break
    }
    await Promise.all(pushes)
    assert.equal(left, 1)
    const read = new ByteQueue(() => left++)
    read.end()
    assert.equal(await all(read), '')
    assert.equal(left, 1)
  })

  test('closing lets go of everybody', async () => {
    const queue = new ByteQueue()
    const reader = queue[Symbol.asyncIterator]()
    const waiting = reader.next()
    queue.close()
    assert.equal((await waiting).done, true)
    const unread = new ByteQueue()
    const pushing = unread.push(bytes('a'))
    unread.close()
    await pushing
    assert.equal(await all(unread), '')
  })
})
