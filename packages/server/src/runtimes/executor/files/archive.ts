import { constants, type Stats } from 'node:fs'
import { type FileHandle, lstat, open, readlink } from 'node:fs/promises'
import { extname } from 'node:path'
import { beginStream } from '../begin-stream.ts'
import type { Answer, Call } from '../calls.ts'
import { openInnerFolder } from './folder.ts'
import type { Places } from './places.ts'
import { type Found, walkTree } from './tree-walk.ts'
import { ZipWriter } from './zip-writer.ts'

/** Entries that an archive may have. */
const entryLimit = 500_000
/** A file up to this size is read whole; a larger one is read in such pieces. */
const pieceSize = 128 * 1024
/** Bytes that are collected before they are sent; the first are sent at once. */
const joinSize = 64 * 1024
/** Paths that are named as left out; others are counted. */
const leftOutLimit = 1000

/** Endings of files that are compressed already. */
const packedFiles: ReadonlySet<string> = new Set(
  '.7z .avif .br .bz2 .gif .gz .jar .jpeg .jpg .lz4 .mp3 .mp4 .ogg .pdf .png .tgz .webm .webp .whl .woff .woff2 .xz .zip .zst'.split(
    ' ',
  ),
)

/**
 * Sends a folder of the workspace as a zip file while it is read. Links are kept as links (S14); what cannot be read, has
 * no readable name, or is a pipe, socket or device is left out, and a last entry says so. Of a file that grows
 * meanwhile there is as much as it had when it was opened.
 */
export async function archive(places: Places, call: Call): Promise<Answer> {
  await using top = await openInnerFolder(places, call.params.text('path'))
  await beginStream(call, {})
  const output = new JoinedOutput(call)
  const zip = new ZipWriter(bytes => output.put(bytes))
  const leftOut = new LeftOut()
  const topNames = new Set<string>()
  let count = 0
  for await (const found of walkTree(top, path => leftOut.add(path))) {
    call.signal.throwIfAborted()
    if (!found.path.includes('/')) topNames.add(found.path)
    if (++count > entryLimit) leftOut.add(found.path)
    else await pack(found, zip, leftOut)
  }
  if (leftOut.count > 0) await zip.add(plain(freeName(topNames)), Buffer.from(leftOut.text()))
  await zip.end()
  await output.flush()
  return {}
}

/** Joins what is written into larger pieces. */
class JoinedOutput {
  readonly #call: Call
  #waiting: Buffer[] = []
  #size = 0
  #hasBegun = false

  constructor(call: Call) {
    this.#call = call
  }

  async put(bytes: Buffer): Promise<void> {
    this.#waiting.push(bytes)
    this.#size += bytes.length
    if (this.#size >= joinSize || !this.#hasBegun) await this.flush()
  }

  async flush(): Promise<void> {
    this.#hasBegun = true
    this.#size = 0
    const bytes = Buffer.concat(this.#waiting.splice(0))
    await this.#call.output.deliver(bytes, this.#call.signal)
  }
}

/** What is not in an archive. */
class LeftOut {
  readonly #paths: string[] = []
  count = 0

  add(path: string): void {
    this.count++
    if (this.#paths.length < leftOutLimit) this.#paths.push(path)
  }

  text(): string {
    const others = this.count - this.#paths.length
    const lines = ['These are not in the archive, or not whole:', ...this.#paths.map(path => JSON.stringify(path))]
    return `${lines.join('\n')}\n${others > 0 ? `and ${others} others\n` : ''}`
  }
}

async function pack(found: Found, zip: ZipWriter, leftOut: LeftOut): Promise<void> {
  const place = found.folder.at(found.name)
  if (found.kind === 'file') return packFile(found, zip, leftOut)
  const stats = await lstat(place).catch(() => undefined)
  const target = found.kind === 'link' ? await readlink(place, 'buffer').catch(() => undefined) : Buffer.alloc(0)
  if (stats === undefined || target === undefined) return leftOut.add(found.path)
  const path = found.kind === 'folder' ? `${found.path}/` : found.path
  await zip.add({ path, mode: stats.mode, changed: stats.mtimeMs, isDeflated: false }, target)
}

async function packFile({ folder, name, path }: Found, zip: ZipWriter, leftOut: LeftOut): Promise<void> {
  const flags = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY | constants.O_NOFOLLOW
  const file = await open(folder.at(name), flags).catch(() => undefined)
  if (file === undefined) return leftOut.add(path)
  await using held = file
  const stats: Stats = await held.stat()
  if (!stats.isFile()) return leftOut.add(path)
  const isDeflated = !packedFiles.has(extname(name).toLowerCase())
  const entry = { path, mode: stats.mode, changed: stats.mtimeMs, isDeflated }
  const fail = (): void => leftOut.add(path)
  if (stats.size > pieceSize) return await zip.addStream(entry, stats.size, readPieces(held, stats.size, fail))
  const pieces: Buffer[] = []
  for await (const piece of readPieces(held, stats.size, fail)) pieces.push(piece)
  await zip.add(entry, pieces.length === 1 ? (pieces[0] ?? Buffer.alloc(0)) : Buffer.concat(pieces))
}

/** At most `size` bytes of a file; where it cannot be read on, it ends there and `fail` is called. */
async function* readPieces(file: FileHandle, size: number, fail: () => void): AsyncGenerator<Buffer, void> {
  for (let at = 0; at < size; ) {
    const piece = Buffer.allocUnsafe(Math.min(pieceSize, size - at))
    const { bytesRead } = await file.read(piece, 0, piece.length, at).catch(() => ({ bytesRead: -1 }))
    if (bytesRead < 0) fail()
    if (bytesRead <= 0) return
    yield piece.subarray(0, bytesRead)
    at += bytesRead
  }
}

function plain(path: string): { path: string; mode: number; changed: number; isDeflated: boolean } {
  return { path, mode: constants.S_IFREG | 0o644, changed: Date.now(), isDeflated: true }
}

/** A name for the list of what is left out that nothing else in the archive has. */
function freeName(taken: ReadonlySet<string>): string {
  for (let number = 1; ; number++) {
    const name = number === 1 ? 'LEFT-OUT.txt' : `LEFT-OUT-${number}.txt`
    if (!taken.has(name)) return name
  }
}
