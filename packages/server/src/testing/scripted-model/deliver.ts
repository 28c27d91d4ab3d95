import type { ServerResponse } from 'node:http'
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'
import type { Gate } from './gate.ts'
import type { Delivery } from './script.ts'

/** An answer in bytes: pieces are the chunks of a stream, or one whole body. */
export interface Payload {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly pieces: readonly (string | Uint8Array)[]
}

/** How a delivery ended on our side; a client that left is seen by the `close` event of the response. */
export type Delivered = 'ended' | 'cut' | 'left'

/** Everything that a slow delivery waits for ends at once when the connection closes. */
class Waiting {
  readonly #response: ServerResponse
  readonly #closed = new AbortController()
  readonly #end = Promise.withResolvers<void>()

  constructor(response: ServerResponse) {
    this.#response = response
    const close = (): void => {
      this.#closed.abort()
      this.#end.resolve()
    }
    if (response.destroyed) close()
    else response.once('close', close)
  }

  get left(): boolean {
    return this.#closed.signal.aborted
  }

  async for(promise: Promise<unknown>): Promise<void> {
    if (!this.left) await Promise.race([promise, this.#end.promise])
  }

  async sleep(ms: number): Promise<void> {
    const waiting = ms > 0 ? sleep(ms, undefined, { signal: this.#closed.signal }) : nextTurn()
    // The only failure of a timer is the abort, which `left` tells.
    await waiting.catch(() => undefined)
  }

  async at(gate: Gate): Promise<void> {
    gate.arrive()
    await this.for(gate.opened)
  }

  async write(bytes: Uint8Array): Promise<void> {
    if (this.left) return
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#response.write(bytes, () => resolve())
    await this.for(promise)
  }
}

/** Waits as the script says before the status line. */
export async function holdBack(response: ServerResponse, delivery: Delivery): Promise<Delivered | undefined> {
  if (delivery.before.length === 0 && delivery.holdMs === undefined) return undefined
  const waiting = new Waiting(response)
  for (const gate of delivery.before) await waiting.at(gate)
  if (delivery.holdMs !== undefined) await waiting.sleep(delivery.holdMs)
  return waiting.left ? 'left' : undefined
}

/** Sends an answer in the way that the script says; without special wishes in one write. */
export async function deliver(response: ServerResponse, payload: Payload, delivery: Delivery): Promise<Delivered> {
  response.writeHead(payload.status, payload.headers)
  if (delivery.gates.length > 0 || delivery.cutAfter !== undefined || delivery.pause)
    return slowly(response, payload, delivery)
  const [only, ...more] = payload.pieces
  if (more.length === 0) response.end(only ?? '')
  else response.end(joinPieces(payload.pieces))
  return 'ended'
}

/** All pieces as one body. */
export function joinPieces(pieces: Payload['pieces']): string | Uint8Array {
  if (pieces.every(piece => typeof piece === 'string')) return pieces.join('')
  return Buffer.concat(pieces.map(piece => Buffer.from(piece)))
}

async function slowly(response: ServerResponse, payload: Payload, delivery: Delivery): Promise<Delivered> {
  const waiting = new Waiting(response)
  const end = delivery.cutAfter ?? Number.POSITIVE_INFINITY
  const gates = [...delivery.gates]
  let sent = 0
  response.flushHeaders()
  for (const [chunk, piece] of payload.pieces.entries()) {
    if (chunk > 0) await pauseBefore(chunk, waiting, delivery)
    for (let rest = Buffer.from(piece); rest.length > 0; ) {
      for (; (gates[0]?.after ?? Number.POSITIVE_INFINITY) <= sent; gates.shift())
        if (gates[0]) await waiting.at(gates[0].gate)
      if (waiting.left) return 'left'
      const room = Math.min(rest.length, (gates[0]?.after ?? Number.POSITIVE_INFINITY) - sent, end - sent)
      if (room <= 0) return cutOff(response)
      await waiting.write(rest.subarray(0, room))
      rest = rest.subarray(room)
      sent += room
    }
  }
  for (const { gate } of gates) await waiting.at(gate)
  if (waiting.left) return 'left'
  if (delivery.cutAfter !== undefined) return cutOff(response)
  response.end()
  return 'ended'
}

async function pauseBefore(chunk: number, waiting: Waiting, delivery: Delivery): Promise<void> {
  const pause = delivery.pause?.(chunk)
  if (typeof pause === 'number') await waiting.sleep(pause)
  else if (pause) await waiting.for(pause)
}

function cutOff(response: ServerResponse): Delivered {
  response.destroy()
  return 'cut'
}
