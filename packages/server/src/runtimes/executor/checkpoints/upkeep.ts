import { statfsSync } from 'node:fs'
import { dirname } from 'node:path'
import { Refusal } from '../refusal.ts'
import type { CheckpointLimits } from './limits.ts'
import type { CheckpointStore } from './store.ts'
import type { Turns } from './turns.ts'

/** Bytes without which a disk counts as full. */
const leastFree = 16 * 1024 * 1024

/**
 * Keeps the checkpoints of a session small: the oldest are dropped and packs joined, when nobody else wants anything, or
 * at once where there is no room. They use half of what they may, for joining packs takes as much again.
 */
export class Upkeep {
  readonly #store: CheckpointStore
  readonly #limits: CheckpointLimits
  readonly #saveMemory: () => Promise<void>
  #timer: NodeJS.Timeout | undefined
  #work: AbortController | undefined
  #isChanged = false
  #isClosed = false

  constructor(store: CheckpointStore, limits: CheckpointLimits, saveMemory: () => Promise<void>) {
    this.#store = store
    this.#limits = limits
    this.#saveMemory = saveMemory
  }

  /** There is a new checkpoint. */
  noteChange(): void {
    this.#isChanged = true
  }

  /** Does what has to be done after a while without work. */
  plan(turns: Turns): void {
    clearTimeout(this.#timer)
    if (this.#isClosed || !this.#isChanged) return
    this.#timer = setTimeout(() => {
      const work = new AbortController()
      this.#work = work
      // What was not done now is done after the next checkpoint.
      turns.take(work.signal, () => this.#doAll(work.signal)).catch(() => undefined)
    }, this.#limits.idleMs)
    this.#timer.unref()
  }

  /** Somebody wants something. */
  interrupt(): void {
    clearTimeout(this.#timer)
    this.#work?.abort()
  }

  close(): void {
    this.#isClosed = true
    this.interrupt()
  }

  /** Sees to it that so many bytes may be added; throws `Refusal` when they may not. */
  async makeRoom(bytes: number, signal: AbortSignal): Promise<void> {
    const limit = this.#limits.storeBytes / 2
    if (this.#store.size().bytes + bytes <= limit) return
    await this.#shrink(Math.max(0, limit - bytes), signal)
    if (this.#store.size().bytes + bytes <= limit) return
    throw new Refusal(`The checkpoints of this session would need more than ${this.#limits.storeBytes} bytes.`)
  }

  /** Throws `Refusal` when the disk is full, which explains an error of git. */
  requireDisk(cause: unknown): void {
    const { bavail, bsize } = statfsSync(dirname(this.#store.git.repository))
    if (bavail * bsize < leastFree) throw new Refusal('There is no space left for checkpoints.', { cause })
  }

  async #doAll(signal: AbortSignal): Promise<void> {
    try {
      this.#isChanged = false
      await this.#saveMemory()
      const kept = await this.#store.list(signal)
      await this.#store.remove(
        kept.slice(this.#limits.count).map(({ id }) => id),
        signal,
      )
      const { packs, bytes } = this.#store.size()
      if (bytes > this.#limits.storeBytes / 4) await this.#shrink(this.#limits.storeBytes / 4, signal)
      else if (packs > this.#limits.packs) await this.#store.pack(signal)
    } catch (error) {
      this.#isChanged = true
      this.#store.tidy()
      throw error
    }
  }

  /** Joins packs, and drops the older half of the checkpoints until what is left fits. */
  async #shrink(limit: number, signal: AbortSignal): Promise<void> {
    await this.#store.pack(signal)
    for (;;) {
      const kept = await this.#store.list(signal)
      if (this.#store.size().bytes <= limit || kept.length <= 1) return
      await this.#store.remove(
        kept.slice(Math.ceil(kept.length / 2)).map(({ id }) => id),
        signal,
      )
      await this.#store.pack(signal)
    }
  }
}
