import type { Git } from './git-process.ts'

/** The contents of blobs, in the order of their hashes; throws `GitError` at the first that is not there. */
export async function* readBlobs(
  git: Git,
  hashes: readonly string[],
  signal: AbortSignal,
): AsyncGenerator<Buffer, void> {
  // Whoever stops reading wants no more of it.
  const stop = new AbortController()
  const run = git.start(['cat-file', '--batch'], AbortSignal.any([signal, stop.signal]))
  run.input.end(hashes.map(hash => `${hash}\n`).join(''))
  const reader = new ExactReader(run.output)
  try {
    for (const hash of hashes) yield await readBlob(reader, hash)
    await run.ended
  } finally {
    signal.throwIfAborted()
    stop.abort()
  }
}

async function readBlob(reader: ExactReader, hash: string): Promise<Buffer> {
  const line = await reader.line()
  const size = /^[0-9a-f]+ blob (\d+)$/.exec(line)?.[1]
  if (size === undefined) throw new Error(`The content ${hash} is missing: ${line}`)
  const content = await reader.bytes(Number(size))
  await reader.bytes(1)
  return content
}

const newline = 0x0a

/** Cuts a stream into lines and pieces of a known length. */
class ExactReader {
  readonly #pieces: AsyncIterator<Buffer>
  #held: Buffer = Buffer.alloc(0)

  constructor(stream: AsyncIterable<Buffer>) {
    this.#pieces = stream[Symbol.asyncIterator]()
  }

  /** Without its end; what is there when the stream ends before. */
  async line(): Promise<string> {
    while (!this.#held.includes(newline)) if (!(await this.#more())) break
    const end = this.#held.indexOf(newline)
    const line = this.#held.toString('latin1', 0, end < 0 ? undefined : end)
    this.#held = this.#held.subarray(end < 0 ? this.#held.length : end + 1)
    return line
  }

  async bytes(count: number): Promise<Buffer> {
    const pieces: Buffer[] = []
    let missing = count
    while (missing > 0) {
      if (this.#held.length === 0 && !(await this.#more())) throw new Error('The content ended too early')
      const piece = this.#held.subarray(0, missing)
      this.#held = this.#held.subarray(piece.length)
      missing -= piece.length
      pieces.push(piece)
    }
    return Buffer.concat(pieces)
  }

  async #more(): Promise<boolean> {
    const next = await this.#pieces.next()
    if (next.done === true) return false
    this.#held = this.#held.length === 0 ? next.value : Buffer.concat([this.#held, next.value])
    return true
  }
}
