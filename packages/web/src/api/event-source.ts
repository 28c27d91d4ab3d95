import { request } from './request.ts'

/** A message of a server's stream of events. */
export interface StreamMessage {
  readonly event: string
  readonly data: string
}

const SILENCE_MS = 45_000
/** One message can hardly be larger; what has no end is no message. */
const MAX_CHARACTERS = 4_000_000

/**
 * Follows a stream of server-sent events until it ends, fails or falls silent; the browser's own `EventSource` cannot
 * send a token in a header. Rejects with what went wrong.
 */
export async function followStream(
  path: string,
  signal: AbortSignal,
  onMessage: (message: StreamMessage) => void,
  onOpen: () => void,
): Promise<void> {
  const silence = new AbortController()
  const both = AbortSignal.any([signal, silence.signal])
  const fall = (): void => silence.abort(new Error('the stream fell silent'))
  let timer = setTimeout(fall, SILENCE_MS)
  try {
    const { body } = await request(path, { headers: { accept: 'text/event-stream' }, signal: both })
    if (!body) return
    onOpen()
    const cutter = new MessageCutter(onMessage)
    const reader = body.pipeThrough(new TextDecoderStream()).getReader()
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      clearTimeout(timer)
      timer = setTimeout(fall, SILENCE_MS)
      cutter.add(value)
    }
  } finally {
    clearTimeout(timer)
  }
}

/** Cuts a text stream into messages (HTML standard §9.2.6); comments and fields that nobody needs are passed over. */
export class MessageCutter {
  readonly #onMessage: (message: StreamMessage) => void
  #rest = ''
  #event = ''
  #data: string[] = []

  constructor(onMessage: (message: StreamMessage) => void) {
    this.#onMessage = onMessage
  }

  add(text: string): void {
    const lines = (this.#rest + text).split(/\r\n|\n|\r(?!$)/)
    this.#rest = lines.pop() ?? ''
    if (this.#rest.length > MAX_CHARACTERS) throw new Error('a line of the stream has no end')
    for (const line of lines) this.#line(line)
  }

  #line(line: string): void {
    if (line === '') this.#dispatch()
    const colon = line.indexOf(':')
    if (line === '' || colon === 0) return
    const name = colon < 0 ? line : line.slice(0, colon)
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '')
    if (name === 'event') this.#event = value
    if (name === 'data') this.#data.push(value)
  }

  #dispatch(): void {
    const data = this.#data.join('\n')
    const event = this.#event || 'message'
    this.#data = []
    this.#event = ''
    if (data !== '') this.#onMessage({ event, data })
  }
}
