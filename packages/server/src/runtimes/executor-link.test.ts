import assert from 'node:assert/strict'
import { PassThrough } from 'node:stream'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import type { ByteStream } from '../core/ports.ts'
import { eventually } from '../testing/runtime-contract.ts'
import { beginStream } from './executor/begin-stream.ts'
import { type Answer, type Call, Calls } from './executor/calls.ts'
import { encodeFrame, type Frame, FrameReader } from './executor/frame.ts'
import { dataLimit, inputWindow, protocolVersion, streamWindow } from './executor/protocol.ts'
import { Refusal } from './executor/refusal.ts'
import { ExecutorClient } from './executor-client.ts'
import { ExecutorLink } from './executor-link.ts'

type Handler = (call: Call) => Promise<Answer>

/** Both ends of the protocol, joined by pipes; the inner one answers one method with whatever a test wants. */
class Joint {
  readonly toExecutor = new PassThrough({ highWaterMark: 1 << 30 })
  readonly toServer = new PassThrough({ highWaterMark: 1 << 30 })
  readonly frames: Frame['header'][] = []
  readonly client: ExecutorClient
  readonly link: ExecutorLink
  isKilled = false
  #handler: Handler = async () => ({})

  constructor() {
    const handlers = new Map<string, Handler>([['do', call => this.#handler(call)]])
    const calls = new Calls(handlers, (header, body) => this.toServer.write(encodeFrame(header, body)))
    const reader = new FrameReader(
      frame => {
        this.frames.push(frame.header)
        calls.receive(frame)
      },
      reason => assert.fail(reason),
    )
    this.toExecutor.on('data', chunk => reader.push(chunk))
    this.client = new ExecutorClient({
      pid: 1,
      input: this.toExecutor,
      output: this.toServer,
      ended: new Promise(() => undefined),
      kill: () => {
        this.isKilled = true
      },
    })
    this.link = new ExecutorLink(this.client)
    this.toServer.write(encodeFrame({ type: 'hello', protocol: protocolVersion }))
  }

  async open(
    handler: Handler,
    signal = noSignal,
  ): Promise<{ stream: ByteStream; facts: object; reply: Promise<unknown> }> {
    this.#handler = handler
    const opened = await this.link.openStream({ method: 'do', params: {} }, signal)
    assert.ok(opened.ok, 'it was refused')
    return opened
  }

  refuse(handler: Handler, signal = noSignal): Promise<unknown> {
    this.#handler = handler
    return this.link.openStream({ method: 'do', params: {} }, signal)
  }
}

const noSignal = new AbortController().signal

async function textOf(stream: ByteStream): Promise<string> {
  let text = ''
  for await (const bytes of stream.output) text += Buffer.from(bytes).toString('latin1')
  return text
}

/** Lets everything happen that can happen without a reader. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 50; turn++) await setImmediate()
}

describe('streams between server and executor', { timeout: 60_000 }, () => {
  let joint: Joint
  beforeEach(() => {
    joint = new Joint()
  })
  afterEach(() => joint.client.lose('the test is over'))

  test('facts come first, then bytes both ways, each end told by itself', async () => {
    const { stream, facts, reply } = await joint.open(async call => {
      await beginStream(call, { size: 3 })
      await call.output.deliver(Buffer.from('out'), call.signal)
      call.output.finish()
      let input = ''
      for await (const bytes of call.input) input += bytes.toString()
      return { value: { input } }
    })
    assert.deepEqual(facts, { size: 3 })
    assert.equal(await textOf(stream), 'out')
    await stream.write(Buffer.from('in '))
    await stream.write(Buffer.from('and more'))
    stream.end()
    assert.deepEqual((await reply) as object, {
      type: 'result',
      id: 1,
      value: { input: 'in and more' },
      body: Buffer.alloc(0),
    })
    assert.equal(joint.isKilled, false)
  })

  test('the input may end first, and the output goes on', async () => {
    const { stream } = await joint.open(async call => {
      await beginStream(call, {})
      let size = 0
      for await (const bytes of call.input) size += bytes.length
      await call.output.deliver(Buffer.from(`got ${size}`), call.signal)
      return {}
    })
    stream.end()
    stream.end()
    await stream.write(Buffer.from('after the end'))
    assert.equal(await textOf(stream), 'got 0')
    assert.equal(joint.isKilled, false)
  })

  test('[P17] a reader that does not read stops the sender within the window', async () => {
    let sent = 0
    const { stream } = await joint.open(async call => {
      await beginStream(call, {})
      for (; sent < 50_000_000; sent += 10_000) await call.output.deliver(Buffer.alloc(10_000), call.signal)
      return {}
    })
    await settle()
    assert.ok(sent > 0 && sent <= streamWindow, `${sent} bytes were taken from the sender`)
    let received = 0
    for await (const bytes of stream.output) {
      received += bytes.length
      assert.ok(sent - received <= streamWindow + 10_000, `${sent - received} bytes are on their way`)
    }
    assert.equal(received, 50_000_000)
  })

  test('[P17] a writer waits for a reader inside that does not read', async () => {
    const gate = Promise.withResolvers<void>()
    const { stream, reply } = await joint.open(async call => {
      await beginStream(call, {})
      await gate.promise
      let size = 0
      for await (const bytes of call.input) size += bytes.length
      return { value: { size } }
    })
    let written = 0
    const writing = (async () => {
      for (; written < 20_000_000; written += 50_000) await stream.write(Buffer.alloc(50_000))
      stream.end()
    })()
    await settle()
    assert.ok(written > 0 && written <= inputWindow, `${written} bytes were taken from the writer`)
    gate.resolve()
    await writing
    assert.deepEqual(((await reply) as { value: object }).value, { size: 20_000_000 })
  })

  test('input that nobody waited for arrives in order, its end last', async () => {
    const { stream, reply } = await joint.open(async call => {
      await beginStream(call, {})
      const pieces: Buffer[] = []
      for await (const bytes of call.input) pieces.push(bytes)
      const all = Buffer.concat(pieces)
      return { value: { size: all.length, ordered: all.every((byte, index) => byte === Math.floor(index / 100_000)) } }
    })
    const writes = Array.from({ length: 20 }, (_, index) => stream.write(Buffer.alloc(100_000, index)))
    stream.end()
    await Promise.all(writes)
    assert.deepEqual(((await reply) as { value: object }).value, { size: 2_000_000, ordered: true })
  })

  test('keys that are typed cost no frame each on the way back', async () => {
    const { stream } = await joint.open(async call => {
      await beginStream(call, {})
      for await (const bytes of call.input) await call.output.deliver(bytes, call.signal)
      return {}
    })
    const reading = textOf(stream)
    for (let count = 0; count < 1000; count++) await stream.write(Buffer.from('x'))
    stream.end()
    assert.equal((await reading).length, 1000)
    assert.deepEqual(
      joint.frames.filter(({ type }) => type === 'credit'),
      [],
    )
  })

  test('what the executor answers too early is an end for reader and writer', async () => {
    const { stream, reply } = await joint.open(async call => {
      await beginStream(call, {})
      return {}
    })
    await reply
    const big = stream.write(Buffer.alloc(5 * inputWindow))
    stream.end()
    await big
    assert.equal(await textOf(stream), '')
  })

  test('a writer that waits is let go by the answer', async () => {
    const gate = Promise.withResolvers<void>()
    const { stream } = await joint.open(async call => {
      await beginStream(call, {})
      await gate.promise
      return {}
    })
    const big = stream.write(Buffer.alloc(5 * inputWindow))
    await settle()
    gate.resolve()
    await big
  })

  test('a refusal before the stream is one; a failure in the middle is no end', async () => {
    const refused = await joint.refuse(async () => {
      throw new Refusal('No such port.')
    })
    assert.deepEqual(refused, { ok: false, message: 'No such port.' })
    assert.deepEqual(await joint.refuse(async () => ({})), { ok: false, message: 'The stream ended before it began.' })
    const { stream } = await joint.open(async call => {
      await beginStream(call, {})
      await call.output.deliver(Buffer.from('half of it'), call.signal)
      throw new Error('the disk is gone')
    })
    let text = ''
    await assert.rejects(
      async () => {
        for await (const bytes of stream.output) text += Buffer.from(bytes).toString()
      },
      { message: 'the disk is gone' },
    )
    assert.equal(text, 'half of it')
  })

  test('[P07] disposing cancels, whoever waits for whom', async () => {
    const reasons: unknown[] = []
    const stuck: Handler = async call => {
      await beginStream(call, {})
      try {
        for (;;) await call.output.deliver(Buffer.alloc(dataLimit), call.signal)
      } catch (error) {
        reasons.push(error)
        throw error
      }
    }
    const first = await joint.open(stuck)
    await first.stream[Symbol.asyncDispose]()
    assert.equal(reasons.length, 1)
    const second = await joint.open(stuck)
    for await (const bytes of second.stream.output) {
      assert.ok(bytes.length > 0)
      break
    }
    await eventually(() => reasons.length === 2, 'a reader that leaves cancels')
    const third = await joint.open(async call => {
      await beginStream(call, {})
      for await (const bytes of call.input) assert.ok(bytes)
      assert.ok(call.signal.aborted)
      return {}
    })
    const reading = textOf(third.stream)
    await third.stream[Symbol.asyncDispose]()
    assert.equal(await reading, '')
  })

  test('[P07] a signal before it is open cancels; afterwards it counts for nothing', async () => {
    const abort = new AbortController()
    const cancelled = Promise.withResolvers<void>()
    const opening = joint.refuse(async call => {
      call.signal.addEventListener('abort', () => cancelled.resolve())
      await cancelled.promise
      return {}
    }, abort.signal)
    abort.abort(new Error('never mind'))
    await assert.rejects(opening, { message: 'never mind' })
    await cancelled.promise
    const later = new AbortController()
    const { stream } = await joint.open(async call => {
      await beginStream(call, {})
      for await (const bytes of call.input) await call.output.deliver(bytes, call.signal)
      return {}
    }, later.signal)
    later.abort()
    await stream.write(Buffer.from('still there'))
    stream.end()
    assert.equal(await textOf(stream), 'still there')
  })

  test('a lost sandbox ends reader, writer and opening with its reason', async () => {
    const { stream, reply } = await joint.open(async call => {
      await beginStream(call, {})
      await call.output.deliver(Buffer.from('x'), call.signal)
      return new Promise(() => undefined)
    })
    const writing = stream.write(Buffer.alloc(5 * inputWindow))
    const opening = joint.refuse(() => new Promise(() => undefined))
    joint.client.lose('it burnt')
    await assert.rejects(textOf(stream), { kind: 'lost', message: 'it burnt' })
    await assert.rejects(reply, { kind: 'lost' })
    await assert.rejects(opening, { kind: 'lost' })
    await assert.rejects(
      joint.refuse(async () => ({})),
      { kind: 'lost' },
    )
    await writing
    await stream[Symbol.asyncDispose]()
  })

  test('[P17] nothing from inside is believed: what is not in the protocol loses the sandbox', async () => {
    const bad: readonly ((joint: Joint) => void)[] = [
      each => each.toServer.write(encodeFrame({ type: 'data', id: 1 }, Buffer.alloc(streamWindow + 1))),
      each => each.toServer.write(encodeFrame({ type: 'data', id: 1 }, Buffer.from('{"broken\n'))),
      each => each.toServer.write(encodeFrame({ type: 'data', id: 1 }, Buffer.from('[1]\n'))),
      each => each.toServer.write(encodeFrame({ type: 'credit', id: 1, credit: -1 })),
      each => each.toServer.write(encodeFrame({ type: 'data', id: 'x' })),
      each => {
        for (let count = 0; count < 20; count++)
          each.toServer.write(encodeFrame({ type: 'data', id: 1 }, Buffer.alloc(10_000, 'x')))
      },
    ]
    for (const attack of bad) {
      const each = new Joint()
      const opening = each.refuse(() => new Promise(() => undefined))
      attack(each)
      await assert.rejects(opening, { kind: 'lost' }, String(attack))
      assert.ok(each.isKilled)
    }
  })

  test('what comes for a request that is over or unknown is let go', async () => {
    const { stream, reply } = await joint.open(async call => {
      await beginStream(call, {})
      return {}
    })
    await reply
    for (const id of [1, 77]) {
      joint.toServer.write(encodeFrame({ type: 'data', id }, Buffer.alloc(500_000)))
      joint.toServer.write(encodeFrame({ type: 'data', id, end: true }))
      joint.toServer.write(encodeFrame({ type: 'credit', id, credit: 5 }))
      joint.toServer.write(encodeFrame({ type: 'result', id, value: {} }))
    }
    assert.equal(await textOf(stream), '')
    assert.equal(joint.isKilled, false)
  })

  test('an output that is over takes nothing more', async () => {
    const late = Promise.withResolvers<Call>()
    const { stream, reply } = await joint.open(async call => {
      await beginStream(call, {})
      call.output.finish()
      late.resolve(call)
      await assert.rejects(call.output.deliver(Buffer.from('x'), call.signal), {
        message: 'There can be no more output',
      })
      call.output.push(Buffer.from('y'))
      call.output.finish()
      return {}
    })
    assert.equal(((await reply) as { type: string }).type, 'result')
    const { output, signal } = await late.promise
    await assert.rejects(output.deliver(Buffer.from('z'), signal))
    assert.equal(await textOf(stream), '')
  })
})
