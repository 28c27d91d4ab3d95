import { z } from 'zod'
import { RuntimeError } from '../core/ports.ts'
import { encodeFrame, type Frame, FrameReader } from './executor/frame.ts'
import { dataLimit, protocolVersion } from './executor/protocol.ts'
import type { Started } from './starter.ts'

/** What an executor may send; it runs where the agent's programs run, so nothing of it is believed unread. */
const Incoming = z.discriminatedUnion('type', [
  z.object({ type: z.literal('hello'), protocol: z.literal(protocolVersion) }),
  z.object({ type: z.literal('data'), id: z.int() }),
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
  /** Gets output while the request runs; without it none is sent. */
  readonly onData?: ((bytes: Buffer) => void) | undefined
}

interface Waiting {
  readonly resolve: (reply: Reply) => void
  readonly reject: (error: RuntimeError) => void
  readonly onData: Request['onData']
  credit: number
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

  /** Sends a request. The reply rejects with `RuntimeError` of kind `lost` only; `cancel` asks for an early answer. */
  send(request: Request): { readonly reply: Promise<Reply>; readonly cancel: () => void } {
    if (this.#loss !== undefined)
      return { reply: Promise.reject(new RuntimeError('lost', this.#loss)), cancel: () => undefined }
    const id = this.#nextId++
    const credit = request.onData === undefined ? 0 : dataLimit
    const { method, params, body, onData } = request
    const frame = encodeFrame({ type: 'request', id, method, params, credit }, body)
    const { promise, resolve, reject } = Promise.withResolvers<Reply>()
    this.#waiting.set(id, { resolve, reject, onData, credit })
    this.#process.input.write(frame)
    return { reply: promise, cancel: () => void this.#process.input.write(encodeFrame({ type: 'cancel', id })) }
  }

  /** Gives up: every open request is answered with `RuntimeError`, and the process is killed. */
  lose(reason: string): void {
    if (this.#loss !== undefined) return
    this.#loss = reason
    const error = new RuntimeError('lost', reason)
    this.#hello.reject(error)
    for (const waiting of this.#waiting.values()) waiting.reject(error)
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
    else if (frame.type === 'data') this.#receiveData(frame.id, body)
    else {
      this.#waiting.get(frame.id)?.resolve(frame.type === 'result' ? { ...frame, body } : frame)
      this.#waiting.delete(frame.id)
    }
  }

  #receiveData(id: number, bytes: Buffer): void {
    const waiting = this.#waiting.get(id)
    if (waiting === undefined) return
    waiting.credit -= bytes.length
    if (waiting.credit < 0) this.lose('The sandbox sent more than it was asked for')
    if (this.#loss !== undefined) return
    waiting.onData?.(bytes)
    waiting.credit += bytes.length
    this.#process.input.write(encodeFrame({ type: 'credit', id, credit: bytes.length }))
  }
}
