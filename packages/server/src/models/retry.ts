import type { Clock, Model, ModelChunk, ModelRequest, Retry } from '../core/ports.ts'
import { childController } from '../lib/signal.ts'
import type { Account, Turn } from './account.ts'
import { longestWait, mostTries, waitAfter } from './backoff.ts'
import { costOf } from './cost.ts'
import type { Price } from './facts.ts'
import { ProviderFailure } from './failure.ts'

export interface RetryOptions {
  readonly account: Account
  readonly clock: Clock
  /** At least 0 and less than 1. */
  readonly random: () => number
  /** For the cost of tries that broke off. */
  readonly price: Price | undefined
}

/**
 * The same model, asked up to six times where asking again can help. Every wait shows as `retry` chunks once a second
 * and ends at once with the signal; text of a try that failed is voided by `restart`.
 */
export function retried<M extends Model>(model: M, options: RetryOptions): M {
  return { ...model, stream: (request, signal) => new Tries(model, options, request, signal).run() }
}

interface Failed {
  readonly failure: ProviderFailure
  /** Milliseconds until the next try. */
  readonly wait: number
}

/** The tries of one request. */
class Tries {
  readonly #model: Model
  readonly #options: RetryOptions
  readonly #request: ModelRequest
  readonly #signal: AbortSignal
  /** Characters that earlier tries said before they broke off: they were paid for. */
  readonly #lost: number[] = []

  constructor(model: Model, options: RetryOptions, request: ModelRequest, signal: AbortSignal) {
    this.#model = model
    this.#options = options
    this.#request = request
    this.#signal = signal
  }

  async *run(): AsyncGenerator<ModelChunk> {
    for (let attempt = 1; ; attempt++) {
      const turn = yield* this.#enter(attempt)
      const failed = yield* this.#try(turn, attempt)
      if (!failed) return
      // A limited account counts down for all of its sessions, this one included.
      if (failed.failure.kind !== 'rate_limit') yield* this.#countDown(failed, attempt + 1)
    }
  }

  /** Waits until the account may be used, or somebody is in a hurry. */
  async *#enter(attempt: number): AsyncGenerator<ModelChunk, Turn> {
    const { account } = this.#options
    const waiting = account.turn(this.#signal)
    const stopListening = this.#request.hurry?.listen(() => account.hurry())
    try {
      for (;;) {
        const { done, value } = await waiting.next()
        if (done) return value
        yield { type: 'retry', retry: { ...value, attempt, attempts: mostTries } }
      }
    } finally {
      stopListening?.()
    }
  }

  /** One try: resolves to nothing when it succeeded and to its failure when another may help; throws otherwise. */
  async *#try(turn: Turn, attempt: number): AsyncGenerator<ModelChunk, Failed | undefined> {
    let characters = 0
    let said = false
    try {
      for await (const chunk of this.#model.stream(this.#request, this.#signal)) {
        if (!said) turn.granted()
        said = true
        if (chunk.type === 'text' || chunk.type === 'reasoning') characters += chunk.delta.length
        yield chunk.type === 'finish' ? this.#withLostCost(chunk) : chunk
      }
      return undefined
    } catch (failure) {
      if (this.#signal.aborted || !(failure instanceof ProviderFailure)) throw failure
      const { kind, message: reason, retryAfterMs } = failure
      const wait = waitAfter(attempt, retryAfterMs, this.#options.random)
      if (kind === 'rate_limit') turn.limited({ kind, reason }, Math.min(wait, longestWait))
      if (!failure.retryable || attempt === mostTries || wait > longestWait) throw givenUp(failure, attempt, wait)
      if (said) {
        this.#lost.push(characters)
        yield { type: 'restart' }
      }
      return { failure, wait }
    } finally {
      turn.done()
    }
  }

  /** Ends early when somebody is in a hurry. */
  async *#countDown({ failure, wait }: Failed, attempt: number): AsyncGenerator<ModelChunk> {
    const { controller, release } = childController(this.#signal)
    const stopListening = this.#request.hurry?.listen(() => controller.abort())
    try {
      yield* this.#wait(failure, wait, attempt, controller.signal)
    } catch (error) {
      if (this.#signal.aborted || !controller.signal.aborted) throw error
    } finally {
      stopListening?.()
      release()
    }
  }

  async *#wait(
    failure: ProviderFailure,
    wait: number,
    attempt: number,
    signal: AbortSignal,
  ): AsyncGenerator<ModelChunk> {
    const { clock } = this.#options
    const until = clock.now().getTime() + wait
    for (let left = wait; left > 0; left = until - clock.now().getTime()) {
      const secondsLeft = Math.ceil(left / 1000)
      const retry: Retry = { kind: failure.kind, reason: failure.message, attempt, attempts: mostTries, secondsLeft }
      yield { type: 'retry', retry }
      await clock.sleep(Math.min(left, 1000), signal)
    }
  }

  /** Tries that broke off were sent the same prompt; what they said is reckoned at four characters a token. */
  #withLostCost(chunk: Extract<ModelChunk, { type: 'finish' }>): ModelChunk {
    const { metrics } = chunk
    if (metrics.cost === null || this.#lost.length === 0) return chunk
    const lost = this.#lost.map(characters => {
      return costOf({ ...metrics, completion_tokens: Math.ceil(characters / 4) }, this.#options.price) ?? 0
    })
    return { ...chunk, metrics: { ...metrics, cost: lost.reduce((sum, each) => sum + each, metrics.cost) } }
  }
}

/** The failure that ends it all, with what was tried. */
function givenUp(failure: ProviderFailure, attempt: number, wait: number): ProviderFailure {
  if (!failure.retryable) return failure
  const { kind, message, retryAfterMs } = failure
  const tooLong = wait > longestWait
  const why = tooLong
    ? `It asks to wait ${Math.ceil(wait / 60_000)} minutes: continue then.`
    : `Tried ${attempt} times.`
  return new ProviderFailure(kind, `${message} ${why}`, { cause: failure, retryable: false, retryAfterMs })
}
