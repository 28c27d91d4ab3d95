import type { Clock, Retry } from '../core/ports.ts'
import { childController } from '../lib/signal.ts'

/** Why an account is held back, as its waiting sessions are told. */
export type Limit = Pick<Retry, 'kind' | 'reason'>

/** The permission to send one request; whoever has it says how it went, once. */
export interface Turn {
  /** The provider answers: everybody may go. */
  granted(): void
  /** The provider limits the account for so many milliseconds. */
  limited(limit: Limit, milliseconds: number): void
  /** It came to nothing for another reason; calling it after another outcome does nothing. */
  done(): void
}

/**
 * One key at one address, shared by every session that uses it. While its provider limits it nobody sends; when the
 * time is over one request goes ahead, and the others follow once that one is answered.
 */
export class Account {
  readonly #clock: Clock
  #limit: Limit | undefined
  #until = 0
  #probing = false
  #changed = Promise.withResolvers<void>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Lets somebody who is in a hurry ask now, as if the time were over. */
  hurry(): void {
    this.#until = 0
    this.#wake()
  }

  /** Waits for a turn, telling once a second how long it still takes. Throws the signal's reason. */
  async *turn(signal: AbortSignal): AsyncGenerator<Limit & { readonly secondsLeft: number }, Turn> {
    for (;;) {
      signal.throwIfAborted()
      const limit = this.#limit
      if (!limit) return this.#newTurn(false)
      const left = this.#until - this.#clock.now().getTime()
      if (left <= 0 && !this.#probing) {
        this.#probing = true
        return this.#newTurn(true)
      }
      yield { ...limit, secondsLeft: Math.max(0, Math.ceil(left / 1000)) }
      await this.#wait(left > 0 ? Math.min(left, 1000) : 1000, signal)
    }
  }

  #newTurn(probe: boolean): Turn {
    let open = true
    const settle = (then: () => void): void => {
      if (!open) return
      open = false
      if (probe) this.#probing = false
      then()
      if (probe) this.#wake()
    }
    return {
      granted: () =>
        settle(() => {
          if (probe) this.#limit = undefined
        }),
      limited: (limit, milliseconds) =>
        settle(() => {
          this.#limit = limit
          this.#until = Math.max(this.#until, this.#clock.now().getTime() + milliseconds)
        }),
      done: () => settle(() => {}),
    }
  }

  #wake(): void {
    this.#changed.resolve()
    this.#changed = Promise.withResolvers()
  }

  async #wait(milliseconds: number, signal: AbortSignal): Promise<void> {
    const { controller, release } = childController(signal)
    const slept = this.#clock.sleep(milliseconds, controller.signal).catch(() => {}) // aborted by us, or checked by the caller
    await Promise.race([slept, this.#changed.promise])
    controller.abort()
    release()
  }
}
