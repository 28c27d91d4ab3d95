import { currentToken } from './access.ts'
import { address } from './address.ts'
import { RequestError, request } from './request.ts'

/** How a download goes; it ends with the signal. */
export interface Downloading {
  readonly signal: AbortSignal
  /** Bytes that have come; never called where the browser itself saves the file and shows how far it is. */
  readonly onProgress: (received: number) => void
}

/** So much is held by a browser that cannot write to the disk piece by piece. */
const MOST_HELD = 1024 ** 3

/** The part of the File System Access API that is used; browsers without it have no such function. */
interface SavePicker {
  showSaveFilePicker?(options: { suggestedName: string }): Promise<{ createWritable(): Promise<WritableStream> }>
}

/**
 * Saves what an address answers with. Without a token the browser downloads it by itself. With one, which a link cannot
 * carry, it is written to a chosen file piece by piece where the browser can do that, and gathered up to 1 GiB where it
 * cannot. Rejects where it is more, and where the server refuses; an abort is passed on.
 */
export async function saveToDisk(path: string, name: string, how: Downloading): Promise<void> {
  if (currentToken() === undefined) return click(address(path), name)
  const picker = globalThis as SavePicker // not among the standard names yet
  // First of all: a browser asks only right after a click.
  const target = await picker.showSaveFilePicker?.({ suggestedName: name })
  const { body } = await request(path, { signal: how.signal })
  if (!body) return
  const counted = body.pipeThrough(counter(how, target ? Number.POSITIVE_INFINITY : MOST_HELD))
  if (target) return await counted.pipeTo(await target.createWritable(), { signal: how.signal })
  const pieces: Blob[] = []
  for (let reader = counted.getReader(); ; ) {
    const { done, value } = await reader.read()
    if (done) break
    pieces.push(new Blob([value]))
  }
  // A kind that no browser shows: whatever the agent has made, it is saved and nothing else (S15).
  const link = URL.createObjectURL(new Blob(pieces, { type: 'application/octet-stream' }))
  click(link, name)
  setTimeout(() => URL.revokeObjectURL(link), 60_000)
}

function counter(
  { onProgress }: Downloading,
  most: number,
): TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>> {
  let received = 0
  return new TransformStream({
    transform(piece, controller) {
      received += piece.length
      if (received > most) throw new RequestError(0, 'It is too big for this browser to hold.', TOO_BIG)
      onProgress(received)
      controller.enqueue(piece)
    },
  })
}

const TOO_BIG =
  'Use a browser that saves as it loads, such as Chrome or Edge, or fetch the address with curl and the token.'

function click(href: string, name: string): void {
  const link = document.createElement('a')
  link.href = href
  link.download = name
  link.click()
}
