import {
  awaited,
  type Conversation,
  type Draft,
  type ErrorFrame,
  type Event,
  isRunning,
  mayBecome,
  type SessionId,
  type SessionSettings,
} from '@openhands/protocol'
import { messageOf } from '../lib/errors.ts'
import { AgentController } from './agent-controller.ts'
import { EventStream } from './event-stream.ts'
import { ModelError, type Runtime } from './ports.ts'
import { recover } from './recover.ts'
import type { ServerParts } from './server-parts.ts'
import { type Live, SessionWorld, settingsWith } from './session-world.ts'

type Submitted = ErrorFrame | undefined
type Act = Draft<Extract<Event, { action: unknown }>>

/** The agent's side of a session: its log, its world and its controller. Everything a user does enters the log here. */
export class AgentSession implements AsyncDisposable {
  readonly stream: EventStream
  readonly #parts: ServerParts
  readonly #live: Live
  readonly #world: SessionWorld
  readonly #ending = new AbortController()
  #running: Promise<void> | undefined

  private constructor(stream: EventStream, parts: ServerParts, live: Live) {
    this.stream = stream
    this.#parts = parts
    this.#live = live
    this.#world = new SessionWorld(stream, parts, live, this.#ending.signal)
  }

  /** Opens a session's log and closes what a dead server left open in it. Starts nothing else. */
  static async open(id: SessionId, parts: ServerParts, live: Live): Promise<AgentSession> {
    const stream = await EventStream.open(id, parts)
    await stream.decide(state => recover(state, parts.resume))
    return new AgentSession(stream, parts, live)
  }

  /** True while closing would break something off: the agent acts or a command runs. */
  get busy(): boolean {
    const { state } = this.stream
    return isRunning(state) || state.agentState === 'loading' || state.open.some(open => open.approval !== 'awaited')
  }

  /** Takes settings over. What could not work is refused and changes nothing. */
  async initialize(settings: SessionSettings, apiKey?: string): Promise<Submitted> {
    const refused = await this.#refusal(settings, apiKey)
    if (refused) return refused
    if (apiKey !== undefined) this.#world.useKey(apiKey)
    await this.stream.decide(state =>
      changesSomething(state, settings) ? [{ action: 'initialize', source: 'user', args: settings }] : [],
    )
    this.wake()
    return undefined
  }

  /** Takes what a user says or does into the log; the controller sees it there. */
  async submit(draft: Act): Promise<Submitted> {
    const refused = this.#imagesRefused(draft)
    if (refused) return refused
    await this.stream.decide(state => {
      const first: Draft[] = state.agentState === null ? [{ action: 'initialize', source: 'user', args: {} }] : []
      return [...first, asAccepted(draft)]
    })
    this.wake()
    return undefined
  }

  /** Pause, resume, stop, confirm, reject: events like any other, if they mean anything now. */
  async requestState(draft: Extract<Act, { action: 'change_agent_state' }>): Promise<Submitted> {
    const wanted = draft.args.agent_state
    const now = this.stream.state.agentState
    const written = await this.stream.decide(state => {
      if (!mayBecome(state, wanted, false)) return []
      const question = wanted === 'user_confirmed' || wanted === 'user_rejected' ? awaited(state) : undefined
      return [question ? { ...draft, cause: question.id } : draft]
    })
    this.wake()
    if (written.length > 0 || now === wanted) return undefined
    const message = `"${wanted}" means nothing while the session is ${now ?? 'not initialised'}.`
    return { error: true, code: 'no_effect', field: 'args.agent_state', message }
  }

  /** The session's own sandbox, for doors; started if there is none. Throws `RuntimeError`. */
  runtime(signal: AbortSignal): Promise<Runtime> {
    return this.#world.runtime(signal)
  }

  /** The sandbox that runs now, if one does. */
  runningRuntime(): Promise<Runtime | undefined> {
    return this.#world.running()
  }

  /** Lets the controller run, if it does not. */
  wake(): void {
    if (this.#running || this.#ending.signal.aborted || this.stream.state.agentState === null) return
    const { session } = this.stream
    this.#running = new AgentController(this.stream, this.#world)
      .run(this.#ending.signal)
      .catch(error => {
        this.#parts.log.error('the log cannot be written', { session, error: messageOf(error) })
        this.#live.onStatus('STATUS$ERROR_LOG', `The session's log cannot be written: ${messageOf(error)}`)
      })
      .finally(() => {
        this.#running = undefined
      })
  }

  /** Ends the controller, then the sandbox with everything in it. Log and workspace stay. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#ending.abort(new Error('The server ended the session.'))
    await this.#running
    await this.#world[Symbol.asyncDispose]()
    await this.stream.close()
  }

  async #refusal(settings: SessionSettings, apiKey: string | undefined): Promise<Submitted> {
    const wanted = settingsWith(this.#parts, this.stream, settings)
    if (!this.#parts.agents(wanted.agent))
      return invalid('args.agent_cls', `There is no agent named "${wanted.agent}"; CodeActAgent is one.`)
    if (
      wanted.analyzer !== undefined &&
      !this.#parts.analyzers(wanted.analyzer, { workspace: '/workspace', ownNetwork: true })
    )
      return invalid('args.security_analyzer', `There is no security analyzer named "${wanted.analyzer}".`)
    const refused = await this.#folderRefused(settings.directory)
    if (refused) return refused
    try {
      this.#world.resolve(wanted, apiKey)
      return undefined
    } catch (error) {
      if (error instanceof ModelError) return invalid('args.model', error.message)
      throw error
    }
  }

  /** Clients choose among the folders that the operator offers, once (S12). */
  async #folderRefused(directory: string | undefined): Promise<Submitted> {
    const { session, state } = this.stream
    if (directory === undefined || directory === state.settings.directory) return undefined
    const folder = this.#world.hasRuntime
      ? {
          ok: false as const,
          message: 'The session already works in its folder; start another one for another folder.',
        }
      : await this.#parts.workspaces.folderOf(session, directory)
    if (folder.ok) return undefined
    return { error: true, code: 'directory_refused', field: 'args.directory', message: folder.message }
  }

  /** The wording is the one that pages know (wire A2.2). */
  #imagesRefused(draft: Act): Submitted {
    if (draft.action !== 'message' || !draft.args.image_urls?.length) return undefined
    try {
      if (this.#world.model().acceptsImages) return undefined
    } catch (error) {
      if (error instanceof ModelError) return undefined // the run itself will say what is wrong with the model
      throw error
    }
    const message = 'Model does not support image upload, change to a different model or try without an image.'
    return { error: true, code: 'images_refused', field: 'args.image_urls', message }
  }
}

/** Settings that are already so are not told again; after a failure they are, so that starting is tried again. */
function changesSomething(state: Conversation, settings: SessionSettings): boolean {
  if (state.agentState === null || state.agentState === 'error') return true
  const known = new Map<string, unknown>(Object.entries(state.settings))
  return Object.entries(settings).some(([name, value]) => known.get(name) !== value)
}

/** An action as the server takes it from a user: what only the server may judge is as if nobody had said it. */
function asAccepted(draft: Act): Act {
  if (!('confirmation_state' in draft.args)) return draft
  const { security_risk: _, security_reason: __, ...args } = draft.args
  return { ...draft, args: { ...args, confirmation_state: 'confirmed' } } as Act // the same action, its judgement left out
}

function invalid(field: string, message: string): ErrorFrame {
  return { error: true, code: 'invalid_frame', field, message }
}
