/** What a route has answered. */
export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly bytes: Buffer
  readonly text: string
  /** Undefined where the answer is no JSON. */
  readonly json: ReturnType<typeof JSON.parse>
}

/** Asks routes; objects are sent as JSON, bytes as they are. */
export async function ask(
  url: string,
  method = 'GET',
  body?: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const isBytes = typeof body === 'string' || body instanceof Uint8Array
  const type = body === undefined || isBytes ? {} : { 'content-type': 'application/json' }
  const sent = body === undefined ? {} : { body: isBytes ? Buffer.from(body) : JSON.stringify(body) }
  const answer = await fetch(url, { method, headers: { ...type, ...headers }, ...sent })
  const bytes = Buffer.from(await answer.arrayBuffer())
  const text = bytes.toString('utf8')
  return { status: answer.status, headers: answer.headers, bytes, text, json: parsed(text) }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Names that are to lead somewhere else, as they stand in an address (S09, S10). */
export const hostileNames: readonly string[] = [
  '..%2f..%2fetc%2fpasswd',
  '%2e%2e%2f%2e%2e%2fetc%2fpasswd',
  '%252e%252e%252fetc',
  '..%5c..%5cwindows',
  '%00',
  'a%0d%0aset-cookie:x',
  '%c0%ae%c0%ae%2f',
  '__proto__',
  'constructor',
  '~root',
  '%2fetc%2fpasswd',
  'x'.repeat(2000),
]

/** The messages of a stream of server-sent events, as they come. */
export class EventReader implements AsyncDisposable {
  readonly messages: { readonly event: string; readonly data: Record<string, unknown> }[] = []
  readonly #gone = new AbortController()
  readonly #reading: Promise<void>
  hasEnded = false
  #changed = Promise.withResolvers<void>()

  constructor(url: string) {
    this.#reading = this.#read(url).catch(() => undefined)
  }

  /** Resolves to the first message that fits, old or new; rejects when the stream ends before. */
  async waitFor(fits: (message: this['messages'][number]) => boolean): Promise<this['messages'][number]> {
    for (;;) {
      const changed = this.#changed.promise
      const found = this.messages.find(fits)
      if (found) return found
      if (this.hasEnded) throw new Error(`the stream has ended: ${JSON.stringify(this.messages).slice(-2000)}`)
      await changed
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#gone.abort()
    await this.#reading
  }

  async #read(url: string): Promise<void> {
    try {
      const { body, status } = await fetch(url, { signal: this.#gone.signal })
      if (status !== 200 || body === null) return
      let rest = ''
      const decoder = new TextDecoder()
      for await (const bytes of body) {
        const blocks = (rest + decoder.decode(bytes, { stream: true })).split('\n\n')
        rest = blocks.pop() ?? ''
        for (const block of blocks) this.#take(block)
      }
    } finally {
      this.hasEnded = true
      this.#wake()
    }
  }

  #take(block: string): void {
    const event = /^event: (.*)$/m.exec(block)?.[1]
    const data = /^data: (.*)$/m.exec(block)?.[1]
    if (event === undefined || data === undefined) return
    this.messages.push({ event, data: JSON.parse(data) })
    this.#wake()
  }

  #wake(): void {
    this.#changed.resolve()
    this.#changed = Promise.withResolvers()
  }
}
