import { pipeline } from 'node:stream'
import { crc32, createDeflateRaw, deflateRawSync, type ZlibOptions } from 'node:zlib'
import { descriptor, directoryRecord, type EntryHead, endRecords, localHeader } from './zip-records.ts'

/** Most of what compressing gains, for a third of the time of the usual level. */
const level = 3
/** From this size on an entry may come to need more than 32 bits, as bytes that cannot be compressed grow a little. */
const largeFrom = 0xff000000
/** Bytes of the directory that are joined, so that an archive of many files is not kept as many buffers. */
const blockSize = 256 * 1024

/** What is said of an entry. */
export interface ZipEntry {
  /** Relative, with `/` between its parts; a folder's ends in one. */
  readonly path: string
  /** As `lstat` has it, type included: links are entries whose bytes are their target. */
  readonly mode: number
  /** Milliseconds since 1970. */
  readonly changed: number
  /** Whether compressing it may gain something. */
  readonly isDeflated: boolean
}

/**
 * Writes a zip file in one pass to `put`, which may make it wait; entries come one after the other. Of earlier entries
 * only their lines of the directory are kept, about a hundred bytes each. (The libraries for this keep an object per
 * entry and search them all for every next one, or cannot compress, or cannot go beyond 4 GiB.)
 */
export class ZipWriter {
  readonly #put: (bytes: Buffer) => Promise<void>
  #offset = 0
  #count = 0
  #blocks: Buffer[] = []
  #records: Buffer[] = []
  #recordBytes = 0

  constructor(put: (bytes: Buffer) => Promise<void>) {
    this.#put = put
  }

  /** Adds an entry whose bytes are there; few enough to be compressed in one go. */
  async add(entry: ZipEntry, bytes: Buffer): Promise<void> {
    const packed = entry.isDeflated && bytes.length > 0 ? deflateRawSync(bytes, optionsFor(bytes.length)) : bytes
    const isDeflated = packed.length < bytes.length
    const head = headOf({ ...entry, isDeflated }, bytes.length)
    const tail = { crc: crc32(bytes), packed: Math.min(packed.length, bytes.length), size: bytes.length }
    this.#note(directoryRecord(head, tail, this.#offset, false))
    await this.#write(localHeader(head, tail))
    await this.#write(isDeflated ? packed : bytes)
  }

  /** Adds an entry whose bytes come in pieces, of which there are no more than `size`. */
  async addStream(entry: ZipEntry, size: number, pieces: AsyncIterable<Buffer>): Promise<void> {
    const head = headOf(entry, size)
    const offset = this.#offset
    let crc = 0
    let read = 0
    async function* counted(): AsyncGenerator<Buffer> {
      for await (const piece of pieces) {
        crc = crc32(piece, crc)
        read += piece.length
        yield piece
      }
    }
    await this.#write(localHeader(head))
    const begin = this.#offset
    for await (const piece of entry.isDeflated ? deflated(counted()) : counted()) await this.#write(piece)
    const tail = { crc, packed: this.#offset - begin, size: read }
    this.#note(directoryRecord(head, tail, offset, true))
    await this.#write(descriptor(head, tail))
  }

  /** Writes the directory; nothing may be added afterwards. */
  async end(): Promise<void> {
    this.#join()
    const offset = this.#offset
    for (const block of this.#blocks.splice(0)) await this.#write(block)
    await this.#write(endRecords(this.#count, this.#offset - offset, offset))
  }

  async #write(bytes: Buffer): Promise<void> {
    this.#offset += bytes.length
    await this.#put(bytes)
  }

  #note(record: Buffer): void {
    this.#count++
    this.#records.push(record)
    this.#recordBytes += record.length
    if (this.#recordBytes >= blockSize) this.#join()
  }

  #join(): void {
    this.#blocks.push(Buffer.concat(this.#records))
    this.#records = []
    this.#recordBytes = 0
  }
}

function headOf({ path, mode, changed, isDeflated }: ZipEntry, size: number): EntryHead {
  const name = Buffer.from(path)
  return { name, mode, changed: Math.floor(changed / 1000), isDeflated, isLarge: size >= largeFrom }
}

/** Most files are small: the memory that is made ready for large ones would be most of the work. */
function optionsFor(size: number): ZlibOptions {
  const chunkSize = Math.max(1024, size >> 2)
  if (size <= 4096) return { level, chunkSize, windowBits: 12, memLevel: 5 }
  return { level, chunkSize, memLevel: size <= 32 * 1024 ? 7 : 8 }
}

async function* deflated(pieces: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void> {
  const packer = createDeflateRaw({ level })
  // A failure of the pieces comes out of the packer; when that is left early, the pieces are closed.
  pipeline(pieces, packer, () => undefined)
  yield* packer
}
