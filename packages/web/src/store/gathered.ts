import type { Touched } from './file-watch.ts'

/** More paths than that are told as `all`. */
const MOST_PATHS = 200

/** Gathers changes and tells them: the first at once, those that come until it has been dealt with as one. */
export class Gathered {
  readonly #paceMs: number
  readonly #tell: (touched: Touched) => Promise<unknown>
  readonly #paths = new Set<string>()
  #all = false
  #isBusy = false
  #timer: ReturnType<typeof setTimeout> | undefined
  #ended = false

  /** `tell` is not called again before its promise has settled, nor more often than the pace, in milliseconds, allows. */
  constructor(paceMs: number, tell: (touched: Touched) => Promise<unknown>) {
    this.#paceMs = paceMs
    this.#tell = tell
  }

  /** Takes a change; one without paths says nothing. */
  add({ paths, all }: Touched): void {
    if (this.#ended) return
    for (const path of paths) if (this.#paths.size <= MOST_PATHS) this.#paths.add(path)
    this.#all ||= all || this.#paths.size > MOST_PATHS
    if (!this.#isBusy) this.#flush()
  }

  /** Tells nothing more. */
  end(): void {
    clearTimeout(this.#timer)
    this.#ended = true
  }

  #flush(): void {
    this.#isBusy = false
    if (this.#ended || (this.#paths.size === 0 && !this.#all)) return
    const touched = { paths: [...this.#paths], all: this.#all }
    this.#paths.clear()
    this.#all = false
    this.#isBusy = true
    // Who is told shows what fails.
    const told = this.#tell(touched).catch(() => undefined)
    const next = (): void => this.#flush()
    this.#timer = setTimeout(() => told.then(next, next), this.#paceMs)
  }
}
