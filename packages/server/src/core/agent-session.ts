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
import { AgentController, type AgentWorld } from './agent-controller.ts'
import { type EffectiveSettings, effectiveSettings } from './effective-settings.ts'
import { EventStream } from './event-stream.ts'
import {
  type Agent,
  type Clock,
  type EventStore,
  type Log,
  type Model,
  ModelError,
  type Models,
  type OnPoint,
  type Runtime,
  RuntimeError,
  type Runtimes,
  type SecurityAnalyzer,
  type Workspaces,
} from './ports.ts'
import { recover } from './recover.ts'

/** What a server makes its sessions of. */
export interface ServerParts {
  readonly store: EventStore
  readonly clock: Clock
  readonly models: Models
  readonly runtimes: Runtimes
  readonly workspaces: Workspaces
  /** Undefined for a name that nobody knows. */
  readonly agents: (name: string) => Agent | undefined
  readonly analyzers: (name: string, options: { readonly workspace: string }) => SecurityAnalyzer | undefined
  readonly defaults: EffectiveSettings
  readonly commandTimeoutMs: number
  /** Whether a run that a dead server left under way goes on by itself. */
  readonly resume: boolean
  readonly log: Log
  readonly onPoint: OnPoint
}

/** Live things that the log does not keep, as the agent's side of a session tells them. */
export type Live = Pick<AgentWorld, 'onChunk' | 'onOutput'> & { onStatus(id: string, message: string): void }

type Submitted = ErrorFrame | undefined
type Act = Draft<Extract<Event, { action: unknown }>>

/** The agent's side of a session: its log, its sandbox, its judge and its controller, each made when first needed. */
export class AgentSession implements AsyncDisposable {
  readonly stream: EventStream
  readonly #parts: ServerParts
  readonly #live: Live
  readonly #ending = new AbortController()
  #running: Promise<void> | undefined
  #runtime: Promise<Runtime> | undefined
  #model: { readonly of: string; readonly model: Model } | undefined
  #analyzer: { readonly name: string; readonly analyzer: SecurityAnalyzer } | undefined
  /** Given by a client for this session; never in the log. */
  #apiKey: string | undefined

  private constructor(stream: EventStream, parts: ServerParts, live: Live) {
    this.stream = stream
    this.#parts = parts
    this.#live = live
  }

  /** Opens a session's log and closes what a dead server left open in it. Starts nothing else. */
  static async open(id: SessionId, parts: ServerParts, live: Live): Promise<AgentSession> {
    const stream = await EventStream.open(id, parts)
    await stream.decide(state => recover(state, parts.resume))
    return new AgentSession(stream, parts, live)
  }

