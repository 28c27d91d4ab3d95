import { readFileSync } from 'node:fs'
import { endianness } from 'node:os'

/*
 * The format of SQLite's write-ahead log: https://www.sqlite.org/fileformat2.html#the_write_ahead_log
 * A header of 32 bytes, then frames of 24 bytes and one page each. Every frame holds a running checksum of all before
 * it, so each can be checked by itself with the sum that its predecessor wrote down.
 */

/** The page size of every database that this server makes, in bytes. */
export const PAGE_SIZE = 4096
const HEADER = 32
const FRAME_HEADER = 24
const MAGIC = 0x377f0682

type Sum = readonly [number, number]

/** What a write-ahead log holds beyond the database file. */
export interface WriteAheadLog {
  /** The newest intact version of each page that was committed, by page number from 1. */
  readonly pages: ReadonlyMap<number, Uint8Array>
  /** Set when committed pages cannot be read: what was found. A torn last write, as a crash leaves it, is none. */
  readonly damage?: string
}

/** Reads a write-ahead log as far as its checksums hold; a missing or empty one holds nothing. Throws only for I/O errors. */
export function readWriteAheadLog(path: string): WriteAheadLog {
  const file = readIfThere(path)
  if (file === undefined || file.length < HEADER + FRAME_HEADER) return { pages: new Map() }
  const header = readHeader(file)
  const order = header?.order ?? 'little'
  const frames = readFrames(file, order, header?.salt ?? file.subarray(HEADER + 8, HEADER + 16), header?.sum)
  const end = frames.findLastIndex(frame => frame.intact && frame.commits)
  const pages = new Map<number, Uint8Array>()
  let lost = 0
  for (const frame of frames.slice(0, end + 1)) {
    if (frame.intact) pages.set(frame.page, frame.bytes)
    else lost++
  }
  if (!header) return { pages, damage: 'the header of the write-ahead log cannot be read' }
  return lost ? { pages, damage: `${lost} of ${end + 1} pages in the write-ahead log cannot be read` } : { pages }
}

function readIfThere(path: string): Buffer | undefined {
  try {
    return readFileSync(path)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}

type Order = 'little' | 'big'

function readHeader(file: Buffer): { order: Order; salt: Buffer; sum: Sum } | undefined {
  const magic = file.readUInt32BE(0)
  if ((magic & ~1) >>> 0 !== MAGIC || file.readUInt32BE(8) !== PAGE_SIZE) return undefined
  const order = magic & 1 ? 'big' : 'little'
  const sum = checksum(file.subarray(0, 24), order, [0, 0])
  if (sum[0] !== file.readUInt32BE(24) || sum[1] !== file.readUInt32BE(28)) return undefined
  return { order, salt: file.subarray(16, 24), sum }
}

interface Frame {
  readonly page: number
  readonly commits: boolean
  readonly intact: boolean
  readonly bytes: Uint8Array
}

/** The frames since the log was last begun anew: those with the header's salt. `seed` is absent when the header is lost. */
function readFrames(file: Buffer, order: Order, salt: Buffer, seed: Sum | undefined): Frame[] {
  const frames: Frame[] = []
  let before = seed
  for (let at = HEADER; at + FRAME_HEADER + PAGE_SIZE <= file.length; at += FRAME_HEADER + PAGE_SIZE) {
    const head = file.subarray(at, at + FRAME_HEADER)
    const bytes = file.subarray(at + FRAME_HEADER, at + FRAME_HEADER + PAGE_SIZE)
    const written: Sum = [head.readUInt32BE(16), head.readUInt32BE(20)]
    const intact = salt.equals(head.subarray(8, 16)) && (!before || sumHolds(head, bytes, order, before, written))
    frames.push({ page: head.readUInt32BE(0), commits: head.readUInt32BE(4) !== 0, intact, bytes })
    before = written
  }
  return frames
}

function sumHolds(head: Buffer, bytes: Buffer, order: Order, before: Sum, written: Sum): boolean {
  const [first, second] = checksum(bytes, order, checksum(head.subarray(0, 8), order, before))
  return first === written[0] && second === written[1]
}

/** SQLite's checksum over 32-bit words, continued from `seed`. */
function checksum(bytes: Uint8Array, order: Order, seed: Sum): Sum {
  const words = wordsOf(bytes, order)
  let [first, second] = seed
  for (let i = 0; i < words.length; i += 2) {
    first = (first + (words[i] ?? 0) + second) >>> 0
    second = (second + (words[i + 1] ?? 0) + first) >>> 0
  }
  return [first, second]
}

function wordsOf(bytes: Uint8Array, order: Order): Uint32Array {
  const copy = Buffer.from(bytes)
  if ((endianness() === 'LE') !== (order === 'little')) copy.swap32()
  return new Uint32Array(copy.buffer, copy.byteOffset, copy.length / 4)
}
