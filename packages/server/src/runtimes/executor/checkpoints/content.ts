import { createHash } from 'node:crypto'
import { closeSync, constants, fstatSync, lstatSync, openSync, readlinkSync, readSync, type Stats } from 'node:fs'
import { type BytePath, onDisk } from './byte-path.ts'
import { type KnownFile, modeOf, stampOf } from './known-files.ts'

/** A file or link as it was when it was read. */
export interface Content {
  readonly bytes: Buffer
  readonly known: KnownFile
}

/**
 * Reads what lies at a path, never through a link, even while it is being written to. `undefined` when it has gone, is
 * something else by now, has more than `limit` bytes, or may not be read.
 */
export function readContent(root: BytePath, path: BytePath, limit: number, now: number): Content | undefined {
  const place = onDisk(root, path)
  try {
    const stats = lstatSync(place, { throwIfNoEntry: false })
    if (stats?.isSymbolicLink()) return content(readlinkSync(place, { encoding: 'buffer' }), stats, now)
    return stats?.isFile() ? readFile(place, limit, now) : undefined
  } catch {
    return undefined
  }
}

/** Not to wait for the writer of a pipe that has taken the place of the file. */
const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK

function readFile(place: string | Buffer, limit: number, now: number): Content | undefined {
  const file = openSync(place, flags)
  try {
    const stats = fstatSync(file)
    if (!stats.isFile() || stats.size > limit) return undefined
    const bytes = Buffer.allocUnsafe(stats.size)
    let length = 0
    while (length < bytes.length) {
      const count = readSync(file, bytes, length, bytes.length - length, length)
      if (count === 0) break
      length += count
    }
    return content(bytes.subarray(0, length), stats, now)
  } finally {
    closeSync(file)
  }
}

function content(bytes: Buffer, stats: Stats, now: number): Content {
  // As git names it, so that what has the same content is known without asking.
  const hash = createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex')
  return { bytes, known: { ...stampOf(stats, now), mode: modeOf(stats), hash } }
}
