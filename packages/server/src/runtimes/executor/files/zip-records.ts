/** The records of a zip file, as PKWARE's APPNOTE 6.3.9 has them: times in UTC, names in UTF-8, modes of Unix. */

/** What is known of an entry before its bytes. */
export interface EntryHead {
  /** Without a leading slash; a folder ends in one. */
  readonly name: Buffer
  /** As `lstat` has it, type included. */
  readonly mode: number
  /** Seconds since 1970. */
  readonly changed: number
  readonly isDeflated: boolean
  /** Whether it may be larger than 32 bits can say, so that its sizes are written with 64. */
  readonly isLarge: boolean
}

/** What is known of an entry after its bytes. */
export interface EntryTail {
  readonly crc: number
  readonly packed: number
  readonly size: number
}

/** The largest number of 32 and of 16 bits: the value is elsewhere, with more bits. */
const all32 = 0xffffffff
const all16 = 0xffff
/** Flags: sizes come after the bytes; the name is UTF-8. */
const sizesFollow = 1 << 3
const utf8Name = 1 << 11
const plainVersion = 20
const largeVersion = 45
const madeByUnix = 3 << 8

/** Stands before an entry; without `tail` its sizes come after the bytes, in a descriptor. */
export function localHeader(head: EntryHead, tail?: EntryTail): Buffer {
  const extra = head.isLarge ? [largeSizes(0, 0), timeField(head)] : [timeField(head)]
  const fixed = Buffer.alloc(30)
  fixed.writeUInt32LE(0x04034b50, 0)
  fixed.writeUInt16LE(head.isLarge ? largeVersion : plainVersion, 4)
  writeCommon(fixed, 6, head, tail ?? { crc: 0, packed: 0, size: 0 }, tail === undefined)
  if (head.isLarge) fixed.fill(0xff, 18, 26)
  fixed.writeUInt16LE(head.name.length, 26)
  fixed.writeUInt16LE(sizeOf(extra), 28)
  return Buffer.concat([fixed, head.name, ...extra])
}

/** Stands after the bytes of an entry whose sizes were not known before. */
export function descriptor(head: EntryHead, { crc, packed, size }: EntryTail): Buffer {
  const record = Buffer.alloc(head.isLarge ? 24 : 16)
  record.writeUInt32LE(0x08074b50, 0)
  record.writeUInt32LE(crc, 4)
  if (head.isLarge) {
    record.writeBigUInt64LE(BigInt(packed), 8)
    record.writeBigUInt64LE(BigInt(size), 16)
  } else {
    record.writeUInt32LE(packed, 8)
    record.writeUInt32LE(size, 12)
  }
  return record
}

/** The entry's line in the directory at the end; `offset` is where its header began. */
export function directoryRecord(head: EntryHead, tail: EntryTail, offset: number, sizesCameAfter: boolean): Buffer {
  const isLarge = head.isLarge || offset >= all32
  const extra = isLarge ? [largeSizes(tail.size, tail.packed, offset), timeField(head)] : [timeField(head)]
  const fixed = Buffer.alloc(46)
  fixed.writeUInt32LE(0x02014b50, 0)
  fixed.writeUInt16LE(madeByUnix | largeVersion, 4)
  fixed.writeUInt16LE(isLarge ? largeVersion : plainVersion, 6)
  writeCommon(fixed, 8, head, tail, sizesCameAfter)
  if (isLarge) fixed.fill(0xff, 20, 28)
  fixed.writeUInt16LE(head.name.length, 28)
  fixed.writeUInt16LE(sizeOf(extra), 30)
  const isFolder = head.name.at(-1) === 0x2f
  fixed.writeUInt32LE(((head.mode & all16) << 16) >>> 0, 38)
  if (isFolder) fixed.writeUInt8(0x10, 38)
  fixed.writeUInt32LE(isLarge ? all32 : offset, 42)
  return Buffer.concat([fixed, head.name, ...extra])
}

/** The end of the file: how many entries the directory has, its bytes, and where it began. */
export function endRecords(count: number, size: number, offset: number): Buffer {
  const large = Buffer.alloc(76)
  large.writeUInt32LE(0x06064b50, 0)
  large.writeBigUInt64LE(44n, 4)
  large.writeUInt16LE(madeByUnix | largeVersion, 12)
  large.writeUInt16LE(largeVersion, 14)
  large.writeBigUInt64LE(BigInt(count), 24)
  large.writeBigUInt64LE(BigInt(count), 32)
  large.writeBigUInt64LE(BigInt(size), 40)
  large.writeBigUInt64LE(BigInt(offset), 48)
  large.writeUInt32LE(0x07064b50, 56)
  large.writeBigUInt64LE(BigInt(offset + size), 64)
  large.writeUInt32LE(1, 72)
  const end = Buffer.alloc(22)
  end.writeUInt32LE(0x06054b50, 0)
  end.writeUInt16LE(Math.min(count, all16), 8)
  end.writeUInt16LE(Math.min(count, all16), 10)
  end.writeUInt32LE(Math.min(size, all32), 12)
  end.writeUInt32LE(Math.min(offset, all32), 16)
  return count >= all16 || size >= all32 || offset >= all32 ? Buffer.concat([large, end]) : end
}

function writeCommon(record: Buffer, at: number, head: EntryHead, tail: EntryTail, sizesCameAfter: boolean): void {
  const { date, time } = dosTime(head.changed)
  record.writeUInt16LE(utf8Name | (sizesCameAfter ? sizesFollow : 0), at)
  record.writeUInt16LE(head.isDeflated ? 8 : 0, at + 2)
  record.writeUInt16LE(time, at + 4)
  record.writeUInt16LE(date, at + 6)
  record.writeUInt32LE(tail.crc, at + 8)
  record.writeUInt32LE(Math.min(tail.packed, all32), at + 12)
  record.writeUInt32LE(Math.min(tail.size, all32), at + 16)
}

function largeSizes(...sizes: readonly number[]): Buffer {
  const field = Buffer.alloc(4 + 8 * sizes.length)
  field.writeUInt16LE(0x0001, 0)
  field.writeUInt16LE(8 * sizes.length, 2)
  for (const [index, size] of sizes.entries()) field.writeBigUInt64LE(BigInt(size), 4 + 8 * index)
  return field
}

/** Info-ZIP's extended timestamp: the older field counts by two seconds from 1980 and has no time zone. */
function timeField({ changed }: EntryHead): Buffer {
  const field = Buffer.alloc(9)
  field.writeUInt16LE(0x5455, 0)
  field.writeUInt16LE(5, 2)
  field.writeUInt8(1, 4)
  field.writeInt32LE(Math.max(-0x80000000, Math.min(changed, 0x7fffffff)), 5)
  return field
}

function dosTime(seconds: number): { readonly date: number; readonly time: number } {
  const first = Date.UTC(1980, 0, 1)
  const last = Date.UTC(2107, 11, 31, 23, 59, 58)
  const at = new Date(Math.max(first, Math.min(seconds * 1000, last)))
  const date = ((at.getUTCFullYear() - 1980) << 9) | ((at.getUTCMonth() + 1) << 5) | at.getUTCDate()
  const time = (at.getUTCHours() << 11) | (at.getUTCMinutes() << 5) | (at.getUTCSeconds() >> 1)
  return { date, time }
}

function sizeOf(parts: readonly Buffer[]): number {
  return parts.reduce((sum, part) => sum + part.length, 0)
}
