/** What one edit changed. */
export interface Change {
  /** Absent when the edit made the file. */
  readonly before: Buffer | undefined
  readonly after: Buffer
}

/** Edits that can be undone, over all files, and the bytes that they may hold. */
const changeLimit = 200
const byteLimit = 64 * 1024 * 1024

/** The latest edits of each file, for undoing them newest first; the oldest of all are forgotten. */
export class EditHistory {
  /** Oldest first. */
  readonly #changes: { readonly path: string; readonly change: Change }[] = []
  #bytes = 0

  push(path: string, change: Change): void {
    this.#changes.push({ path, change })
    this.#bytes += sizeOf(change)
    while (this.#changes.length > changeLimit || (this.#bytes > byteLimit && this.#changes.length > 1)) this.#remove(0)
  }

  /** The newest edit of a file, still kept. */
  last(path: string): Change | undefined {
    return this.#changes.findLast(entry => entry.path === path)?.change
  }

  /** Forgets the newest edit of a file. */
  drop(path: string): void {
    const index = this.#changes.findLastIndex(entry => entry.path === path)
    if (index >= 0) this.#remove(index)
  }

  #remove(index: number): void {
    for (const { change } of this.#changes.splice(index, 1)) this.#bytes -= sizeOf(change)
  }
}

function sizeOf(change: Change): number {
  return (change.before?.length ?? 0) + change.after.length
}
