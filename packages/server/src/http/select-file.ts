import { posix } from 'node:path'
import type { ByteStream, Download, Files, Outcome } from '../core/ports.ts'

/** Files that a page shows as what they are (wire A5.5); never one that could run in it (S15). */
const mediaTypes: ReadonlyMap<string, string> = new Map([
  ['.png', 'image/png'],
  ['.jpg', 'image/jpeg'],
  ['.jpeg', 'image/jpeg'],
  ['.bmp', 'image/bmp'],
  ['.gif', 'image/gif'],
  ['.pdf', 'application/pdf'],
  ['.mp4', 'video/mp4'],
  ['.webm', 'video/webm'],
  ['.ogg', 'video/ogg'],
])
/** Bytes of text that an editor takes, and of a file that is sent as a `data:` URL. */
const textLimit = 5 * 1024 * 1024
const mediaLimit = 64 * 1024 * 1024

/** A file on its way to a page; whoever has it disposes of `stream`. */
export interface Selected {
  readonly version: string
  readonly stream: ByteStream
  /** The JSON of the answer. */
  readonly json: AsyncIterable<string>
}

/** The content of a file as JSON `{"code": …}`: text, or a `data:` URL, of a bounded size. Refuses what is neither. */
export async function selectFile(files: Files, path: string, signal: AbortSignal): Promise<Outcome<Selected>> {
  const opened = await files.download(path, 0, signal)
  if (!opened.ok) return opened
  const mediaType = mediaTypes.get(posix.extname(path).toLowerCase())
  const limit = mediaType === undefined ? textLimit : mediaLimit
  const answer = await (opened.size > limit
    ? { ok: false as const, message: `The file has ${opened.size} bytes, at most ${limit} can be shown: ${path}.` }
    : describe(opened, mediaType, path))
  if (!answer.ok) await opened.stream[Symbol.asyncDispose]()
  return answer
}

async function describe(opened: Download, mediaType: string | undefined, path: string): Promise<Outcome<Selected>> {
  const { version, stream } = opened
  if (mediaType !== undefined) return { ok: true, version, stream, json: dataUrl(mediaType, stream) }
  const pieces: Uint8Array[] = []
  for await (const piece of stream.output) pieces.push(piece)
  const text = decode(Buffer.concat(pieces))
  if (text === undefined) return { ok: false, message: `File could not be decoded as utf-8: ${path}.` }
  return { ok: true, version, stream, json: once(JSON.stringify({ code: text })) }
}

async function* dataUrl(mediaType: string, stream: ByteStream): AsyncGenerator<string, void> {
  yield `{"code":"data:${mediaType};base64,`
  let rest: Buffer = Buffer.alloc(0)
  for await (const piece of stream.output) {
    const bytes = Buffer.concat([rest, piece])
    const whole = bytes.length - (bytes.length % 3)
    rest = Buffer.from(bytes.subarray(whole))
    if (whole > 0) yield bytes.toString('base64', 0, whole)
  }
  yield `${rest.toString('base64')}"}`
}

async function* once(text: string): AsyncGenerator<string, void> {
  yield text
}

function decode(bytes: Buffer): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return undefined // it is no text; the caller says so
  }
}
