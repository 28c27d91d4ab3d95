import { lstatSync, readdirSync } from 'node:fs'
import { type BytePath, onDisk } from './byte-path.ts'

/** Top-level entries that are looked at to see whether a workspace has changed. */
const lookLimit = 1000

/** Remembers why a workspace gets no checkpoints, so that it is not looked through again before every action. */
export class RefusedWorkspace {
  readonly #root: BytePath
  readonly #retryMs: number
  #refused: { readonly reason: Error; readonly look: string; readonly until: number } | undefined

  /** After `retryMs` the reason is forgotten even if nothing seems to have changed. */
  constructor(root: BytePath, retryMs: number) {
    this.#root = root
    this.#retryMs = retryMs
  }

  /** Throws the reason while it holds. */
  check(now: number): void {
    if (this.#refused === undefined) return
    if (now < this.#refused.until && this.#refused.look === this.#look()) throw this.#refused.reason
    this.#refused = undefined
  }

  remember(reason: Error, now: number): void {
    this.#refused = { reason, look: this.#look(), until: now + this.#retryMs }
  }

  /** Changes when an entry is made in, or removed from, the workspace or one of its folders. */
  #look(): string {
    try {
      const names = readdirSync(onDisk(this.#root, ''), { encoding: 'latin1' }).slice(0, lookLimit)
      return ['', ...names].map(name => `${name}:${this.#timeOf(name)}`).join('\n')
    } catch {
      return ''
    }
  }

  #timeOf(name: BytePath): number {
    const stats = lstatSync(onDisk(this.#root, name), { throwIfNoEntry: false })
    return stats?.isDirectory() ? stats.mtimeMs : 0
  }
}