  get settings(): EffectiveSettings {
    return effectiveSettings(this.#parts.defaults, this.stream.state.settings)
  }

  /** True while closing would break something off: the agent acts or a command runs. */
  get busy(): boolean {
    const { state } = this.stream
    return isRunning(state) || state.agentState === 'loading' || state.open.some(open => open.approval !== 'awaited')
  }

  /** Takes settings over. What is not a setting that could work is refused and changes nothing. */
  async initialize(settings: SessionSettings, apiKey?: string): Promise<Submitted> {
    const refused = await this.#refusal(settings, apiKey)
    if (refused) return refused
    if (apiKey !== undefined) this.#apiKey = apiKey
    this.#model = undefined
    const changes = (state: Conversation): boolean =>
      state.agentState === null ||
      state.agentState === 'error' ||
      Object.entries(settings).some(([name, value]) => state.settings[name as keyof SessionSettings] !== value)
    await this.stream.decide(state =>
      changes(state) ? [{ action: 'initialize', source: 'user', args: settings }] : [],
    )
    this.wake()
    return undefined
  }

  /** Takes what a user says or does into the log; the controller sees it there. */
  async submit(draft: Act): Promise<Submitted> {
    const refused = this.#imagesRefused(draft)
    if (refused) return refused
    const accepted = await this.stream.decide(state => {
      const first: Draft[] = state.agentState === null ? [{ action: 'initialize', source: 'user', args: {} }] : []
      return [...first, asAccepted(draft)]
    })
    this.#parts.log.info('accepted', { session: this.stream.session, action: draft.action, id: accepted.at(-1)?.id })
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
      if (draft.cause !== undefined && draft.cause !== question?.id) return []
      return [question ? { ...draft, cause: question.id } : draft]
    })
    this.wake()
    if (written.length > 0 || now === wanted) return undefined
    const what = draft.cause === undefined ? '' : ` about action ${draft.cause}`
    const message = `"${wanted}"${what} means nothing while the session is ${now ?? 'not initialised'}.`
    return { error: true, code: 'no_effect', field: 'args.agent_state', message }
  }

  /** Lets the controller run, if it does not. */
  wake(): void {
    if (this.#running || this.#ending.signal.aborted || this.stream.state.agentState === null) return
    const controller = new AgentController(this.stream, this.#world())
    this.#running = controller
      .run(this.#ending.signal)
      .catch(error => {
        this.#parts.log.error('the log cannot be written', { session: this.stream.session, error: messageOf(error) })
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
    await this.#endRuntime()
    await this.#analyzer?.analyzer[Symbol.asyncDispose]()
    await this.stream.close()
  }

  #world(): AgentWorld {
    return {
      agent: () => this.#agent(),
      model: () => this.#resolveModel(),
      runtime: signal => this.#useRuntime(signal),
      analyzer: () => this.#useAnalyzer(),
      settings: () => this.settings,
      onChunk: this.#live.onChunk,
      onOutput: this.#live.onOutput,
      commandTimeoutMs: this.#parts.commandTimeoutMs,
      onPoint: this.#parts.onPoint,
    }
  }

  #agent(): Agent {
    const agent = this.#parts.agents(this.settings.agent)
    if (!agent) throw new Error(`there is no agent named ${this.settings.agent}`)
    return agent
  }

  #resolveModel(settings: EffectiveSettings = this.settings, apiKey = this.#apiKey): Model {
    const of = JSON.stringify([settings.model, settings.baseUrl])
    if (this.#model?.of === of && apiKey === this.#apiKey) return this.#model.model
    const { model, baseUrl } = settings
    const resolved = this.#parts.models.resolve({
      ...(model === undefined ? {} : { model }),
      ...(baseUrl === undefined ? {} : { baseUrl }),
      ...(apiKey === undefined ? {} : { apiKey }),
    })
    if (apiKey === this.#apiKey) this.#model = { of, model: resolved }
    return resolved
  }

  #useAnalyzer(): SecurityAnalyzer | undefined {
    const name = this.settings.analyzer
    if (name === undefined) return undefined
    if (this.#analyzer?.name === name) return this.#analyzer.analyzer
    const analyzer = this.#parts.analyzers(name, { workspace: '/workspace' })
    if (analyzer) this.#analyzer = { name, analyzer }
    return analyzer
  }

  /** The session's sandbox, started by whoever needs it first and shared by all; started anew when it has died. */
  async #useRuntime(signal: AbortSignal): Promise<Runtime> {
    this.#runtime ??= this.#startRuntime()
    const starting = this.#runtime
    try {
      const runtime = await starting
      signal.throwIfAborted()
      return runtime
    } catch (error) {
      if (this.#runtime === starting && !signal.aborted) this.#runtime = undefined
      throw error
    }
  }

  async #startRuntime(): Promise<Runtime> {
    const { runtimes, workspaces, log } = this.#parts
    const { session } = this.stream
    const folder = await workspaces.folderOf(session, this.stream.state.settings.directory)
    if (!folder.ok) throw new RuntimeError('unavailable', folder.message)
    this.#live.onStatus('STATUS$STARTING_RUNTIME', 'Starting runtime...')
    const onStatus = (id: string, message: string): void => this.#live.onStatus(id, message)
    const runtime = await runtimes.start({ session, directory: folder.path, onStatus, signal: this.#ending.signal })
    this.#live.onStatus(' ', '')
    void runtime.gone.then(reason => {
      if (this.#ending.signal.aborted) return
      this.#runtime = undefined
      log.warn('sandbox ended', { session, reason })
      this.#live.onStatus('STATUS$RUNTIME_ENDED', `The sandbox ended and will be started anew when needed. ${reason}`)
    })
    return runtime
  }

  async #endRuntime(): Promise<void> {
    const runtime = await this.#runtime?.catch(() => undefined) // one that never started needs no end
    await runtime?.[Symbol.asyncDispose]()
  }

  async #refusal(settings: SessionSettings, apiKey: string | undefined): Promise<Submitted> {
    const wanted = effectiveSettings(this.#parts.defaults, { ...this.stream.state.settings, ...settings })
    if (!this.#parts.agents(wanted.agent))
      return invalid('args.agent_cls', `There is no agent named "${wanted.agent}"; CodeActAgent is one.`)
    if (wanted.analyzer !== undefined && !this.#parts.analyzers(wanted.analyzer, { workspace: '/workspace' }))
      return invalid('args.security_analyzer', `There is no security analyzer named "${wanted.analyzer}".`)
    const { directory } = settings
    if (directory !== undefined && directory !== this.stream.state.settings.directory) {
      if (this.#runtime) return refusedFolder('The session already works in its folder; start another one for another.')
      const folder = await this.#parts.workspaces.folderOf(this.stream.session, directory)
      if (!folder.ok) return refusedFolder(folder.message)
    }
    try {
      this.#resolveModel(wanted, apiKey ?? this.#apiKey)
      return undefined
    } catch (error) {
      if (error instanceof ModelError) return invalid('args.model', error.message)
      throw error
    }
  }

  /** The wordings are those that pages know (wire A2.2). */
  #imagesRefused(draft: Act): Submitted {
    if (draft.action !== 'message' || !draft.args.image_urls?.length) return undefined
    try {
      if (this.#resolveModel().acceptsImages) return undefined
    } catch {
      return undefined // the run itself will say what is wrong with the model
    }
    const message = 'Model does not support image upload, change to a different model or try without an image.'
    return { error: true, code: 'images_refused', field: 'args.image_urls', message }
  }
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

function refusedFolder(message: string): ErrorFrame {
  return { error: true, code: 'directory_refused', field: 'args.directory', message }
}
