import { hash } from 'node:crypto'
import { Refusal } from '../refusal.ts'
import { readBytes } from './text-file.ts'

/** Files that are remembered; the ones looked at longest ago are forgotten first. */
const fileLimit = 2000

/**
 * What the agent knows of each file: its bytes when the agent's tools last read or wrote it whole (P14). Whatever else
 * changes a file — a user's page, a formatter, the agent's own shell — makes that knowledge stale. Then
 *
 * - replacing the whole file is refused, as it would undo what nobody has looked at;
 * - inserting by a line's number is refused, as lines may have moved;
 * - `str_replace` still works: its old text stands in the file as it is now, once, and nothing else is touched. The
 *   knowledge stays stale, since only the surroundings of the change are shown.
 *
 * A file that was never looked at may be written. It is told by its bytes, not by its times: a file that was touched
 * or written anew with the same content has not changed.
 */
export class SeenFiles {
  /** Digests by the path without links, the one used longest ago first. */
  readonly #digests = new Map<string, string>()

  /** The agent knows these bytes of a file; `path` must have no links left. */
  remember(path: string, bytes: Uint8Array): void {
    this.#digests.delete(path)
    this.#digests.set(path, digestOf(bytes))
    const [oldest] = this.#digests.keys()
    if (this.#digests.size > fileLimit && oldest !== undefined) this.#digests.delete(oldest)
  }

  /** The file was removed by the agent's tools. */
  forget(path: string): void {
    this.#digests.delete(path)
  }

  /** Whether the agent knows other bytes of the file than these. */
  isStale(path: string, bytes: Uint8Array): boolean {
    const known = this.#digests.get(path)
    return known !== undefined && known !== digestOf(bytes)
  }

  /** Throws `Refusal` when there is a file that is not as the agent knows it; one that is gone loses nothing. */
  async refuseIfStale(path: string, name: string): Promise<void> {
    if (!this.#digests.has(path)) return
    const isStale = await readBytes(path).then(
      bytes => this.isStale(path, bytes),
      // What has become too large to be read, or no file at all, is not what it was.
      error => !(error instanceof Error && 'code' in error && error.code === 'ENOENT'),
    )
    if (isStale) throw staleRefusal(name)
  }
}

/** Says that a file is not as the agent knows it, and what to do. */
export function staleRefusal(name: string): Refusal {
  return new Refusal(
    `${name} has changed since it was last read or written here, so it was left as it is. View it again, and then make the change.`,
  )
}

function digestOf(bytes: Uint8Array): string {
  return hash('sha256', bytes, 'base64')
}
