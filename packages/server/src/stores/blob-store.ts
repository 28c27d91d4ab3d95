import { createHash, randomUUID } from 'node:crypto'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { SessionId } from '@openhands/protocol'
import type { Blobs } from '../core/ports.ts'

/** What is kept, by the ending of its name; a browser that is sent one of these runs nothing. */
const endings = new Map([
  ['image/png', 'png'],
  ['image/jpeg', 'jpg'],
  ['text/plain', 'txt'],
])
const mediaTypes = new Map([...endings].map(([mediaType, ending]) => [ending, mediaType]))
const nameForm = /^[0-9a-f]{64}\.([a-z]{3})$/

/** Keeps each blob as a file named after its content, in a folder of its session. */
export class BlobStore implements Blobs {
  readonly #parent: string

  /** `parent` is made when the first blob comes, for its owner only. */
  constructor(parent: string) {
    this.#parent = parent
  }

  /** Throws `TypeError` for a kind of content that is not kept. */
  async put(session: SessionId, bytes: Uint8Array, mediaType: string): Promise<string> {
    const ending = endings.get(mediaType)
    if (ending === undefined) throw new TypeError(`no blobs of the type ${mediaType} are kept`)
    const name = `${createHash('sha256').update(bytes).digest('hex')}.${ending}`
    const folder = join(this.#parent, session)
    await mkdir(folder, { recursive: true, mode: 0o700 })
    const draft = join(folder, `draft-${randomUUID()}`)
    await writeFile(draft, bytes, { mode: 0o600 })
    await rename(draft, join(folder, name))
    return name
  }

  async get(session: SessionId, name: string): Promise<{ mediaType: string; bytes: Uint8Array } | undefined> {
    const mediaType = mediaTypes.get(nameForm.exec(name)?.[1] ?? '')
    if (mediaType === undefined) return undefined
    try {
      return { mediaType, bytes: await readFile(join(this.#parent, session, name)) }
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
      throw error
    }
  }

  async delete(session: SessionId): Promise<void> {
    await rm(join(this.#parent, session), { recursive: true, force: true })
  }
}
