/** A frame is one line of JSON and then, when the line says `"bytes":n`, n raw bytes. */
export interface Frame {
  readonly header: Readonly<Record<string, unknown>>
  readonly body: Buffer
}

/** Bytes that a header line, and likewise a body, may have; what is longer is skipped, never kept. */
export const frameLimit = 16 * 1024 * 1024

const newline = 0x0a
const noBytes = Buffer.alloc(0)

/** The bytes of a frame; `bytes` is added to the header when there is a body. Throws `RangeError` when it exceeds the limit. */
export function encodeFrame(header: Frame['header'], body: Uint8Array = noBytes): Buffer {
  const line = encodeHeader(header, body)
  return body.length > 0 ? Buffer.concat([line, body]) : line
}

/** The bytes of a frame that come before its body, for who writes that without a copy; see `encodeFrame`. */
export function encodeHeader(header: Frame['header'], body: Uint8Array): Buffer {
  const line = Buffer.from(JSON.stringify(body.length > 0 ? { ...header, bytes: body.length } : header) + '\n')
  if (line.length > frameLimit || body.length > frameLimit) throw new RangeError('The frame is longer than 16 MiB')
  return line
}

/** Cuts a byte stream into frames, in time linear in its length; a bad frame is reported, skipped and costs no memory. */
export class FrameReader {
  readonly #onFrame: (frame: Frame) => void
  readonly #onFault: (reason: string, id: unknown) => void
  readonly #isStream: (header: Frame['header']) => boolean
  #header: Frame['header'] | undefined
  #parts: Buffer[] = []
  #size = 0
  /** Bytes of the body that are still to come. */
  #missing = 0
  #skipping: 'line' | 'body' | undefined

  /**
   * `onFault` gets the `id` of the frame's header where one could be read. A frame that `isStream` comes in as many as its
   * body came in, which is then never copied; only the last has the header's `end`.
   */
  constructor(
    onFrame: (frame: Frame) => void,
    onFault: (reason: string, id: unknown) => void,
    isStream: (header: Frame['header']) => boolean = () => false,
  ) {
    this.#onFrame = onFrame
    this.#onFault = onFault
    this.#isStream = isStream
  }

  push(chunk: Buffer): void {
    let rest = chunk
    while (rest.length > 0) rest = this.#missing > 0 ? this.#takeBody(rest) : this.#takeLine(rest)
  }

  #takeLine(chunk: Buffer): Buffer {
    const end = chunk.indexOf(newline)
    const piece = end < 0 ? chunk : chunk.subarray(0, end)
    if (this.#skipping === undefined && this.#size + piece.length > frameLimit) {
      this.#skipping = 'line'
      this.#take()
      this.#onFault('The header is longer than 16 MiB', undefined)
    }
    if (this.#skipping === undefined) this.#keep(piece)
    if (end < 0) return noBytes
    if (this.#skipping === 'line') this.#skipping = undefined
    else this.#readHeader(this.#take())
    return chunk.subarray(end + 1)
  }

  #readHeader(line: Buffer): void {
    const header = parseObject(line)
    const bytes = header?.['bytes'] ?? 0
    if (header === undefined) this.#onFault('The header is not a JSON object', undefined)
    else if (typeof bytes !== 'number' || !Number.isSafeInteger(bytes) || bytes < 0) {
      this.#onFault('`bytes` is not a count', header['id'])
    } else if (bytes === 0) this.#onFrame({ header, body: noBytes })
    else this.#expect(header, bytes)
  }

  #expect(header: Frame['header'], bytes: number): void {
    this.#missing = bytes
    if (bytes <= frameLimit) this.#header = header
    else {
      this.#skipping = 'body'
      this.#onFault('The body is longer than 16 MiB', header['id'])
    }
  }

  #takeBody(chunk: Buffer): Buffer {
    const piece = chunk.subarray(0, this.#missing)
    this.#missing -= piece.length
    if (this.#missing > 0 && this.#header !== undefined && this.#isStream(this.#header)) {
      const { end: _, ...header } = this.#header
      this.#onFrame({ header, body: piece })
    } else if (this.#skipping === undefined) this.#keep(piece)
    if (this.#missing === 0) {
      const header = this.#header
      this.#header = undefined
      this.#skipping = undefined
      const body = this.#take()
      if (header !== undefined) this.#onFrame({ header, body })
    }
    return chunk.subarray(piece.length)
  }

  #keep(piece: Buffer): void {
    this.#parts.push(piece)
    this.#size += piece.length
  }

  #take(): Buffer {
    const [only] = this.#parts
    const whole = this.#parts.length === 1 && only !== undefined ? only : Buffer.concat(this.#parts)
    this.#parts = []
    this.#size = 0
    return whole
  }
}

function parseObject(line: Buffer): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line.toString('utf8'))
    // A parse gives `unknown`; only plain objects pass.
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined
  } catch {
    return undefined
  }
}
