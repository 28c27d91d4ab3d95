import { WebSocket } from 'ws'
import { messageWith, type Plan } from './plan.ts'

export interface ConnectOptions {
  readonly session?: string
  /** The newest event that the client has. */
  readonly cursor?: number
  readonly deltas?: boolean
}

/** How a plan came out. */
export interface Done {
  /** The state in which the agent came to rest. */
  readonly state: string
  /** Commands that ended with exit code 0. */
  readonly succeeded: number
  /** The first command that failed, or the first thing that the server complained about; empty if all was well. */
  readonly complaint: string
}

/** A WebSocket client that costs little: it looks into frames as text and keeps none. */
export class Client {
  readonly #socket: WebSocket
  #listener: (text: string) => void = () => undefined
  #fail: (error: Error) => void = () => undefined
  /** The session, as the server named it; empty at a floor. */
  session = ''

  private constructor(socket: WebSocket) {
    this.#socket = socket
    socket.on('upgrade', response => {
      this.session = String(response.headers['openhands-session'] ?? '')
    })
    socket.on('message', data => this.#listener(String(data)))
    socket.on('close', code => this.#fail(new Error(`the server closed the connection (${code})`)))
    socket.on('error', error => this.#fail(error))
  }

  /** Connects; what comes before anybody listens is dropped, unless `listener` is given. */
  static async connect(url: string, options: ConnectOptions = {}, listener?: (text: string) => void): Promise<Client> {
    const address = new URL('/ws', url.replace(/^http/, 'ws'))
    if (options.session !== undefined) address.searchParams.set('session', options.session)
    if (options.cursor !== undefined) address.searchParams.set('latest_event_id', String(options.cursor))
    if (options.deltas) address.searchParams.set('deltas', 'true')
    const socket = new WebSocket(address, { perMessageDeflate: false })
    const client = new Client(socket)
    if (listener) client.#listener = listener
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    client.#fail = reject
    socket.once('open', resolve)
    await promise
    return client
  }

  send(text: string): void {
    this.#socket.send(text)
  }

  /** Resolves with the first frame to come that fits; the listener of the moment is replaced. */
  until(fits: (text: string) => boolean): Promise<string> {
    const { promise, resolve, reject } = Promise.withResolvers<string>()
    this.#fail = reject
    this.#listener = text => {
      if (fits(text)) resolve(text)
    }
    return promise
  }

  /** Has a plan carried out, as a user who watches; resolves when the agent has come to rest. */
  async follow(plan: Plan, onFrame?: (text: string) => void): Promise<Done> {
    let succeeded = 0
    let complaint = ''
    const resting = this.until(text => {
      onFrame?.(text)
      if (text.includes('"observation":"run"')) {
        if (text.includes('"exit_code":0')) succeeded++
        else complaint ||= text
      }
      if (text.includes('"observation":"error"') || text.includes('"error":true')) complaint ||= text
      return restingState(text) !== undefined
    })
    this.send(JSON.stringify({ action: 'message', args: { content: messageWith(plan) } }))
    return { state: restingState(await resting) ?? '', succeeded, complaint }
  }

  close(): void {
    this.#fail = () => undefined
    this.#socket.terminate()
  }
}

const states = /"agent_state":"(finished|paused|error|stopped|awaiting_user_input|awaiting_user_confirmation)"/

/** The state in which the agent came to rest, when the frame tells of it. */
function restingState(text: string): string | undefined {
  return text.includes('"observation":"agent_state_changed"') ? states.exec(text)?.[1] : undefined
}

/** Carries out a plan that must succeed; throws with what the server said otherwise. */
export async function succeed(client: Client, plan: Plan, onFrame?: (text: string) => void): Promise<void> {
  const done = await client.follow(plan, onFrame)
  const ended = done.state === 'finished' || (plan.words !== undefined && done.state === 'awaiting_user_input')
  if (!ended || done.succeeded !== (plan.steps ?? 0))
    throw new Error(`plan ${plan.id}: ${done.state} after ${done.succeeded} commands. ${done.complaint}`)
}
