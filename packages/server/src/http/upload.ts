import { createWriteStream } from 'node:fs'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { MultipartFile } from '@fastify/multipart'
import type { Files } from '../core/ports.ts'
import type { DoorFacts } from './door-parts.ts'
import { cleanName, isAllowedName, numberedName } from './file-name.ts'
import { limitsWith, unpackProject } from './project-archive.ts'

/** Bytes of an archive that is to be unpacked, where the settings allow more. */
const archiveBytes = 2 * 1024 ** 3
/** Milliseconds that checking and unpacking an archive may take. */
const unpackMs = 10 * 60_000

export type UploadFacts = Pick<DoorFacts, 'uploadBytes' | 'uploadEndings' | 'dataDir'>

/** What became of the files of one request, as the page is told (wire A5.7). */
export interface UploadReport {
  readonly uploaded_files: readonly string[]
  readonly skipped_files: readonly { readonly name: string; readonly reason: string }[]
}

/** Files on their way into a workspace, one after the other, each streamed; one that is refused stops no other. */
export class Upload {
  readonly #files: Files
  readonly #facts: UploadFacts
  readonly #signal: AbortSignal
  readonly #uploaded: string[] = []
  readonly #skipped: { name: string; reason: string }[] = []

  constructor(files: Files, facts: UploadFacts, signal: AbortSignal) {
    this.#files = files
    this.#facts = facts
    this.#signal = signal
  }

  get report(): UploadReport {
    return { uploaded_files: this.#uploaded, skipped_files: this.#skipped }
  }

  /** Takes one file; whatever becomes of it, its bytes are read to their end. Rejects when sandbox or client are gone. */
  async take({ filename, file }: Pick<MultipartFile, 'filename' | 'file'>): Promise<void> {
    const clean = cleanName(filename)
    const name = clean === undefined ? filename.slice(0, 255) : this.#freeName(clean)
    const reason = await this.#keep(clean === undefined ? undefined : name, file)
    if (reason === undefined) this.#uploaded.push(name)
    else this.#skipped.push({ name, reason })
    await drained(file)
  }

  /** Resolves to the reason why it was not kept. */
  async #keep(name: string | undefined, file: Readable): Promise<string | undefined> {
    if (name === undefined) return 'Invalid file name'
    if (!isAllowedName(name, this.#facts.uploadEndings)) return 'File type not allowed'
    if (name.toLowerCase().endsWith('.zip')) return await this.#unpack(file)
    const limit = this.#facts.uploadBytes ?? Number.MAX_SAFE_INTEGER
    return await this.#within(limit, async () => {
      const kept = await this.#files.upload(name, bounded(file, limit), { limit }, this.#signal)
      return kept.ok ? undefined : kept.message
    })
  }

  /** An archive is a project to import: it waits in a folder of the server's own until all of it has been checked. */
  async #unpack(file: Readable): Promise<string | undefined> {
    const folder = importsIn(this.#facts.dataDir)
    await mkdir(folder, { recursive: true, mode: 0o700 })
    const place = await mkdtemp(join(folder, 'import-'))
    try {
      const path = join(place, 'project.zip')
      const limit = Math.min(this.#facts.uploadBytes ?? archiveBytes, archiveBytes)
      return await this.#within(limit, async () => {
        await pipeline(bounded(file, limit), createWriteStream(path, { mode: 0o600, flags: 'wx' }), {
          signal: this.#signal,
        })
        const signal = AbortSignal.any([this.#signal, AbortSignal.timeout(unpackMs)])
        const unpacked = await unpackProject(path, this.#files, signal, limitsWith(this.#facts.uploadBytes))
        return unpacked.ok ? undefined : unpacked.message
      })
    } finally {
      await rm(place, { recursive: true, force: true })
    }
  }

  async #within(limit: number, act: () => Promise<string | undefined>): Promise<string | undefined> {
    try {
      return await act()
    } catch (error) {
      if (error instanceof TooLarge) return `Exceeds maximum size limit of ${Math.floor(limit / 1024 / 1024)}MB`
      throw error
    }
  }

  /** Two files of one request never replace each other. */
  #freeName(name: string): string {
    const taken = (one: string): boolean => this.#uploaded.some(other => other.toLowerCase() === one.toLowerCase())
    let free = name
    for (let number = 1; taken(free); number++) free = numberedName(name, number)
    return free
  }
}

/** Removes what a killed server was about to unpack; before the first request only. */
export async function forgetImports(dataDir: string): Promise<void> {
  await rm(importsIn(dataDir), { recursive: true, force: true })
}

function importsIn(dataDir: string): string {
  return join(dataDir, 'imports')
}

class TooLarge extends Error {
  override readonly name = 'TooLarge'
}

/** The bytes of a part, up to a limit; what comes after is left in the stream. */
async function* bounded(file: Readable, limit: number): AsyncGenerator<Uint8Array, void> {
  let size = 0
  for await (const piece of file.iterator({ destroyOnReturn: false })) {
    size += piece.length
    if (size > limit) throw new TooLarge()
    yield piece
  }
}

/** Reads to the end what nobody wants, so that the next part can come. */
async function drained(file: Readable): Promise<void> {
  if (file.readableEnded || file.destroyed) return
  const { promise, resolve } = Promise.withResolvers<void>()
  file
    .once('close', resolve)
    .once('end', resolve)
    .once('error', () => resolve())
  file.resume()
  await promise
}
