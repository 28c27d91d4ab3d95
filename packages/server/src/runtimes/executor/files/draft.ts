import { randomBytes } from 'node:crypto'
import { constants, type Stats } from 'node:fs'
import { access, type FileHandle, lstat, open, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { Refusal } from '../refusal.ts'

/** Names of drafts; whoever watches a folder passes them over. */
const draftName = /^\.openhands-[0-9a-f]{16}\.tmp$/

/** Bytes that are copied at once. */
const pieceSize = 256 * 1024

/** A name for the draft of one file. */
export function newDraftName(): string {
  return `.openhands-${randomBytes(8).toString('hex')}.tmp`
}

/** Whether a file of this name is one that is being written. */
export function isDraft(name: string): boolean {
  return draftName.test(name)
}

/**
 * The new content of a file, beside it under a name of its own until `commit`; disposing it otherwise leaves nothing.
 * The file at `path`, which must have no links left, keeps mode, owner and group (P14, P32).
 */
export class Draft implements AsyncDisposable {
  readonly file: FileHandle
  /** Where it is until it is committed. */
  readonly place: string
  readonly #path: string
  readonly #old: Stats | undefined
  #isCommitted = false

  private constructor(path: string, place: string, file: FileHandle, old: Stats | undefined) {
    this.#path = path
    this.place = place
    this.file = file
    this.#old = old
  }

  /** `name` is what refusals call the file. Throws `Refusal` where it can be no file, or the file system's error. */
  static async begin(path: string, name: string = path, draft: string = newDraftName()): Promise<Draft> {
    const old = await statsOf(path)
    if (old?.isDirectory()) throw new Refusal(`Path is a directory: ${name}. You can only write to files`)
    if (old !== undefined && !old.isFile()) throw new Refusal(`Not a regular file: ${name}.`)
    if (old !== undefined) await access(path, constants.W_OK)
    const place = join(dirname(path), draft)
    return new Draft(path, place, await open(place, 'wx'), old)
  }

  /**
   * Puts it in the file's place in one step, or writes it there where a hard link or a foreign owner would be lost;
   * where there was no file it may go elsewhere on the same disk.
   */
  async commit(path: string = this.#path): Promise<void> {
    if (await this.#takesOver()) {
      await rename(this.place, path)
      this.#isCommitted = true
    } else await this.#copyIntoPlace()
  }

  async #copyIntoPlace(): Promise<void> {
    await using source = await open(this.place)
    await using target = await openInPlace(this.#path)
    const piece = Buffer.allocUnsafe(pieceSize)
    for (;;) {
      const { bytesRead } = await source.read(piece, 0, pieceSize, null)
      if (bytesRead === 0) return
      await target.writeFile(piece.subarray(0, bytesRead))
    }
  }

  /** Makes the draft like the file that it replaces; false when that cannot be. */
  async #takesOver(): Promise<boolean> {
    const old = this.#old
    if (old === undefined) return true
    if (old.nlink > 1) return false
    const draft = await this.file.stat()
    if (draft.uid !== old.uid || draft.gid !== old.gid) {
      const isSame = await this.file.chown(old.uid, old.gid).then(
        () => true,
        () => draft.uid === old.uid,
      )
      if (!isSame) return false
    }
    await this.file.chmod(old.mode & 0o7777)
    return true
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.file.close()
    if (!this.#isCommitted) await rm(this.place, { force: true })
  }
}

/** Opens a regular file to be written anew where it lies; what has become a link or a pipe meanwhile is not opened. */
export async function openInPlace(path: string): Promise<FileHandle> {
  return open(path, constants.O_WRONLY | constants.O_TRUNC | constants.O_NONBLOCK | constants.O_NOFOLLOW)
}

async function statsOf(path: string): Promise<Stats | undefined> {
  try {
    return await lstat(path)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}
