import {
  actionEffects,
  awaited,
  type Conversation,
  checkpointLabel,
  type Draft,
  type ErrorFrame,
  type Event,
  isRunning,
  MOST_QUEUED,
  mayBecome,
  type SessionId,
  type SessionSettings,
} from '@openhands/protocol'
import { messageOf } from '../lib/errors.ts'
import type { Secret } from '../lib/secret.ts'
import { AgentController } from './agent-controller.ts'
import { EventStream } from './event-stream.ts'
import { ModelError, type Outcome, type Runtime, type SecurityAnalyzer } from './ports.ts'
import { recover } from './recover.ts'
import { forgetRefused, invalid, noEffect, scopeRefused } from './refusal.ts'
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
  /** Aborted while nothing more is to be begun. */
  #resting = new AbortController()
  #isDraining = false
  #running: Promise<void> | undefined
  #controller: AgentController | undefined
  #isRestoring = false

  private constructor(stream: EventStream, parts: ServerParts, live: Live) {
    this.stream = stream
    this.#parts = parts
    this.#live = live
    this.#world = new SessionWorld(stream, parts, live, this.#ending.signal)
  }

  /** Opens a session's log and closes what a dead server left open in it. Starts nothing else. */
  static async open(id: SessionId, parts: ServerParts, live: Live): Promise<AgentSession> {
    const stream = await EventStream.open(id, { ...parts, redact: draft => parts.redactor.draft(draft) })
    stream.onKept((events, state) => parts.onKept(id, events, state))
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

  /** Takes what a user says or does into the log, once; the controller sees it there. */
  async submit(draft: Act): Promise<Submitted> {
    const imagesRefused = this.#imagesRefused(draft)
    if (imagesRefused) return imagesRefused
    let refused: Submitted
    await this.stream.decide(state => {
      refused = isTaken(state, draft) ? undefined : this.#refusedNow(state, draft)
      if (refused || isTaken(state, draft)) return []
      const first: Draft[] = state.agentState === null ? [{ action: 'initialize', source: 'user', args: {} }] : []
      return [...first, asAccepted(draft)]
    })
    this.wake()
    return refused
  }

  /** Pause, resume, stop, confirm, reject: events like any other, if they mean anything now. */
  async requestState(draft: Extract<Act, { action: 'change_agent_state' }>): Promise<Submitted> {
    const wanted = draft.args.agent_state
    const now = this.stream.state.agentState
    const { cause, ...unbound } = draft
    let taken = false
    let other = false
    let refused: Submitted
    const written = await this.stream.decide(state => {
      taken = isTaken(state, draft)
      const question = wanted === 'user_confirmed' || wanted === 'user_rejected' ? awaited(state) : undefined
      other = !taken && cause !== undefined && cause !== question?.id
      const { confirmation } = this.#world.settings()
      refused =
        question && !taken && !other ? scopeRefused(state, question, draft.args.remember, confirmation) : undefined
      if (taken || other || refused || !mayBecome(state, wanted, false)) return []
      return [question ? { ...unbound, cause: question.id } : unbound]
    })
    this.wake()
    if (refused) return refused
    if (other)
      return noEffect('cause', `Event ${cause} does not wait for a yes or no now; look at what does, and answer that.`)
    if (taken || written.length > 0 || now === wanted) return undefined
    const message = `"${wanted}" means nothing while the session is ${now ?? 'not initialised'}.`
    return noEffect('args.agent_state', message)
  }

  /** The session's own sandbox, for doors; started if there is none. Throws `RuntimeError`. */
  runtime(signal: AbortSignal): Promise<Runtime> {
    return this.#world.runtime(signal)
  }

  /** Who judges here; undefined when nobody does. Throws `RuntimeError` when the session has no folder to work in. */
  analyzer(): Promise<SecurityAnalyzer | undefined> {
    return this.#world.analyzer()
  }

  /** The sandbox that runs now, if one does. */
  runningRuntime(): Promise<Runtime | undefined> {
    return this.#world.running()
  }

  /** True while the agent, or what a user has asked for, may change the workspace. */
  get atWork(): boolean {
    return this.busy && this.stream.state.agentState !== 'loading'
  }

  /**
   * Brings the workspace back to a checkpoint, and then says so in the log; meanwhile the agent begins nothing. Refuses
   * while it is at work. Throws `RuntimeError`.
   */
  async restore(
    checkpoint: string,
    signal: AbortSignal,
  ): Promise<Outcome<{ readonly before: string; readonly leftOut: readonly string[] }>> {
    if (this.atWork || this.#isRestoring) return { ok: false, message: 'The agent is at work.' }
    this.#isRestoring = true
    try {
      this.#resting.abort()
      await this.#running // nothing is under way, so it ends at once
      const { checkpoints } = await this.#world.runtime(signal)
      const kept = (await checkpoints.list(signal)).find(one => one.id === checkpoint)
      // Who asked for it may go; half of it would help nobody.
      const restored = await checkpoints.restore(checkpoint, this.#ending.signal)
      if (!restored.ok) return restored
      const args = {
        checkpoint,
        label: kept ? checkpointLabel(this.stream.state.checkpoints, kept) : '',
        before: restored.before,
      }
      await this.stream.append({ action: 'restore', source: 'user', args })
      return restored
    } finally {
      this.#isRestoring = false
      if (!this.#isDraining) this.#resting = new AbortController()
      this.wake()
    }
  }

  /** Ends what the agent waits for before it asks its model again. */
  retryNow(): Submitted {
    if (this.#world.hurry.now()) return undefined
    return noEffect('action', 'Nothing is being waited for.')
  }

  /** Keeps a value that a client has shown out of the log and off the screens. */
  protect(secret: Secret): void {
    this.#parts.redactor.learn(secret, 'client')
  }

  /** Lets the controller run, if it does not. */
  wake(): void {
    if (this.#isRestoring) return
    if (this.#running || this.#ending.signal.aborted || this.stream.state.agentState === null) return
    const { session } = this.stream
    this.#controller = new AgentController(this.stream, this.#world)
    this.#running = this.#controller
      .run(this.#ending.signal, this.#resting.signal)
      .catch(error => {
        this.#parts.log.error('the log cannot be written', { session, error: messageOf(error) })
        this.#live.onStatus('STATUS$ERROR_LOG', `The session's log cannot be written: ${messageOf(error)}`)
      })
      .finally(() => {
        this.#running = undefined
      })
  }

  /** Begins nothing more; resolves once what has begun has ended. What clients say goes into the log and waits there. */
  async drain(): Promise<void> {
    this.#isDraining = true
    this.#resting.abort()
    await this.#running
  }

  /** Ends the controller, then the sandbox with everything in it. Log and workspace stay. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#ending.abort(new Error('The server ended the session.'))
    await this.#running
    await this.#world[Symbol.asyncDispose]()
    await this.stream.close()
  }

  /** Only what the model has not read can be changed, and no more may wait for it than is remembered. */
  #refusedNow(state: Conversation, draft: Act): Submitted {
    if (draft.action === 'message' && state.queue.length >= MOST_QUEUED)
      return noEffect('action', `${MOST_QUEUED} messages wait for the agent already; let it read them first.`)
    if (draft.action === 'forget') return forgetRefused(state, draft.args.approval)
    if (draft.action !== 'amend') return undefined
    const { message } = draft.args
    if (state.queue.includes(message) && message > (this.#controller?.reading ?? -1)) return undefined
    return noEffect('args.message', `Event ${message} is no message that waits to be read; send another one.`)
  }

  async #refusal(settings: SessionSettings, apiKey: string | undefined): Promise<Submitted> {
    const wanted = settingsWith(this.#parts, this.stream, settings)
    if (!this.#parts.agents(wanted.agent))
      return invalid('args.agent_cls', `There is no agent named "${wanted.agent}"; CodeActAgent is one.`)
    const analyzer = settings.security_analyzer
    const noAnalyzer = analyzer === undefined ? undefined : this.#parts.analyzers.refusal(analyzer)
    if (noAnalyzer !== undefined) return invalid('args.security_analyzer', noAnalyzer)
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

/** Whether the very same thing has been taken before, from a client that could not know it (P30). */
function isTaken(state: Conversation, { client_id }: Act): boolean {
  return client_id !== undefined && state.clientIds.includes(client_id)
}

/** Settings that are already so are not told again; after a failure they are, so that starting is tried again. */
function changesSomething(state: Conversation, settings: SessionSettings): boolean {
  if (state.agentState === null || state.agentState === 'error') return true
  const known = new Map<string, unknown>(Object.entries(state.settings))
  return Object.entries(settings).some(([name, value]) => known.get(name) !== value)
}

/** An action as the server takes it from a user: what only the server may judge is as if nobody had said it. */
function asAccepted(draft: Act): Act {
  if (actionEffects[draft.action] === 'none') return draft
  const { security_risk: _, security_reason: __, remembered: ___, ...args }: Record<string, unknown> = draft.args
  return { ...draft, args: { ...args, confirmation_state: 'confirmed' } } as Act // the same action, its judgement left out
}
