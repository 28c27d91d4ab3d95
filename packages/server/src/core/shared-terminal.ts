import { messageOf } from '../lib/errors.ts'
import type { TerminalSize } from './ports.ts'
import { RecentBytes } from './recent-bytes.ts'

/** Bytes of a terminal that somebody who comes to look at it is shown first. */
const RECENT_BYTES = 256 * 1024

/** Somebody who looks at a terminal. None of these may throw. */
export interface TerminalViewer {
  /** What it was shown before is void; the bytes that follow begin with what was printed lately. */
  onScreen(): void
  onBytes(bytes: Uint8Array): void
  onResized(size: TerminalSize): void
  /** The terminal has ended, and why. */
  onExit(reason: string): void
}

/** A viewer's hold on a terminal. */
export interface Viewing {
  /** The viewer can take no more for now: what is printed meanwhile it may miss, and then it gets the screen again. */
  isFull(): void
  /** It can take more. */
  hasRoom(): void
  leave(): void
}

interface Place {
  readonly viewer: TerminalViewer
  full: boolean
  missed: boolean
}

/**
 * One terminal's output for any number of viewers. It is read at the pace of the fastest; who is slower misses something
 * and begins anew, and where all are slow the terminal waits.
 */
export class SharedTerminal {
  readonly #recent = new RecentBytes(RECENT_BYTES)
  readonly #places = new Set<Place>()
  #size: TerminalSize
  #changed = Promise.withResolvers<void>()
  #exit: string | undefined

  constructor(size: TerminalSize) {
    this.#size = size
  }

  get size(): TerminalSize {
    return this.#size
  }

  get viewers(): number {
    return this.#places.size
  }

  /** Shows what a terminal prints until it ends; resolves to why it did, and never rejects. */
  async show(output: AsyncIterable<Uint8Array>): Promise<string> {
    try {
      for await (const bytes of output) {
        this.#recent.append(bytes)
        for (const place of this.#places) {
          if (place.full) place.missed = true
          else place.viewer.onBytes(bytes)
        }
        await this.#room()
      }
      return 'The shell has ended.'
    } catch (error) {
      return messageOf(error)
    }
  }

  /** Shows a viewer the screen, and from then on everything. */
  join(viewer: TerminalViewer): Viewing {
    const place: Place = { viewer, full: false, missed: false }
    this.#places.add(place)
    this.#showScreen(place)
    if (this.#exit !== undefined) viewer.onExit(this.#exit)
    this.#wake()
    return {
      isFull: () => {
        place.full = true
      },
      hasRoom: () => {
        place.full = false
        if (place.missed) this.#showScreen(place)
        this.#wake()
      },
      leave: () => {
        this.#places.delete(place)
        this.#wake()
      },
    }
  }

  /** Tells every viewer of another size. */
  resized(size: TerminalSize): void {
    this.#size = size
    for (const place of this.#places) {
      if (place.full) place.missed = true
      else place.viewer.onResized(size)
    }
  }

  /** Nothing that was printed is shown to who comes later. */
  forget(): void {
    this.#recent.clear()
  }

  /** Tells every viewer, and who comes later, that it has ended. */
  end(reason: string): void {
    this.#exit = reason
    for (const { viewer } of [...this.#places]) viewer.onExit(reason)
    this.#wake()
  }

  #showScreen(place: Place): void {
    place.missed = false
    place.viewer.onScreen()
    const recent = this.#recent.read()
    if (recent.length > 0) place.viewer.onBytes(recent)
  }

  async #room(): Promise<void> {
    while (this.#exit === undefined && this.#places.size > 0 && [...this.#places].every(({ full }) => full))
      await this.#changed.promise
  }

  #wake(): void {
    this.#changed.resolve()
    this.#changed = Promise.withResolvers()
  }
}
