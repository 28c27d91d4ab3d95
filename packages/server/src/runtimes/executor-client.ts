import { z } from 'zod'
import { RuntimeError } from '../core/ports.ts'
import { encodeFrame, encodeHeader, type Frame, FrameReader } from './executor/frame.ts'
import { dataLimit, inputWindow, protocolVersion } from './executor/protocol.ts'
import type { Started } from './starter.ts'

/** What an executor may send; it runs where the agent's programs run, so nothing of it is believed unread. */
const Incoming = z.discriminatedUnion('type', [
  z.object({ type: z.literal('hello'), protocol: z.literal(protocolVersion) }),
  z.object({ type: z.literal('data'), id: z.int(), end: z.boolean().default(false) }),
  z.object({ type: z.literal('credit'), id: z.int(), credit: z.int().positive() }),
  z.object({ type: z.literal('result'), id: z.int(), value: z.record(z.string(), z.unknown()) }),
  z.object({ type: z.literal('refused'), id: z.int(), message: z.string() }),
  z.object({ type: z.literal('error'), id: z.int(), message: z.string() }),
  z.object({ type: z.literal('fault'), message: z.string() }),
])

/** The answer to a request: a result, a refusal for the user to read, or a fault of the executor. */
export type Reply =
  | { readonly type: 'result'; readonly value: Readonly<Record<string, unknown>>; readonly body: Buffer }
  | { readonly type: 'refused' | 'error'; readonly message: string }

/** One request. */
export interface Request {
  readonly method: string
  readonly params: Readonly<Record<string, unknown>>
  readonly body?: Uint8Array
  /**
   * Gets output while the request runs; without it none is sent. More comes when what it returns has resolved; when it
   * throws, the request is cancelled.
   */
  readonly onData?: ((bytes: Buffer) => void | Promise<void>) | undefined
  /** There is no more output, though the request may go on. */
  readonly onEnd?: () => void
  /** Bytes of output that may be on their way; `dataLimit` when absent. */
  readonly window?: number
}

/** A request that is under way. */
export interface Sent {
  /** Rejects with `RuntimeError` of kind `lost` only. */
  readonly reply: Promise<Reply>
  /** Asks for an early answer. */
  cancel(): void
  /**
   * Sends input in the order of the calls; resolves when all of it is sent, or when the request has been answered. The
   * bytes must stay as they are until then.
   */
  write(bytes: Uint8Array): Promise<void>
  /** There is no more input after what has been written. */
  end(): void
}

interface Waiting {
  readonly resolve: (reply: Reply) => void
  readonly reject: (error: RuntimeError) => void
  readonly request: Request
  credit: number
  /** Bytes of output that were taken and not yet asked for again. */
  taken: number
  /** Bytes of input that the executor is ready to take. */
  room: number
  changed: PromiseWithResolvers<void>
  /** Settles when all input so far is sent; undefined after the end. */
  sending: Promise<void> | undefined
}

/** The server's end of the protocol, see `executor/protocol.ts`. */
export class ExecutorClient {
  readonly #process: Started
  readonly #waiting = new Map<number, Waiting>()
  readonly #hello = Promise.withResolvers<void>()
  readonly #lost = Promise.withResolvers<string>()
  #nextId = 1
  #loss: string | undefined

  constructor(process: Started) {
    this.#process = process
    const reader = new FrameReader(
      frame => this.#receive(frame),
      reason => this.lose(`The sandbox sent something unreadable: ${reason}`),
      header => header['type'] === 'data',
    )
    process.output.on('data', (chunk: Buffer) => reader.push(chunk))
    const ended = process.ended.then(how => this.lose(`The sandbox has ended: ${how}`))
    ended.catch(error => this.lose(String(error)))
    this.#hello.promise.catch(() => undefined)
  }

  /** Resolves when the executor is there; rejects with `RuntimeError` when it ended first. */
  get hello(): Promise<void> {
    return this.#hello.promise
  }

  /** Resolves, with the reason, when no more answers will come. */
  get lost(): Promise<string> {
    return this.#lost.promise
  }

