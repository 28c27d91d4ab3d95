import { AsyncLocalStorage } from 'node:async_hooks'
import { randomUUID } from 'node:crypto'
import type {
  LanguageModelV4,
  LanguageModelV4CallOptions,
  LanguageModelV4Message,
  LanguageModelV4StreamResult,
} from '@ai-sdk/provider'
import { beginsWith } from './growing-fold.ts'
import type { Dialect } from './providers.ts'

/** A larger history, one with many images, is not kept. */
const mostBytes = 8 * 1024 * 1024

type Messages = readonly LanguageModelV4Message[]
type Asking = Pick<LanguageModelV4, 'doStream'>

/**
 * How a dialect writes a message of the user that says no more than this text. Anthropic's is missing: there, messages
 * are merged with their neighbours and carry marks that wander, so what was sent is not sent again as it was.
 */
const plainMessage: ReadonlyMap<Dialect, (text: string) => unknown> = new Map([
  ['chat', (text: string): unknown => ({ role: 'user', content: text })],
  ['responses', (text: string): unknown => ({ role: 'user', content: [{ type: 'input_text', text }] })],
  ['google', (text: string): unknown => ({ role: 'user', parts: [{ text }] })],
])

/** A request's body: a head, the JSON of the messages with commas between them, and a tail. */
interface Sent {
  readonly messages: Messages
  readonly head: string
  readonly buffer: Buffer<ArrayBuffer>
  /** Bytes of the buffer: where the messages begin, where they end, and where the body does. */
  readonly from: number
  readonly to: number
  readonly length: number
  /** True when the body has gone out, so that what comes after the messages may be written over. */
  free: boolean
}

interface Sending {
  readonly messages: Messages
  readonly before: Sent | undefined
  /** The library wrote the request in another way than expected; it was not sent. */
  unexpected?: true
}

/**
 * The model that `make` gives, which is shown only those messages that it was not shown before: the others go out as
 * the bytes they were sent as. What is sent is the same to the byte. It rests on a dialect's converting every message
 * for itself; where one does not, all messages are shown each time.
 */
export function withSentHistory(
  dialect: Dialect,
  fetch: typeof globalThis.fetch,
  make: (fetch: typeof globalThis.fetch) => LanguageModelV4,
): Asking {
  const plain = plainMessage.get(dialect)
  if (!plain) return make(fetch)
  const history = new SentHistory(plain)
  const model = make(history.fetch(fetch))
  return { doStream: options => history.ask(model, options) }
}

class SentHistory {
  /** By the first message of a conversation. */
  readonly #sent = new WeakMap<LanguageModelV4Message, Sent>()
  /** Leads from a question to the request that it becomes inside of the provider's library. */
  readonly #sending = new AsyncLocalStorage<Sending | undefined>()
  readonly #begin: Mark
  readonly #end: Mark
  #fits = true

  constructor(plain: (text: string) => unknown) {
    this.#begin = newMark(plain)
    this.#end = newMark(plain)
  }

  async ask(model: LanguageModelV4, options: LanguageModelV4CallOptions): Promise<LanguageModelV4StreamResult> {
    if (!this.#fits) return await model.doStream(options)
    const { prompt } = options
    const systems = prompt[0]?.role === 'system' ? 1 : 0
    const messages = prompt.slice(systems)
    const sending: Sending = { messages, before: this.#sentOf(messages) }
    const rest = messages.slice(sending.before?.messages.length ?? 0)
    const short = [...prompt.slice(0, systems), this.#begin.message, ...rest, this.#end.message]
    try {
      return await this.#sending.run(sending, async () => await model.doStream({ ...options, prompt: short }))
    } catch (error) {
      if (!sending.unexpected) throw error
      this.#fits = false
      return await model.doStream(options)
    }
  }

  #sentOf(messages: Messages): Sent | undefined {
    const [first] = messages
    const sent = first && this.#sent.get(first)
    return sent && beginsWith(messages, sent.messages) ? sent : undefined
  }

  fetch(below: typeof globalThis.fetch): typeof globalThis.fetch {
    return async (input, init) => {
      const sending = this.#sending.getStore()
      if (!sending || typeof init?.body !== 'string') return await below(input, init)
      const sent = this.#whole(init.body, sending)
      this.#keep(sent)
      const body = sent.buffer.subarray(0, sent.length)
      // Connections outlive the request: they must not hold what was sent with it.
      const response = await this.#sending.run(undefined, async () => await below(input, { ...init, body }))
      sent.free = true // who answers has the whole question
      return response
    }
  }

  /** The request's body with all messages in the place of the marks and of what is between them. */
  #whole(body: string, sending: Sending): Sent {
    const { messages, before } = sending
    const begin = body.indexOf(this.#begin.json)
    const end = body.indexOf(this.#end.json, begin)
    if (begin < 0 || end < 0) {
      sending.unexpected = true
      throw new Error('The request was not written as expected.')
    }
    const head = body.slice(0, begin)
    const fresh = body.slice(begin + this.#begin.json.length, end).replace(/^,|,$/g, '')
    const tail = body.slice(end + this.#end.json.length)
    const known = before ? before.to - before.from : 0
    const more = known > 0 && fresh !== '' ? `,${fresh}` : fresh
    const from = Buffer.byteLength(head)
    const to = from + known + Buffer.byteLength(more)
    const length = to + Buffer.byteLength(tail)
    const buffer = bufferFor(head, from, length, before)
    buffer.write(more, from + known)
    buffer.write(tail, to)
    return { messages, head, buffer, from, to, length, free: false }
  }

  #keep(sent: Sent): void {
    const [first] = sent.messages
    if (!first) return
    if (sent.length <= mostBytes) this.#sent.set(first, sent)
    else this.#sent.delete(first)
  }
}

/** Room for so many bytes that begins with the head and with the messages sent before: the same as then where it can be. */
function bufferFor(head: string, from: number, length: number, before: Sent | undefined): Buffer<ArrayBuffer> {
  if (before?.free && before.head === head && length <= before.buffer.length) {
    before.free = false
    return before.buffer
  }
  // A quarter more than is needed: the next requests will be longer.
  const buffer = Buffer.allocUnsafeSlow(before ? Math.ceil(length * 1.25) : length)
  buffer.write(head)
  before?.buffer.copy(buffer, from, before.from, before.to)
  return buffer
}

/** A message that stands in a prompt for others. Nobody else can know its text. */
interface Mark {
  readonly message: LanguageModelV4Message
  readonly json: string
}

function newMark(plain: (text: string) => unknown): Mark {
  const text = randomUUID()
  return { message: { role: 'user', content: [{ type: 'text', text }] }, json: JSON.stringify(plain(text)) }
}
