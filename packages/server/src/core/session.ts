import type {
  ClientFrame,
  DeltaFrame,
  Draft,
  ErrorFrame,
  Event,
  EventId,
  RunnableAction,
  SessionId,
  StatusFrame,
} from '@openhands/protocol'
import { unreachable } from '../lib/never.ts'
import { present } from '../lib/present.ts'
import type { Secret } from '../lib/secret.ts'
import { childController } from '../lib/signal.ts'
import { AgentSession } from './agent-session.ts'
import { Coalescer } from './coalescer.ts'
import type { EventStream } from './event-stream.ts'
import type { Connection, ModelChunk, Retry, Runtime, SecurityAnalyzer } from './ports.ts'
import type { RedactedStream } from './redactor.ts'
import type { ServerParts } from './server-parts.ts'
import type { Live } from './session-world.ts'

type Delta = DeltaFrame['delta']

/** One live text as its clients may see it. */
interface LiveText {
  cause: EventId
  readonly text: RedactedStream
}

/** One session as its clients see it: any number of them look at the same log, each from its own cursor. */
export class Session implements AsyncDisposable {
  readonly id: SessionId
  readonly #clock: ServerParts['clock']
  readonly #connections = new Set<Connection>()
  readonly #holds = new Set<object>()
  readonly #ending = new AbortController()
  readonly #live: Coalescer
  readonly #redactor: ServerParts['redactor']
  /** Live texts by what they are of; what may be the beginning of a secret waits in them. */
  readonly #redacted: Record<Delta['of'], LiveText>
  readonly #agentSession: AgentSession
  #lastUsed: number

