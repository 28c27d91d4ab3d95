import { CallInput } from './call-input.ts'
import { CallOutput } from './call-output.ts'
import type { Frame } from './frame.ts'
import { Params, ProtocolError } from './params.ts'
import { callLimit } from './protocol.ts'
import { Refusal } from './refusal.ts'

/** One request as its handler sees it. */
export interface Call {
  readonly params: Params
  readonly body: Buffer
  /** Aborted when the server cancels the request. */
  readonly signal: AbortSignal
  /** What the server sends while the request runs; most requests have none. It ends early when the request is cancelled. */
  readonly input: AsyncIterable<Buffer>
  /** Takes output while the request runs. */
  readonly output: CallOutput
}

/** What a request resulted in. */
export interface Answer {
  readonly value?: Readonly<Record<string, unknown>>
  readonly body?: Uint8Array
}

/** The requests that an executor understands, by method. */
export type Handlers = ReadonlyMap<string, (call: Call) => Promise<Answer>>

interface Open {
  readonly abort: AbortController
  readonly input: CallInput
  readonly output: CallOutput
}

type Send = (header: Readonly<Record<string, unknown>>, body?: Uint8Array) => void

/** Answers requests, many at a time, each exactly once; no frame can end it. */
export class Calls {
  readonly #handlers: Handlers
  readonly #send: Send
  readonly #open = new Map<number, Open>()

  constructor(handlers: Handlers, send: Send) {
    this.#handlers = handlers
    this.#send = send
  }

  receive({ header, body }: Frame): void {
    const { type, id } = header
    if (typeof id !== 'number' || !Number.isSafeInteger(id)) this.fault('The frame has no `id`', undefined)
    else if (type === 'request') this.#answer(id, header, body).catch(error => this.fault(String(error), id))
    else if (type === 'cancel') this.#open.get(id)?.abort.abort(new Error('The request was cancelled'))
    else if (type === 'credit') this.#open.get(id)?.output.grant(credit(header))
    else if (type === 'input') this.#input(id, header, body)
    else this.fault('The frame has an unknown `type`', id)
  }

  /** Tells the server that it has sent something unreadable; where the request is known, that is its answer. */
  fault(reason: string, id: unknown): void {
    const isAnswer = typeof id === 'number' && !this.#open.has(id)
    this.#send(isAnswer ? { type: 'error', id, message: reason } : { type: 'fault', message: reason })
  }

  /** Input that comes after the answer, while the server does not know of it yet, is let go. */
  #input(id: number, header: Frame['header'], body: Buffer): void {
    const open = this.#open.get(id)
    try {
      open?.input.push(body)
      if (header['end'] === true) open?.input.end()
    } catch (error) {
      open?.abort.abort(error)
      open?.input.end()
    }
  }

  async #answer(id: number, header: Frame['header'], body: Buffer): Promise<void> {
    if (this.#open.has(id)) return this.fault('The `id` is in use', undefined)
    if (this.#open.size >= callLimit) return this.fault(`More than ${callLimit} requests at a time`, id)
    const output = new CallOutput(credit(header), (bytes, last) =>
      this.#send(last ? { type: 'data', id, end: true } : { type: 'data', id }, bytes),
    )
    const input = new CallInput(granted => this.#send({ type: 'credit', id, credit: granted }))
    const abort = new AbortController()
    abort.signal.addEventListener('abort', () => input.end(), { once: true })
    this.#open.set(id, { abort, input, output })
    const { reply, bytes } = await this.#handle(header, {
      body,
      signal: abort.signal,
      input,
      output,
    })
    this.#open.delete(id)
    output.end()
    input.end()
    this.#reply(id, reply, bytes)
  }

  async #handle(
    header: Frame['header'],
    call: Omit<Call, 'params'>,
  ): Promise<{ reply: Record<string, unknown>; bytes?: Uint8Array | undefined }> {
    try {
      const handler = this.#handlers.get(String(header['method']))
      if (handler === undefined)
        throw new ProtocolError('The request has an unknown `method`, or `open` has not come first')
      const answer = await handler({ ...call, params: new Params(header['params'] ?? {}) })
      return { reply: { type: 'result', value: answer.value ?? {} }, bytes: answer.body }
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error)
      return { reply: { type: error instanceof Refusal ? 'refused' : 'error', message } }
    }
  }

  #reply(id: number, reply: Readonly<Record<string, unknown>>, bytes: Uint8Array | undefined): void {
    try {
      this.#send({ ...reply, id }, bytes)
    } catch (error) {
      this.#send({ type: 'error', id, message: error instanceof Error ? error.message : String(error) })
    }
  }
}

function credit(header: Frame['header']): number {
  const value = header['credit']
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0 ? value : 0
}
