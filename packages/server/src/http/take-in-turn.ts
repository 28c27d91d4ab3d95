import type { WebSocket } from 'ws'

/** What may wait to be handled before its client is read no further. */
export interface MostWaiting {
  readonly frames: number
  readonly bytes: number
}

/**
 * Handles the frames of a client one after the other; from too many that wait the client is not read until they are
 * fewer. What `handle` rejects with is nobody's: it answers for itself.
 */
export function takeInTurn(
  socket: WebSocket,
  most: MostWaiting,
  handle: (data: Buffer, isBinary: boolean) => Promise<void>,
): void {
  const waiting = { frames: 0, bytes: 0 }
  const count = (data: Buffer, sign: 1 | -1): void => {
    waiting.frames += sign
    waiting.bytes += sign * data.length
    const full = waiting.frames >= most.frames || waiting.bytes >= most.bytes
    if (full && !socket.isPaused) socket.pause()
    if (!full && socket.isPaused && waiting.frames < most.frames / 2) socket.resume()
  }
  let chain: Promise<void> = Promise.resolve()
  socket.on('message', (data, isBinary) => {
    const bytes = data as Buffer // `ws` gives whole messages as one buffer unless told otherwise
    count(bytes, 1)
    chain = chain
      .then(() => handle(bytes, isBinary))
      .finally(() => count(bytes, -1))
      .catch(() => undefined) // see above
  })
}
