import type { EgressRefusal } from '../core/ports.ts'

/** Targets that are named; of others only the number is told. */
const most = 20

/** What the way out has refused and nobody has been told yet: of the same target the newest. */
export class Refusals {
  readonly #refusals = new Map<string, EgressRefusal>()
  #others = 0

  add(refusal: EgressRefusal): void {
    if (this.#refusals.has(refusal.target) || this.#refusals.size < most) this.#refusals.set(refusal.target, refusal)
    else this.#others++
  }

  /** The sentences for those since the last call, to stand behind what a tool says; empty when there are none. */
  take(): string {
    const messages = [...this.#refusals.values()].map(({ message }) => `[${message}]\n`)
    if (this.#others > 0) messages.push(`[${this.#others} more requests to other targets were not let out.]\n`)
    this.#refusals.clear()
    this.#others = 0
    return messages.join('')
  }
}
