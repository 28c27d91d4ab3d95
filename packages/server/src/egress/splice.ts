import type { Socket } from 'node:net'

/**
 * Carries bytes between two sockets, each at the other's pace; an end of one is an end for the other, and so is a
 * failure, or nothing at all in either direction for `idleMs`. Both must allow half-open connections.
 */
export function splice(one: Socket, other: Socket, idleMs: number): void {
  const pairs = [
    [one, other],
    [other, one],
  ] as const
  for (const [from, to] of pairs) {
    // What passes in either direction is read from one and written to the other, which counts for both.
    from.setTimeout(idleMs, () => from.destroy())
    from.on('error', () => to.destroy())
    from.on('close', hadError => (hadError ? to.destroy() : to.destroySoon()))
    from.pipe(to)
  }
  if (one.destroyed || other.destroyed) for (const socket of [one, other]) socket.destroy()
}
