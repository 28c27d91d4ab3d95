import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { PAGE_SIZE } from './write-ahead-log.ts'

/*
 * Rows without the database that held them: every page is read by itself as a leaf of a table, so that neither a
 * broken header nor a broken tree hides what is intact. https://www.sqlite.org/fileformat2.html#b_tree_pages
 * What is no such page yields nonsense; rows must therefore prove themselves, by checksum, to whoever asks for them.
 */

/** One row as it stands in a page; blobs and floating numbers, which our tables do not use, come as null. */
export type CarvedRow = { readonly rowid: number; readonly values: readonly (string | number | null)[] }

const LEAF_HEADER = 8
/** The most of a row that its leaf itself holds, and the least when the rest is in overflow pages. */
const MOST_LOCAL = PAGE_SIZE - 35
const LEAST_LOCAL = Math.floor(((PAGE_SIZE - 12) * 32) / 255) - 23

/** The rows of all tables of a database file, `newer` pages in place of the file's own; order is that of the pages. */
export function* carveRows(path: string, newer: ReadonlyMap<number, Uint8Array>): Generator<CarvedRow> {
  const file = openSync(path, 'r')
  try {
    const pages = new Pages(file, newer)
    for (const number of pages.numbers()) {
      const page = pages.read(number)
      if (page) yield* leafRows(page, number === 1 ? 100 : 0, pages)
    }
  } finally {
    closeSync(file)
  }
}

class Pages {
  /** So many pages there can be: no row is longer than all of them. */
  readonly count: number
  readonly #file: number
  readonly #inFile: number
  readonly #newer: ReadonlyMap<number, Uint8Array>

  constructor(file: number, newer: ReadonlyMap<number, Uint8Array>) {
    this.#file = file
    this.#newer = newer
    this.#inFile = Math.ceil(fstatSync(file).size / PAGE_SIZE)
    this.count = this.#inFile + newer.size
  }

  *numbers(): Generator<number> {
    for (let number = 1; number <= this.#inFile; number++) yield number
    for (const number of this.#newer.keys()) if (number > this.#inFile) yield number
  }

  read(number: number): Buffer | undefined {
    const newer = this.#newer.get(number)
    if (newer) return Buffer.from(newer.buffer, newer.byteOffset, newer.byteLength)
    if (number < 1 || number > this.#inFile) return undefined
    const page = Buffer.alloc(PAGE_SIZE)
    return readSync(this.#file, page, 0, PAGE_SIZE, (number - 1) * PAGE_SIZE) > 0 ? page : undefined
  }
}

function* leafRows(page: Buffer, start: number, pages: Pages): Generator<CarvedRow> {
  const cells = page.readUInt16BE(start + 3)
  const pointers = start + LEAF_HEADER
  for (let i = 0; i < cells && pointers + 2 * i + 2 <= PAGE_SIZE; i++) {
    const row = readCell(page, page.readUInt16BE(pointers + 2 * i), pages)
    if (row) yield row
  }
}

function readCell(page: Buffer, at: number, pages: Pages): CarvedRow | undefined {
  const size = readVarint(page, at)
  if (!size || size.value < 2 || size.value > pages.count * PAGE_SIZE) return undefined
  const rowid = readVarint(page, size.next)
  if (!rowid) return undefined
  const payload = readPayload(page, rowid.next, size.value, pages)
  const values = payload && readRecord(payload)
  return values && { rowid: rowid.value, values }
}

function readPayload(page: Buffer, at: number, size: number, pages: Pages): Buffer | undefined {
  if (size <= MOST_LOCAL) return at + size <= PAGE_SIZE ? page.subarray(at, at + size) : undefined
  const rest = LEAST_LOCAL + ((size - LEAST_LOCAL) % (PAGE_SIZE - 4))
  const local = rest <= MOST_LOCAL ? rest : LEAST_LOCAL
  if (at + local + 4 > PAGE_SIZE) return undefined
  const parts = [page.subarray(at, at + local)]
  let next = page.readUInt32BE(at + local)
  for (let missing = size - local; missing > 0; missing -= PAGE_SIZE - 4) {
    const overflow = pages.read(next)
    if (!overflow) return undefined
    parts.push(overflow.subarray(4, 4 + Math.min(missing, PAGE_SIZE - 4)))
    next = overflow.readUInt32BE(0)
  }
  return Buffer.concat(parts)
}

function readRecord(payload: Buffer): (string | number | null)[] | undefined {
  const header = readVarint(payload, 0)
  if (!header || header.value > payload.length) return undefined
  const values: (string | number | null)[] = []
  let body = header.value
  for (let at = header.next; at < header.value; ) {
    const type = readVarint(payload, at)
    if (!type) return undefined
    const length = lengthOf(type.value)
    if (length === undefined || body + length > payload.length) return undefined
    values.push(readValue(payload.subarray(body, body + length), type.value))
    body += length
    at = type.next
  }
  return values
}

/** How many bytes a value of a serial type takes. */
function lengthOf(type: number): number | undefined {
  if (type >= 12) return Math.floor((type - 12) / 2)
  return [0, 1, 2, 3, 4, 6, 8, 8, 0, 0][type]
}

function readValue(bytes: Buffer, type: number): string | number | null {
  if (type >= 13 && type % 2 === 1) return bytes.toString('utf8')
  if (type >= 1 && type <= 5) return bytes.readIntBE(0, bytes.length)
  if (type === 6) return Number(bytes.readBigInt64BE())
  return type === 8 ? 0 : type === 9 ? 1 : null
}

/** A number of 1 to 9 bytes, seven bits in each; undefined beyond the page or beyond what a number holds exactly. */
function readVarint(bytes: Buffer, at: number): { value: number; next: number } | undefined {
  let value = 0
  for (let i = at; i < at + 8; i++) {
    const byte = bytes[i]
    if (byte === undefined) return undefined
    value = value * 128 + (byte & 0x7f)
    if (byte < 0x80) return value <= Number.MAX_SAFE_INTEGER ? { value, next: i + 1 } : undefined
  }
  return undefined
}
