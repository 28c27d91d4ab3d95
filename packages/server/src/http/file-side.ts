import type { DiffSide } from '@openhands/protocol'
import type { Files } from '../core/ports.ts'

/** Bytes of a file that are compared. */
export const MOST_COMPARED = 2 * 1024 * 1024
const absent: DiffSide = { kind: 'absent', text: '' }

/** Bytes as one side of a comparison; undefined where there is no file. */
export function sideOf(bytes: Uint8Array | undefined): DiffSide {
  if (bytes === undefined) return absent
  if (bytes.length > MOST_COMPARED) return { kind: 'too_large', text: '' }
  if (bytes.includes(0)) return { kind: 'binary', text: '' }
  try {
    return { kind: 'text', text: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes) }
  } catch {
    return { kind: 'binary', text: '' }
  }
}

/** A file as it is now; what is no file, or cannot be read, is absent. */
export async function presentSide(files: Files, path: string, signal: AbortSignal): Promise<DiffSide> {
  const opened = await files.download(path, 0, signal)
  if (!opened.ok) return absent
  await using stream = opened.stream
  if (opened.size > MOST_COMPARED) return { kind: 'too_large', text: '' }
  const pieces: Uint8Array[] = []
  for await (const piece of stream.output) pieces.push(piece)
  return sideOf(Buffer.concat(pieces))
}
