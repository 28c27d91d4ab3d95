/** Connections into one preview at a time; browsers open six, TLS proxies that speak HTTP/2 a hundred. */
const most = 64
/** Requests that may wait for one. */
const mostWaiting = 256

interface Slots {
  taken: number
  readonly waiting: Set<() => void>
}

/** Bounds how many connections each preview has. */
export class PreviewSlots {
  readonly #slots = new Map<string, Slots>()

  /** Resolves, when there is room, to what gives it back; to undefined when too many wait, or when the signal is aborted. */
  async take(label: string, signal: AbortSignal): Promise<(() => void) | undefined> {
    const slots = this.#slots.get(label) ?? { taken: 0, waiting: new Set() }
    this.#slots.set(label, slots)
    if (slots.taken < most) slots.taken++
    else if (slots.waiting.size >= mostWaiting || !(await handedOver(slots, signal))) return undefined
    let isGiven = false
    return () => {
      if (isGiven) return
      isGiven = true
      this.#give(label, slots)
    }
  }

  #give(label: string, slots: Slots): void {
    const [next] = slots.waiting
    if (next !== undefined) next()
    else if (--slots.taken === 0) this.#slots.delete(label)
  }
}

/** Whether one was handed over before the signal was aborted. */
function handedOver(slots: Slots, signal: AbortSignal): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const settle = (isOurs: boolean): void => {
    slots.waiting.delete(take)
    signal.removeEventListener('abort', leave)
    resolve(isOurs)
  }
  const take = (): void => settle(true)
  const leave = (): void => settle(false)
  if (signal.aborted) return Promise.resolve(false)
  slots.waiting.add(take)
  signal.addEventListener('abort', leave, { once: true })
  return promise
}
