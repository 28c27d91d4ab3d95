import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SessionId } from '@openhands/protocol'
import { Hurry } from '../core/hurry.ts'
import type { Clock, Model, ModelChunk, ModelRequest } from '../core/ports.ts'
import { Account } from './account.ts'
import { ProviderFailure } from './failure.ts'
import { retried } from './retry.ts'

const request: ModelRequest = { session: SessionId.parse('0'.repeat(32)), messages: [], tools: [] }
const metrics = {
  model: 'm',
  response_id: 'r',
  cost: 1,
  prompt_tokens: 1_000_000,
  completion_tokens: 0,
  cache_read_tokens: 0,
  cache_write_tokens: 0,
}
const hello: readonly ModelChunk[] = [
  { type: 'text', delta: 'Hello' },
  { type: 'finish', reason: 'stop', metrics },
]
const price = { input: 1, output: 4, cacheRead: 0, cacheWrite: 0 }

type Step = readonly (ModelChunk | ProviderFailure)[]

/** A model that says what it is told to after so many milliseconds, and when it was asked. */
function scripted(clock: Clock, steps: readonly Step[], delay = 0): Model & { readonly askedAt: number[] } {
  const askedAt: number[] = []
  async function* stream(_: ModelRequest, signal: AbortSignal): AsyncGenerator<ModelChunk> {
    const step = steps[Math.min(askedAt.length, steps.length - 1)] ?? []
    askedAt.push(clock.now().getTime())
    if (delay > 0) await clock.sleep(delay, signal)
    for (const each of step) {
      if (each instanceof Error) throw each
      yield each
    }
  }
  return { name: 'm', contextTokens: 1, acceptsImages: false, stream, askedAt }
}

/** Virtual time: sleepers wake in order, each after everything before it has settled. */
class VirtualClock implements Clock {
  time = 0
  readonly #sleepers: { at: number; wake: () => void }[] = []
  #pumping = false

  now(): Date {
    return new Date(this.time)
  }

  sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const sleeper = { at: this.time + milliseconds, wake: resolve }
    this.#sleepers.push(sleeper)
    signal.addEventListener('abort', () => {
      if (this.#sleepers.includes(sleeper)) this.#sleepers.splice(this.#sleepers.indexOf(sleeper), 1)
      reject(signal.reason)
    })
    if (!this.#pumping) setImmediate(() => this.#pump())
    this.#pumping = true
    return promise
  }

  #pump(): void {
    const next = this.#sleepers.toSorted((a, b) => a.at - b.at)[0]
    this.#pumping = next !== undefined
    if (!next) return
    this.#sleepers.splice(this.#sleepers.indexOf(next), 1)
    this.time = Math.max(this.time, next.at)
    next.wake()
    setImmediate(() => this.#pump())
  }
}

function limited(retryAfterMs?: number): ProviderFailure {
  return new ProviderFailure('rate_limit', 'Slow down.', { retryAfterMs })
}

async function collect(model: Model, signal = new AbortController().signal): Promise<ModelChunk[]> {
  return Array.fromAsync(model.stream(request, signal))
}

test('[P12] Retry-After is waited for, a tenth more at most, with a countdown once a second', async () => {
  const clock = new VirtualClock()
  const inner = scripted(clock, [[limited(7000)], [limited(7000)], [limited(7000)], hello])
  const model = retried(inner, { account: new Account(clock), clock, random: () => 0.5, price })
  const chunks = await collect(model)
  assert.deepEqual(inner.askedAt, [0, 7350, 14_700, 22_050])
  const first = chunks.flatMap(chunk =>
    chunk.type === 'retry' && chunk.retry.attempt === 2 ? [chunk.retry.secondsLeft] : [],
  )
  assert.deepEqual(first, [8, 7, 6, 5, 4, 3, 2, 1])
  assert.deepEqual(chunks.slice(-2), hello)
})

test('[P12] without it the waits double, and after six tries it is over', async () => {
  const clock = new VirtualClock()
  const inner = scripted(clock, [[new ProviderFailure('overloaded', 'Too busy.')]])
  const model = retried(inner, { account: new Account(clock), clock, random: () => 1 - Number.EPSILON, price })
  await assert.rejects(collect(model), { kind: 'overloaded', message: 'Too busy. Tried 6 times.' })
  const waits = inner.askedAt.slice(1).map((at, n) => at - (inner.askedAt[n] ?? 0))
  assert.deepEqual(waits, [1000, 2000, 4000, 8000, 16_000])
})

test('[P12] what cannot be helped by asking again stops at once, and so does a wait of hours', async () => {
  const clock = new VirtualClock()
  for (const kind of ['auth', 'payment', 'not_found', 'context_overflow', 'bad_request', 'configuration'] as const) {
    const inner = scripted(clock, [[new ProviderFailure(kind, 'No.')]])
    await assert.rejects(collect(retried(inner, { account: new Account(clock), clock, random: () => 0, price })), {
      kind,
      message: 'No.',
    })
    assert.equal(inner.askedAt.length, 1)
  }
  const inner = scripted(clock, [[limited(3 * 3600_000)]])
  const model = retried(inner, { account: new Account(clock), clock, random: () => 0, price })
  await assert.rejects(collect(model), { message: /asks to wait 180 minutes/ })
  assert.equal(inner.askedAt.length, 1)
})

test('[P24] what a broken try said is voided, and its cost is counted', async () => {
  const clock = new VirtualClock()
  const broken: Step = [{ type: 'text', delta: 'x'.repeat(4_000_000) }, new ProviderFailure('bad_response', 'Cut.')]
  const model = retried(scripted(clock, [broken, hello]), {
    account: new Account(clock),
    clock,
    random: () => 0,
    price,
  })
  const chunks = await collect(model)
  assert.deepEqual(
    chunks.map(chunk => chunk.type).filter((type, at, all) => type !== all[at - 1]),
    ['text', 'restart', 'retry', 'text', 'finish'],
  )
  const finish = chunks.at(-1)
  assert.ok(finish?.type === 'finish')
  assert.equal(finish.metrics.cost, 1 + 1 + 4)
})

test('[P12] ten sessions on one key share the wait: one asks first, the others follow its success', async () => {
  const clock = new VirtualClock()
  const account = new Account(clock)
  const limits = Array.from({ length: 11 }, (): Step => [limited(7000)])
  const inner = scripted(clock, [...limits, hello], 1500)
  const model = retried(inner, { account, clock, random: () => 0, price })
  const all = await Promise.all(Array.from({ length: 10 }, () => collect(model)))
  assert.ok(all.every(chunks => chunks.at(-1)?.type === 'finish'))
  const together = (at: number, count: number): number[] => Array.from({ length: count }, () => at)
  assert.deepEqual(inner.askedAt.slice(0, 12), [...together(0, 10), 8500, 17_000])
  assert.deepEqual(inner.askedAt.slice(12), together(18_500, 9))
})

for (const [kind, wait] of [
  ['rate_limit', 60_000],
  ['overloaded', 30_000],
] as const)
  test(`[P12] "retry now" ends a wait for ${kind} at once, each time anew, and nothing when nobody waits`, async () => {
    const clock = new VirtualClock()
    const failure = new ProviderFailure(kind, 'Later.', { retryAfterMs: wait })
    const inner = scripted(clock, [[failure], [failure], hello])
    const model = retried(inner, { account: new Account(clock), clock, random: () => 0, price })
    const hurry = new Hurry()
    assert.equal(hurry.now(), false)
    for await (const chunk of model.stream({ ...request, hurry }, new AbortController().signal))
      if (chunk.type === 'retry') assert.equal(hurry.now(), true)
    assert.equal(inner.askedAt.length, 3)
    assert.ok((inner.askedAt.at(-1) ?? wait) < 5000, inner.askedAt.join())
    assert.equal(hurry.now(), false)
  })

test('[P12] who was going to ask first and left does not hold up the others', async () => {
  const clock = new VirtualClock()
  const account = new Account(clock)
  const stop = new AbortController()
  const failing = retried(scripted(clock, [[limited(1000)]]), { account, clock, random: () => 0, price })
  const inner = scripted(clock, [hello])
  const reading = (async () => {
    for await (const chunk of failing.stream(request, stop.signal)) {
      if (chunk.type === 'retry' && chunk.retry.attempt === 3) stop.abort(new Error('stopped'))
    }
  })()
  await assert.rejects(reading, /stopped/)
  assert.deepEqual((await collect(retried(inner, { account, clock, random: () => 0, price }))).at(-1), hello[1])
})
