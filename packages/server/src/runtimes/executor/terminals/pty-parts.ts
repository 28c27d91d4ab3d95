import type { Socket } from 'node:net'
import type { IPty } from '@lydell/node-pty'

/** What a terminal of node-pty has besides what its declaration names. */
interface Parts {
  readonly _socket: Socket
  readonly _pty: string
}

/** Types bytes, resolving when the terminal has taken them or is gone. */
export function typeInto(pty: IPty, bytes: Buffer): Promise<void> {
  // `write` itself queues without bounds and does not tell when it is done.
  const { _socket: socket } = pty as unknown as Parts
  const { promise, resolve } = Promise.withResolvers<void>()
  if (socket.destroyed) resolve()
  else socket.write(bytes, () => resolve())
  return promise
}

/** The device that programs in the terminal see. */
export function deviceOf(pty: IPty): string {
  return (pty as unknown as Parts)._pty
}