  /** Sends a request. */
  send(request: Request): Sent {
    if (this.#loss !== undefined) return lostRequest(this.#loss)
    const id = this.#nextId++
    const { method, params, body, onData, window = dataLimit } = request
    const credit = onData === undefined ? 0 : window
    const frame = encodeFrame({ type: 'request', id, method, params, credit }, body)
    const { promise, resolve, reject } = Promise.withResolvers<Reply>()
    const changed = Promise.withResolvers<void>()
    const sending = Promise.resolve()
    this.#waiting.set(id, { resolve, reject, request, credit, taken: 0, room: inputWindow, changed, sending })
    this.#process.input.write(frame)
    return {
      reply: promise,
      cancel: () => this.#tell({ type: 'cancel', id }),
      write: bytes => this.#inTurn(id, () => this.#write(id, bytes)),
      end: () => this.#endInput(id),
    }
  }

  /** Gives up: every open request is answered with `RuntimeError`, and the process is killed. */
  lose(reason: string): void {
    if (this.#loss !== undefined) return
    this.#loss = reason
    const error = new RuntimeError('lost', reason)
    this.#hello.reject(error)
    for (const waiting of this.#waiting.values()) {
      waiting.reject(error)
      waiting.changed.resolve()
    }
    this.#waiting.clear()
    this.#process.kill()
    this.#lost.resolve(reason)
  }

  #receive({ header, body }: Frame): void {
    const parsed = Incoming.safeParse(header)
    const frame = parsed.data
    if (frame === undefined) this.lose('The sandbox sent a frame that is not in the protocol')
    else if (frame.type === 'hello') this.#hello.resolve()
    else if (frame.type === 'fault') this.lose(`The executor could not read a frame: ${frame.message}`)
    else if (frame.type === 'data') this.#receiveData(frame.id, body, frame.end)
    else if (frame.type === 'credit') this.#receiveRoom(frame.id, frame.credit)
    else {
      const waiting = this.#waiting.get(frame.id)
      this.#waiting.delete(frame.id)
      waiting?.resolve(frame.type === 'result' ? { ...frame, body } : frame)
      waiting?.changed.resolve()
    }
  }

  #receiveData(id: number, bytes: Buffer, isLast: boolean): void {
    const waiting = this.#waiting.get(id)
    if (waiting === undefined) return
    waiting.credit -= bytes.length
    if (waiting.credit < 0) this.lose('The sandbox sent more than it was asked for')
    if (this.#loss !== undefined) return
    if (bytes.length > 0) this.#handOver(id, waiting, bytes)
    if (isLast) waiting.request.onEnd?.()
  }

  /** Whoever cannot take what it has asked for wants no more of it. */
  #handOver(id: number, waiting: Waiting, bytes: Buffer): void {
    const cancel = (): void => this.#tell({ type: 'cancel', id })
    try {
      const taken = waiting.request.onData?.(bytes)
      if (taken === undefined) this.#grant(id, waiting, bytes.length)
      else taken.then(() => this.#grant(id, waiting, bytes.length), cancel).catch(error => this.lose(String(error)))
    } catch {
      cancel()
    }
  }

  /** Asks for more when a quarter of the window is free: not after every line of a chatty program. */
  #grant(id: number, waiting: Waiting, size: number): void {
    waiting.taken += size
    if (waiting.taken * 4 < (waiting.request.window ?? dataLimit)) return
    waiting.credit += waiting.taken
    this.#tell({ type: 'credit', id, credit: waiting.taken })
    waiting.taken = 0
  }

  #receiveRoom(id: number, credit: number): void {
    const waiting = this.#waiting.get(id)
    if (waiting === undefined) return
    waiting.room += credit
    waiting.changed.resolve()
    waiting.changed = Promise.withResolvers()
  }

  async #write(id: number, bytes: Uint8Array): Promise<void> {
    let rest = bytes
    while (rest.length > 0) {
      const waiting = this.#waiting.get(id)
      if (waiting === undefined) return
      if (waiting.room === 0) {
        await waiting.changed.promise
        continue
      }
      const piece = rest.subarray(0, Math.min(waiting.room, dataLimit))
      waiting.room -= piece.length
      await this.#send({ type: 'input', id }, piece)
      rest = rest.subarray(piece.length)
    }
  }

  /** Writes a frame without a copy of its body; resolves when the bytes are needed no more. */
  #send(header: Frame['header'], body: Uint8Array): Promise<void> {
    const { input } = this.#process
    const { promise, resolve } = Promise.withResolvers<void>()
    input.cork()
    input.write(encodeHeader(header, body))
    input.write(body, () => resolve()) // written or lost, and of a loss `ended` tells
    input.uncork()
    return promise
  }

  /** Input leaves in the order in which it was given, whatever has to wait for room. */
  #inTurn(id: number, work: () => Promise<void>): Promise<void> {
    const waiting = this.#waiting.get(id)
    if (waiting?.sending === undefined) return Promise.resolve()
    waiting.sending = waiting.sending.then(work)
    return waiting.sending
  }

  #endInput(id: number): void {
    const waiting = this.#waiting.get(id)
    const last = this.#inTurn(id, async () => this.#tell({ type: 'input', id, end: true }))
    if (waiting !== undefined) waiting.sending = undefined
    last.catch(error => this.lose(String(error)))
  }

  /** Tells something about a request that has not been answered. */
  #tell(header: { readonly type: string; readonly id: number; readonly [more: string]: unknown }): void {
    if (this.#waiting.has(header.id)) this.#process.input.write(encodeFrame(header))
  }
}

function lostRequest(reason: string): Sent {
  const reply = Promise.reject(new RuntimeError('lost', reason))
  return { reply, cancel: () => undefined, write: async () => undefined, end: () => undefined }
}
