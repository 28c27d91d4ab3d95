import type { Event } from '@openhands/protocol'
import { WebSocket } from 'ws'

export interface ClientOptions {
  /** The newest event that the client has. */
  readonly cursor?: number
  readonly session?: string
  readonly protocols?: readonly string[]
  readonly headers?: Readonly<Record<string, string>>
  readonly deltas?: boolean
}

type Frame = Record<string, unknown>

/** A WebSocket client that keeps every frame and can wait for one; what a test knows, it knows through this. */
export class SocketClient {
  readonly frames: Frame[] = []
  readonly #socket: WebSocket
  readonly #waiting = new Set<() => void>()
  /** The session, as the server named it in its answer to the upgrade. */
  session = ''
  closeCode: number | undefined

  private constructor(socket: WebSocket) {
    this.#socket = socket
    socket.on('upgrade', response => {
      this.session = String(response.headers['openhands-session'] ?? '')
    })
    socket.on('message', data => {
      this.frames.push(JSON.parse(String(data)))
      this.#wake()
    })
    socket.on('close', code => {
      this.closeCode = code
      this.#wake()
    })
    socket.on('error', () => undefined)
  }

  /** Connects; rejects with the HTTP status when the upgrade is refused. */
  static async connect(url: string, options: ClientOptions = {}): Promise<SocketClient> {
    const address = new URL('/ws', url.replace(/^http/, 'ws'))
    if (options.session !== undefined) address.searchParams.set('session', options.session)
    if (options.cursor !== undefined) address.searchParams.set('latest_event_id', String(options.cursor))
    if (options.deltas) address.searchParams.set('deltas', 'true')
    const socket = new WebSocket(address, [...(options.protocols ?? [])], { headers: { ...options.headers } })
    const client = new SocketClient(socket)
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    socket.once('open', resolve)
    socket.once('unexpected-response', (request, response) => {
      reject(new Error(`refused with ${response.statusCode}`))
      request.destroy()
    })
    socket.once('error', reject)
    await promise
    return client
  }

  /** Events of the log, in the order in which they came. */
  get events(): readonly Event[] {
    return this.frames.filter(frame => 'action' in frame || 'observation' in frame) as unknown as Event[] // sent by the server under test
  }

  get lastId(): number {
    return this.events.at(-1)?.id ?? -1
  }

  /** The underlying socket, for tests that break it. */
  get socket(): WebSocket {
    return this.#socket
  }

  send(frame: unknown): void {
    this.#socket.send(typeof frame === 'string' ? frame : JSON.stringify(frame))
  }

  start(task: string): void {
    this.send({ action: 'start', args: { task } })
  }

  say(content: string): void {
    this.send({ action: 'message', args: { content } })
  }

  /** Resolves to the first frame, past or to come, that fits; rejects when the connection ends without one. */
  async waitFor<T extends Frame = Frame>(fits: (frame: Frame) => boolean, what = 'a frame'): Promise<T> {
    for (let checked = 0; ; ) {
      for (; checked < this.frames.length; checked++) {
        const frame = this.frames[checked]
        if (frame && fits(frame)) return frame as T // the caller's predicate says so
      }
      if (this.closeCode !== undefined) throw new Error(`closed (${this.closeCode}) before ${what}: ${this.trail()}`)
      const { promise, resolve } = Promise.withResolvers<void>()
      this.#waiting.add(resolve)
      await promise
    }
  }

  /** Waits until the agent is said to be in a state, for the n-th time at least. */
  async waitForState(state: string, times = 1): Promise<void> {
    let seen = 0
    let counted = 0
    await this.waitFor(() => {
      for (; counted < this.frames.length; counted++) {
        const now = stateOf(this.frames[counted])
        if (now === state) seen++
        else if (now === 'error')
          throw new Error(`error before state ${state}: ${JSON.stringify(this.frames.slice(-6))}`)
      }
      return seen >= times
    }, `state ${state}`)
  }

  /** The connection is gone without a goodbye. */
  async drop(): Promise<void> {
    this.#socket.terminate()
    await this.closed()
  }

  async close(): Promise<void> {
    this.#socket.close()
    await this.closed()
  }

  async closed(): Promise<void> {
    while (this.closeCode === undefined) {
      const { promise, resolve } = Promise.withResolvers<void>()
      this.#waiting.add(resolve)
      await promise
    }
  }

  /** What came, in a word each: `message`, `run`, `→run`, `=finished`. */
  trail(): string {
    return this.frames.map(wordOf).join(' ')
  }

  #wake(): void {
    for (const resolve of this.#waiting) resolve()
    this.#waiting.clear()
  }
}

/** The agent state that a frame announces. */
export function stateOf(frame: Frame | undefined): unknown {
  return frame?.observation === 'agent_state_changed' && (frame.extras as Frame).agent_state // of every such observation
}

function wordOf(frame: Frame): string {
  const state = stateOf(frame)
  if (state) return `=${state}`
  if ('action' in frame) return String(frame.action)
  if ('observation' in frame) return `→${frame.observation}`
  return Object.keys(frame)[0] ?? '?'
}
