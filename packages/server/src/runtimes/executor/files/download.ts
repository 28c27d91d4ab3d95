import type { FileHandle } from 'node:fs/promises'
import { beginStream } from '../begin-stream.ts'
import type { Answer, Call } from '../calls.ts'
import { Refusal } from '../refusal.ts'
import { openInner } from './folder.ts'
import type { Places } from './places.ts'
import { versionOf } from './version.ts'

/** Bytes that are read at once. */
const pieceSize = 256 * 1024

/**
 * Sends a file of the workspace from `offset` on, as many bytes as it had when it was opened; what is appended meanwhile
 * is not part of it. Throws `Refusal` beforehand for what is no regular file, and later for one that became shorter.
 */
export async function download(places: Places, call: Call): Promise<Answer> {
  const offset = call.params.number('offset')
  await using file = await openInner(places, call.params.text('path'))
  const stats = await file.stat({ bigint: true })
  const size = Number(stats.size)
  if (!Number.isSafeInteger(offset) || offset < 0 || offset > size) {
    throw new Refusal(`The file has ${size} bytes, there is none at ${offset}.`)
  }
  await beginStream(call, { size, changed: Math.floor(Number(stats.mtimeMs)), version: versionOf(stats) })
  await sendFrom(file, offset, size, call)
  return {}
}

async function sendFrom(file: FileHandle, offset: number, end: number, { output, signal }: Call): Promise<void> {
  const buffer = Buffer.allocUnsafe(Math.min(pieceSize, end - offset))
  for (let at = offset; at < end; ) {
    signal.throwIfAborted()
    const { bytesRead } = await file.read(buffer, 0, Math.min(buffer.length, end - at), at)
    if (bytesRead === 0) throw new Refusal('The file became shorter while it was read.')
    // What is delivered has been copied into frames when the promise resolves.
    await output.deliver(buffer.subarray(0, bytesRead), signal)
    at += bytesRead
  }
}
