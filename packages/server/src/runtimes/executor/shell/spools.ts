import { randomBytes } from 'node:crypto'
import { Spool, type SpooledPart } from './spool.ts'

/** Commands whose output is kept; with 20 MB for each they need 200 MB at most. */
const commandLimit = 10
/** Bytes that are read at a time. */
const readLimit = 1024 * 1024

/** The exact output of the newest commands of a session, see `Spool`. */
export class Spools {
  readonly #folder: string
  /** Names of another executor are not taken for ours. */
  readonly #prefix = randomBytes(6).toString('hex')
  #count = 0
  readonly #spools = new Map<string, Spool>()

  constructor(folder: string) {
    this.#folder = folder
  }

  /** Begins to keep the output of another command, instead of the oldest one's where there are too many. */
  open(): { readonly name: string; readonly spool: Spool } {
    const name = `${this.#prefix}-${++this.#count}`
    const spool = new Spool(this.#folder)
    this.#spools.set(name, spool)
    for (const [oldest, old] of this.#spools) {
      if (this.#spools.size <= commandLimit) break
      old.close()
      this.#spools.delete(oldest)
    }
    return { name, spool }
  }

  /** Undefined when it is not kept any more. */
  read(name: string, offset: number, length: number): SpooledPart | undefined {
    return this.#spools.get(name)?.read(offset, Math.min(length, readLimit))
  }

  close(): void {
    for (const spool of this.#spools.values()) spool.close()
    this.#spools.clear()
  }
}