  private constructor(id: SessionId, parts: ServerParts, open: (live: Live) => AgentSession) {
    this.id = id
    this.#clock = parts.clock
    this.#lastUsed = parts.clock.now().getTime()
    this.#redactor = parts.redactor
    this.#redacted = { text: this.#liveText(), reasoning: this.#liveText(), output: this.#liveText() }
    this.#live = new Coalescer(parts.clock, frame => this.#broadcastDelta(frame), this.#ending.signal)
    this.#agentSession = open(this.#liveFrames())
    this.stream.onKept(() => this.#live.flush())
  }

  /** Opens a session's log, old or new. Looking starts nothing: the agent's world is made by what clients do. */
  static async open(id: SessionId, parts: ServerParts): Promise<Session> {
    let live: Live | undefined
    const relay: Live = {
      onChunk: (chunk, seen) => live?.onChunk(chunk, seen),
      onOutput: (text, action) => live?.onOutput(text, action),
      onStatus: (status, message) => live?.onStatus(status, message),
    }
    const agentSession = await AgentSession.open(id, parts, relay)
    return new Session(id, parts, frames => {
      live = frames
      return agentSession
    })
  }

  get stream(): EventStream {
    return this.#agentSession.stream
  }

  /** Milliseconds since anybody looked or the agent acted; 0 while they do. */
  get idleMs(): number {
    if (this.#connections.size > 0 || this.#holds.size > 0 || this.#agentSession.busy) this.#touch()
    return this.#clock.now().getTime() - this.#lastUsed
  }

  /**
   * Sends a client every event from the cursor on, first what was, then what comes, each once and in order, as fast as
   * this client reads. Resolves when the signal is aborted or the connection is given up.
   */
  async attach(connection: Connection, from: EventId, signal: AbortSignal): Promise<void> {
    const { controller, release } = childController(this.#ending.signal)
    const detach = (): void => controller.abort()
    signal.addEventListener('abort', detach, { once: true })
    if (signal.aborted) detach()
    this.#connections.add(connection)
    try {
      await this.stream.follow(from, controller.signal, {
        room: () => connection.room(controller.signal),
        take: async kept => {
          await connection.ready(controller.signal)
          connection.sendEvent(kept)
        },
      })
    } catch (error) {
      if (!controller.signal.aborted) throw error
    } finally {
      this.#connections.delete(connection)
      signal.removeEventListener('abort', detach)
      release()
      this.#touch()
    }
  }

  /** Does what a client's frame asks for. Resolves, once that is in the log, to an error for this client or to nothing. */
  async dispatch(frame: ClientFrame): Promise<ErrorFrame | undefined> {
    this.#touch()
    switch (frame.kind) {
      case 'initialize':
        return await this.#agentSession.initialize(frame.settings, frame.apiKey)
      case 'start':
        return await this.#agentSession.submit({ ...task(frame.task), ...present({ client_id: frame.clientId }) })
      case 'act':
        return frame.draft.action === 'change_agent_state'
          ? await this.#agentSession.requestState(frame.draft)
          : await this.#agentSession.submit(frame.draft)
      case 'retry_now':
        return this.#agentSession.retryNow()
      default:
        return unreachable(frame)
    }
  }

  /** What file, terminal and preview doors work with: the same sandbox as the agent. Throws `RuntimeError`. */
  runtime(signal: AbortSignal): Promise<Runtime> {
    this.#touch()
    return this.#agentSession.runtime(signal)
  }

  /** Who judges the agent's actions here; undefined when nobody does. Throws `RuntimeError`. */
  analyzer(): Promise<SecurityAnalyzer | undefined> {
    this.#touch()
    return this.#agentSession.analyzer()
  }

  /** The sandbox that runs now, for who only looks; undefined when there is none. */
  runningRuntime(): Promise<Runtime | undefined> {
    return this.#agentSession.runningRuntime()
  }

  /** Whether the agent acts, or a command of the user runs. */
  get atWork(): boolean {
    return this.#agentSession.atWork
  }

  /** See `AgentSession.restore`. */
  restore(...asked: Parameters<AgentSession['restore']>): ReturnType<AgentSession['restore']> {
    this.#touch()
    return this.#agentSession.restore(...asked)
  }

  /** Somebody uses its sandbox: it does not count as idle until the undo is called. */
  hold(): () => void {
    const hold = {}
    this.#holds.add(hold)
    return () => {
      if (this.#holds.delete(hold)) this.#touch()
    }
  }

  /** From now on nobody is shown this value, which a client has brought along. */
  protect(secret: Secret): void {
    this.#agentSession.protect(secret)
  }

  /** Tells every client something that the log does not keep. */
  broadcast(frame: StatusFrame): void {
    const told = this.#redactor.value(frame)
    for (const connection of this.#connections) connection.sendFrame(told)
  }

  /** Begins nothing more; resolves once what has begun has ended. */
  drain(): Promise<void> {
    return this.#agentSession.drain()
  }

  /** Goes on with what a dead server left under way. */
  resume(): void {
    this.#agentSession.wake()
  }

  /** Ends the agent and its sandbox and lets the clients go; log and workspace stay. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#agentSession[Symbol.asyncDispose]()
    this.#ending.abort(new Error('the session was closed'))
    for (const connection of this.#connections) connection.close(1001, 'session closed')
  }

  #touch(): void {
    this.#lastUsed = this.#clock.now().getTime()
  }

  #broadcastDelta(frame: DeltaFrame): void {
    for (const connection of this.#connections) if (connection.wantsDeltas) connection.sendFrame(frame)
  }

  #liveFrames(): Live {
    return {
      onChunk: (chunk, seen) => this.#onChunk(chunk, seen),
      onOutput: (text, action) => this.#onOutput(text, action),
      onStatus: (id, message) => {
        const type = id.startsWith('STATUS$ERROR') ? 'error' : 'info'
        this.broadcast({ status_update: true, type, id, message })
      },
    }
  }

  #onChunk(chunk: ModelChunk, cause: EventId): void {
    switch (chunk.type) {
      case 'text':
      case 'reasoning':
        this.#addLive({ of: chunk.type, cause, text: chunk.delta })
        break
      case 'restart':
        this.#addLive({ of: 'text', cause, text: '', restart: true })
        break
      case 'retry':
        this.broadcast({
          status_update: true,
          type: 'info',
          id: 'STATUS$LLM_RETRY',
          message: retrySentence(chunk.retry),
        })
        break
      case 'reasoning-end':
      case 'tool-call':
      case 'finish':
        break
      default:
        unreachable(chunk)
    }
  }

  #onOutput(text: string, action: RunnableAction): void {
    this.#addLive({ of: 'output', cause: action.id, text })
  }

  #addLive(delta: Delta): void {
    if (![...this.#connections].some(connection => connection.wantsDeltas)) return
    const live = this.#redacted[delta.of]
    if (delta.restart || live.cause !== delta.cause) {
      live.cause = delta.cause
      live.text.reset()
    }
    const text = live.text.push(delta.text)
    if (text !== '' || delta.restart) this.#live.add({ ...delta, text })
  }

  #liveText(): LiveText {
    return { cause: -1, text: this.#redactor.stream() }
  }
}

function retrySentence({ reason, attempt, attempts, secondsLeft }: Retry): string {
  const when = secondsLeft > 0 ? `in ${secondsLeft} s` : 'now'
  return `${reason} Trying again ${when} (try ${attempt} of ${attempts}).`
}

function task(content: string): Draft<Extract<Event, { action: 'message' }>> {
  return { action: 'message', source: 'user', args: { content, image_urls: null, wait_for_response: false } }
}
