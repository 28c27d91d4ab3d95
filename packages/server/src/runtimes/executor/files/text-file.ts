import { constants } from 'node:fs'
import { access, type FileHandle, mkdir, open } from 'node:fs/promises'
import { dirname } from 'node:path'
import { Refusal } from '../refusal.ts'
import { Draft, openInPlace } from './draft.ts'

/** Bytes that a file may have to be read whole. */
export const readLimit = 10 * 1024 * 1024

/** The bytes of a regular file. Never waits for a pipe or a device. Throws `Refusal`, or the file system's error. */
export async function readBytes(path: string, limit: number = readLimit): Promise<Buffer> {
  await using file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY)
  const stats = await file.stat()
  if (stats.isDirectory()) throw new Refusal(`Path is a directory: ${path}. You can only read files`)
  if (!stats.isFile()) throw new Refusal(`Not a regular file: ${path}.`)
  const bytes = await readAtMost(file, stats.size, limit + 1)
  if (bytes.length <= limit) return bytes
  const size = stats.size > 0 ? `${stats.size} bytes` : 'too many bytes'
  throw new Refusal(`File too large: ${path} has ${size}, of which at most ${limit} can be read at once.`)
}

/** The size that the system states is no promise: files of `/proc` have none, and a log may grow meanwhile. */
async function readAtMost(file: FileHandle, stated: number, limit: number): Promise<Buffer> {
  const pieces: Buffer[] = []
  let size = 0
  while (size < limit) {
    const piece = Buffer.allocUnsafe(Math.min(Math.max(stated + 1 - size, 64 * 1024), limit - size))
    const { bytesRead } = await file.read(piece, 0, piece.length, null)
    if (bytesRead === 0) break
    pieces.push(piece.subarray(0, bytesRead))
    size += bytesRead
    // The end of an ordinary file has been met already; asking again costs a turn.
    if (size === stated) break
  }
  const [first] = pieces
  return first !== undefined && pieces.length === 1 ? first : Buffer.concat(pieces)
}

/** The text of bytes, a byte order mark included, so that writing it gives the same bytes. Throws `Refusal` if it is none. */
export function decodeText(bytes: Buffer, path: string): string {
  const refusal = new Refusal(`File could not be decoded as utf-8: ${path}.`)
  if (bytes.includes(0)) throw refusal
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    throw refusal
  }
}

/**
 * Puts bytes into a file, with the folders that it needs; `path` must have no links left. A file that exists keeps its
 * mode and owner and is replaced in one step, unless its folder may not be written or a hard link would be cut.
 */
export async function writeBytes(path: string, bytes: Uint8Array): Promise<void> {
  const draft = await Draft.begin(path).catch(error => beginAgain(path, error))
  if (draft === undefined) {
    await using file = await openInPlace(path)
    return await file.writeFile(bytes)
  }
  await using begun = draft
  await begun.file.writeFile(bytes)
  await begun.commit()
}

/** A missing folder is made; a file that may be written in a folder that may not has no draft. */
async function beginAgain(path: string, error: unknown): Promise<Draft | undefined> {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'ENOENT') {
    await mkdir(dirname(path), { recursive: true })
    return Draft.begin(path)
  }
  if (code !== 'EACCES' && code !== 'EROFS') throw error
  const isWritable = await access(path, constants.W_OK).then(
    () => true,
    () => false,
  )
  if (isWritable) return undefined
  throw error
}
