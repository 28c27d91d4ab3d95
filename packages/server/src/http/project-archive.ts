import { constants } from 'node:fs'
import { crc32 } from 'node:zlib'
import { type Entry, openPromise, type ZipFile } from 'yauzl'
import type { Files, Outcome } from '../core/ports.ts'
import { messageOf } from '../lib/errors.ts'
import { present } from '../lib/present.ts'

/** What an archive may hold. */
export interface ArchiveLimits {
  readonly entries: number
  /** Bytes of all files, unpacked. */
  readonly bytes: number
  /** Bytes of one file. */
  readonly fileBytes?: number
  /** Folders on the way to a file. */
  readonly depth: number
}

/** Limits of an import, unless a test wants others. */
export const archiveLimits: ArchiveLimits = { entries: 100_000, bytes: 4 * 1024 ** 3, depth: 64 }

/** A file may unpack to so many times its size in the archive, once it has more than so many bytes. */
const mostRatio = 200
const ratioCounts = 10 * 1024 * 1024

/**
 * Unpacks a zip archive into the workspace through the sandbox. The whole of it is read and checked before the first file
 * is written, and refused for anything that is no plain file or folder inside of the workspace, for what is not as large
 * as it says, and for what is beyond the limits (S13). Resolves to how many files it held; `path` is a file of the server's own.
 */
export async function unpackProject(
  path: string,
  files: Files,
  signal: AbortSignal,
  limits: ArchiveLimits = archiveLimits,
): Promise<Outcome<{ readonly files: number }>> {
  const plan = await planOf(path, limits, signal)
  if (!plan.ok) return plan
  await using zip = await openZip(path)
  let count = 0
  for await (const entry of zip.file.eachEntry()) {
    if (isFolder(entry)) continue
    signal.throwIfAborted()
    const content = await zip.file.openReadStreamPromise(entry)
    const written = await files.upload(entry.fileName, content, { limit: entry.uncompressedSize }, signal)
    if (!written.ok) return { ok: false, message: `${written.message} ${count} of ${plan.files} files are unpacked.` }
    count++
  }
  return { ok: true, files: count }
}

async function planOf(
  path: string,
  limits: ArchiveLimits,
  signal: AbortSignal,
): Promise<Outcome<{ readonly files: number }>> {
  try {
    await using zip = await openZip(path)
    const plan = new Plan(limits)
    if (zip.file.entryCount > limits.entries) throw new Error(`it has more than ${limits.entries} entries`)
    for await (const entry of zip.file.eachEntry()) plan.add(entry)
    await using again = await openZip(path)
    for await (const entry of again.file.eachEntry()) {
      signal.throwIfAborted()
      if (!isFolder(entry)) await check(again.file, entry)
    }
    return { ok: true, files: plan.files }
  } catch (error) {
    signal.throwIfAborted()
    return { ok: false, message: `The archive is refused: ${messageOf(error)}.` }
  }
}

/** What an archive would make, entry by entry. Throws, with the reason, for the first that must not be. */
class Plan {
  readonly #limits: ArchiveLimits
  /** Whether it is a folder, by the path as a file system without case would have it. */
  readonly #known = new Map<string, { readonly path: string; readonly folder: boolean }>()
  #entries = 0
  #bytes = 0
  files = 0

  constructor(limits: ArchiveLimits) {
    this.#limits = limits
  }

  add(entry: Entry): void {
    const name = JSON.stringify(entry.fileName.slice(0, 200))
    if (++this.#entries > this.#limits.entries) throw new Error(`it has more than ${this.#limits.entries} entries`)
    const wrong =
      nameTrouble(entry.fileName, this.#limits.depth) ?? kindTrouble(entry) ?? sizeTrouble(entry, this.#limits)
    if (wrong !== undefined) throw new Error(`${name} ${wrong}`)
    this.#bytes += entry.uncompressedSize
    if (this.#bytes > this.#limits.bytes) throw new Error(`it unpacks to more than ${this.#limits.bytes} bytes`)
    const folder = isFolder(entry)
    const parts = entry.fileName.replace(/\/$/, '').split('/')
    for (let length = 1; length < parts.length; length++) this.#claim(parts.slice(0, length).join('/'), true, false)
    this.#claim(parts.join('/'), folder, true)
    if (!folder) this.files++
  }

  #claim(path: string, folder: boolean, own: boolean): void {
    const key = path.normalize('NFC').toLowerCase()
    const known = this.#known.get(key)
    const clash = known !== undefined && (known.path !== path || known.folder !== folder || (own && !folder))
    if (clash) throw new Error(`${JSON.stringify(path.slice(0, 200))} is in it twice`)
    this.#known.set(key, { path, folder })
  }
}

function nameTrouble(name: string, depth: number): string | undefined {
  const parts = name.replace(/\/$/, '').split('/')
  if (parts.length > depth) return 'lies too deep'
  if (!name.isWellFormed() || /[\0-\x1f\x7f]/.test(name)) return 'is no name for a file'
  return parts.some(part => part === '' || part === '.' || part === '..') ? 'does not lie in the workspace' : undefined
}

function kindTrouble(entry: Entry): string | undefined {
  const mode = entry.externalFileAttributes >>> 16
  const kind = mode & constants.S_IFMT
  if (kind !== 0 && kind !== (isFolder(entry) ? constants.S_IFDIR : constants.S_IFREG)) return 'is no plain file'
  if ((mode & 0o6000) !== 0) return 'would run as somebody else'
  return entry.canDecodeFileData() ? undefined : 'is encrypted or packed in an unknown way'
}

function sizeTrouble(entry: Entry, { fileBytes }: ArchiveLimits): string | undefined {
  const { compressedSize, uncompressedSize } = entry
  if (isFolder(entry)) return uncompressedSize === 0 ? undefined : 'is a folder that holds bytes'
  if (fileBytes !== undefined && uncompressedSize > fileBytes) return `has more than ${fileBytes} bytes`
  const swells = uncompressedSize > ratioCounts && uncompressedSize > compressedSize * mostRatio
  return swells ? 'unpacks to far more than it is' : undefined
}

/** Reads a file of the archive; it throws by itself when it is not as long as it says. */
async function check(zip: ZipFile, entry: Entry): Promise<void> {
  let sum = 0
  for await (const piece of await zip.openReadStreamPromise(entry)) sum = crc32(piece, sum)
  if (sum !== entry.crc32) throw new Error(`${JSON.stringify(entry.fileName.slice(0, 200))} is damaged`)
}

async function openZip(path: string): Promise<{ readonly file: ZipFile } & AsyncDisposable> {
  const file = await openPromise(path, { lazyEntries: true, autoClose: false, strictFileNames: true })
  return { file, [Symbol.asyncDispose]: async () => file.close() }
}

function isFolder({ fileName }: Entry): boolean {
  return fileName.endsWith('/')
}

/** The limits of an import where one file may have so many bytes. */
export function limitsWith(fileBytes: number | undefined): ArchiveLimits {
  return { ...archiveLimits, ...present({ fileBytes }) }
}
