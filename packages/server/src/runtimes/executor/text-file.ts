import { randomBytes } from 'node:crypto'
import { constants, type Stats } from 'node:fs'
import { access, type FileHandle, lstat, mkdir, open, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { Refusal } from './refusal.ts'

/** Bytes that a file may have to be read whole. */
export const readLimit = 10 * 1024 * 1024

/** The bytes of a regular file. Never waits for a pipe or a device. Throws `Refusal`, or the file system's error. */
export async function readBytes(path: string, limit: number = readLimit): Promise<Buffer> {
  await using file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY)
  const stats = await file.stat()
  if (stats.isDirectory()) throw new Refusal(`Path is a directory: ${path}. You can only read files`)
  if (!stats.isFile()) throw new Refusal(`Not a regular file: ${path}.`)
  const bytes = await readAtMost(file, limit + 1)
  if (bytes.length <= limit) return bytes
  const size = stats.size > 0 ? `${stats.size} bytes` : 'too many bytes'
  throw new Refusal(`File too large: ${path} has ${size}, of which at most ${limit} can be read at once.`)
}

/** The size that the system states is no promise: files of `/proc` have none, and a log may grow meanwhile. */
async function readAtMost(file: FileHandle, limit: number): Promise<Buffer> {
  const pieces: Buffer[] = []
  let size = 0
  while (size < limit) {
    const piece = Buffer.allocUnsafe(Math.min(256 * 1024, limit - size))
    const { bytesRead } = await file.read(piece, 0, piece.length, null)
    if (bytesRead === 0) break
    pieces.push(piece.subarray(0, bytesRead))
    size += bytesRead
  }
  return Buffer.concat(pieces)
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
 * mode and is replaced in one step, or written in place where replacing would cut a hard link or change its owner.
 */
export async function writeBytes(path: string, bytes: Uint8Array): Promise<void> {
  const old = await statsOf(path)
  if (old?.isDirectory()) throw new Refusal(`Path is a directory: ${path}. You can only write to files`)
  if (old !== undefined && !old.isFile()) throw new Refusal(`Not a regular file: ${path}.`)
  if (old === undefined) await mkdir(dirname(path), { recursive: true })
  else await access(path, constants.W_OK)
  const isOwn = old === undefined || (old.nlink === 1 && old.uid === process.geteuid?.())
  if (isOwn) await replace(path, bytes, old)
  else await overwrite(path, bytes)
}

async function replace(path: string, bytes: Uint8Array, old: Stats | undefined): Promise<void> {
  const draft = join(dirname(path), `.${basename(path).slice(0, 100)}.${randomBytes(6).toString('hex')}.tmp`)
  try {
    await using file = await open(draft, 'wx')
    await file.writeFile(bytes)
    if (old !== undefined) {
      if (old.gid !== process.getegid?.()) await file.chown(old.uid, old.gid).catch(() => undefined)
      await file.chmod(old.mode & 0o7777)
    }
    await rename(draft, path)
  } catch (error) {
    await rm(draft, { force: true })
    throw error
  }
}

async function overwrite(path: string, bytes: Uint8Array): Promise<void> {
  await using file = await open(
    path,
    constants.O_WRONLY | constants.O_TRUNC | constants.O_NONBLOCK | constants.O_NOFOLLOW,
  )
  await file.writeFile(bytes)
}

async function statsOf(path: string): Promise<Stats | undefined> {
  try {
    return await lstat(path)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}
