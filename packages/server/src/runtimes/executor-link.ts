import { z } from 'zod'
import { type ByteStream, type Outcome, RuntimeError } from '../core/ports.ts'
import { orAborted } from '../lib/signal.ts'
import { ByteQueue } from './byte-queue.ts'
import { streamWindow } from './executor/protocol.ts'
import type { ExecutorClient, Reply, Request } from './executor-client.ts'
import { StreamHead } from './stream-head.ts'

/** Bytes that the texts of one request may have. */
const writeLimit = 10 * 1024 * 1024
/** How long, in milliseconds, whoever disposes a stream waits for the executor to be done with it. */
const endLimit = 5000

/** A stream that the executor has taken up, with what it told beforehand. */
export interface OpenedStream {
  readonly facts: Readonly<Record<string, unknown>>
  readonly stream: ByteStream
  /** The answer that ends it. */
  readonly reply: Promise<Reply>
}

/** The ways in which the parts of a runtime ask an executor. */
export class ExecutorLink {
  readonly client: ExecutorClient

  constructor(client: ExecutorClient) {
    this.client = client
  }

  /** Waits for a reply, or for the signal; what an abandoned request still does is not undone. */
  async ask(request: Request, signal: AbortSignal): Promise<Reply> {
    signal.throwIfAborted()
    if (sizeOf(request) > writeLimit)
      return { type: 'refused', message: `The text is longer than ${writeLimit} bytes.` }
    const { reply, cancel } = this.client.send(request)
    signal.addEventListener('abort', cancel)
    reply.catch(() => undefined)
    try {
      return await orAborted(reply, signal)
    } finally {
      signal.removeEventListener('abort', cancel)
    }
  }

  /**
   * Opens a stream, see `executor/begin-stream.ts`; the signal counts until it is open, disposing it afterwards. Its
   * output ends when the executor says so, at the latest with the reply, and throws when that is no result. A reader
   * that leaves before the end cancels the request.
   */
  async openStream(
    request: Omit<Request, 'onData' | 'onEnd' | 'window'>,
    signal: AbortSignal,
  ): Promise<Outcome<OpenedStream>> {
    signal.throwIfAborted()
    const head = new StreamHead()
    const queue = new ByteQueue(() => sent.cancel())
    const onData = (bytes: Buffer): Promise<void> | undefined => {
      const rest = head.take(bytes)
      if (head.isTooLong) this.client.lose('The sandbox sent a stream that is not in the protocol')
      return rest.length > 0 ? queue.push(rest) : undefined
    }
    const sent = this.client.send({ ...request, onData, onEnd: () => queue.end(), window: streamWindow })
    const { reply } = sent
    reply.then(
      answer => queue.end(answer.type === 'result' ? undefined : new Error(answer.message)),
      error => queue.end(error),
    )
    const dispose = async (): Promise<void> => {
      sent.cancel()
      queue.close()
      await orAborted(reply, AbortSignal.timeout(endLimit)).catch(() => undefined)
    }
    const opened = Promise.race([head.line.then(line => ({ line })), reply.then(refusal => ({ refusal }))])
    const first = await orAborted(opened, signal).catch(error => {
      dispose().catch(() => undefined)
      throw error
    })
    if ('refusal' in first) {
      const { refusal } = first
      return { ok: false, message: refusal.type === 'result' ? 'The stream ended before it began.' : refusal.message }
    }
    const facts = this.readText(z.record(z.string(), z.unknown()), first.line)
    const stream = { output: queue, write: sent.write, end: sent.end, [Symbol.asyncDispose]: dispose }
    return { ok: true, facts, stream, reply }
  }

  /** The value that a line of JSON holds; see `read`. */
  readText<T>(schema: z.ZodType<T>, text: string): T {
    return this.read(schema, parse(text))
  }

  /** The value of an answer; one that is not in the protocol loses the sandbox. */
  read<T>(schema: z.ZodType<T>, value: unknown): T {
    const parsed = schema.safeParse(value)
    if (parsed.success) return parsed.data
    this.client.lose('The sandbox sent an answer that is not in the protocol')
    throw new RuntimeError('lost', 'The sandbox sent an answer that is not in the protocol')
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function sizeOf({ body, params }: Request): number {
  const texts = Object.values(params).filter(value => typeof value === 'string')
  return texts.reduce((size, text) => size + Buffer.byteLength(text), body?.length ?? 0)
}
