import { randomBytes } from 'node:crypto'
import { mkdirSync, readdirSync } from 'node:fs'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { isDraft } from './draft.ts'

/** Remembers outside of the workspace where drafts of uploads lie, so that a sandbox that was killed leaves none for good. */
export class DraftJournal {
  readonly #folder: string

  /** Removes, in its own time, the drafts that an earlier executor of this session has left. */
  constructor(state: string) {
    this.#folder = join(state, 'drafts')
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 })
    const left = readdirSync(this.#folder).map(name => this.#clear(join(this.#folder, name)))
    // What cannot be removed now is tried again by the next.
    Promise.allSettled(left).catch(() => undefined)
  }

  /** To be called before the draft at this path is made; disposing the note afterwards says that it is gone. */
  async note(path: string): Promise<AsyncDisposable> {
    const note = join(this.#folder, randomBytes(8).toString('hex'))
    await writeFile(note, path)
    return { [Symbol.asyncDispose]: () => rm(note, { force: true }) }
  }

  async #clear(note: string): Promise<void> {
    const path = await readFile(note, 'utf8')
    if (isDraft(basename(path))) await rm(path, { force: true })
    await rm(note, { force: true })
  }
}
