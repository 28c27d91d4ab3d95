import { closeSync, mkdirSync, openSync, readSync, rmSync, writeSync } from 'node:fs'

/** Bytes of one command that are kept: as many from its beginning as from its end, on the disk. */
const half = 10 * 1024 * 1024
/** So many bytes are kept in memory before there is a file. */
const memoryLimit = 64 * 1024

/** A part of what a command printed. */
export interface SpooledPart {
  /** Where it begins: later than asked for where what lies between was left out. */
  readonly offset: number
  readonly bytes: Buffer
  /** Bytes that the command has printed so far. */
  readonly total: number
}

/**
 * The exact bytes that a command printed, bounded: the first and the last ten million or so. The file has no name any
 * more once it is open, so that no program finds it and nothing is left of it when the executor ends.
 */
export class Spool {
  readonly #folder: string
  #memory: Buffer[] = []
  #total = 0
  #file: number | undefined
  /** Whether the disk did not take it; then only what came before is kept. */
  #isFull = false
  /** Bytes that are kept of the beginning. */
  #kept = 0

  /** `folder` is made when it is first needed. */
  constructor(folder: string) {
    this.#folder = folder
  }

  get total(): number {
    return this.#total
  }

  write(bytes: Buffer): void {
    const at = this.#total
    this.#total += bytes.length
    if (this.#isFull) return
    if (this.#file === undefined && this.#total <= memoryLimit) {
      this.#memory.push(Buffer.from(bytes))
      this.#kept = this.#total
      return
    }
    try {
      this.#file ??= this.#create()
      this.#store(this.#file, at, bytes)
    } catch {
      this.#isFull = true
    }
  }

  /** At most `length` bytes from `offset` on. */
  read(offset: number, length: number): SpooledPart {
    const tail = this.#isFull ? this.#total : Math.max(this.#kept, this.#total - half)
    const start = offset >= this.#kept && offset < tail ? tail : offset
    const end = Math.min(start < this.#kept ? this.#kept : this.#total, start + length)
    if (start >= end) return { offset: start, bytes: Buffer.alloc(0), total: this.#total }
    return { offset: start, bytes: this.#load(start, end - start), total: this.#total }
  }

  close(): void {
    if (this.#file !== undefined) closeSync(this.#file)
    this.#file = undefined
    this.#memory = []
    this.#isFull = true
    this.#kept = 0
  }

  #create(): number {
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 })
    const path = `${this.#folder}/output-${process.hrtime.bigint()}`
    const file = openSync(path, 'wx+', 0o600)
    rmSync(path)
    const memory = Buffer.concat(this.#memory)
    this.#memory = []
    this.#store(file, 0, memory)
    return file
  }

  /** The beginning lies as it is; the end goes around in the second half of the file. */
  #store(file: number, offset: number, bytes: Buffer): void {
    for (let done = 0; done < bytes.length; ) {
      const at = offset + done
      const room = at < half ? half - at : half - ((at - half) % half)
      const piece = bytes.subarray(done, done + room)
      const written = writeSync(file, piece, 0, piece.length, placeOf(at))
      done += written
      this.#kept = Math.min(half, Math.max(this.#kept, at + written))
    }
  }

  #load(offset: number, length: number): Buffer {
    if (this.#file === undefined) return Buffer.concat(this.#memory).subarray(offset, offset + length)
    const bytes = Buffer.alloc(length)
    for (let done = 0; done < length; ) {
      const at = offset + done
      const room = at < half ? half - at : half - ((at - half) % half)
      const read = readSync(this.#file, bytes, done, Math.min(room, length - done), placeOf(at))
      if (read === 0) return bytes.subarray(0, done)
      done += read
    }
    return bytes
  }
}

function placeOf(offset: number): number {
  return offset < half ? offset : half + ((offset - half) % half)
}
