import type { EventId, RunnableAction, SessionId, SessionSettings } from '@openhands/protocol'
import { messageOf } from '../lib/errors.ts'
import { present } from '../lib/present.ts'
import { Secret } from '../lib/secret.ts'
import type { AgentWorld } from './agent-controller.ts'
import { Checkpointer } from './checkpoint.ts'
import { type EffectiveSettings, effectiveSettings } from './effective-settings.ts'
import type { EventStream } from './event-stream.ts'
import { Hurry } from './hurry.ts'
import { analyzerOr, judgedSession } from './judged-session.ts'
import {
  type Agent,
  type Blobs,
  type Model,
  type ModelChunk,
  type OnPoint,
  type Runtime,
  RuntimeError,
  type SecurityAnalyzer,
} from './ports.ts'
import type { ServerParts } from './server-parts.ts'

/** Live things that the log does not keep, as the agent's side of a session tells them; must not throw. */
export interface Live {
  onChunk(chunk: ModelChunk, seen: EventId): void
  onOutput(text: string, action: RunnableAction): void
  onStatus(id: string, message: string): void
}

/** What one session's agent works with, each made when first needed and ended with the session. */
export class SessionWorld implements AgentWorld, AsyncDisposable {
  readonly commandTimeoutMs: number
  readonly onPoint: OnPoint
  readonly blobs: Blobs
  /** Ends waits for a model. */
  readonly hurry = new Hurry()
  readonly #stream: EventStream
  readonly #parts: ServerParts
  readonly #live: Live
  readonly #ending: AbortSignal
  /** Undefined when they are not wanted. */
  readonly #checkpoints: Checkpointer | undefined
  #runtime: Promise<Runtime> | undefined
  #found: { readonly wanted: string | undefined; readonly path: string } | undefined
  #model: { readonly of: string; readonly model: Model } | undefined
  #analyzer: { readonly name: string; readonly analyzer: SecurityAnalyzer } | undefined
  /** Given by a client for this session; never in the log. */
  #apiKey: string | undefined

  constructor(stream: EventStream, parts: ServerParts, live: Live, ending: AbortSignal) {
    this.#stream = stream
    this.#parts = parts
    this.#live = live
    this.#ending = ending
    this.commandTimeoutMs = parts.commandTimeoutMs
    this.onPoint = parts.onPoint
    this.blobs = parts.blobs
    this.#checkpoints = parts.checkpoints ? new Checkpointer(parts.clock, parts.log) : undefined
  }

  /** The session's own settings, and the server's where it has none. */
  settings(): EffectiveSettings {
    return effectiveSettings(this.#parts.defaults, this.#stream.state.settings)
  }

  agent(): Agent {
    const name = this.settings().agent
    const agent = this.#parts.agents(name)
    if (!agent) throw new Error(`there is no agent named ${name}`)
    return agent
  }

  model(): Model {
    const { model, baseUrl } = this.settings()
    const of = JSON.stringify([model, baseUrl])
    if (this.#model?.of !== of) this.#model = { of, model: this.resolve(this.settings()) }
    return this.#model.model
  }

  /** The model that settings name, with the session's key or another one. Throws `ModelError`. */
  resolve({ model, baseUrl }: EffectiveSettings, apiKey = this.#apiKey): Model {
    const found = this.#parts.models.resolve(present({ model, baseUrl, apiKey }))
    return { ...found, stream: (request, signal) => found.stream({ ...request, hurry: this.hurry }, signal) }
  }

  /** From now on models are called with this key. */
  useKey(apiKey: string): void {
    this.#parts.redactor.learn(new Secret(apiKey), 'client')
    this.#apiKey = apiKey
    this.#model = undefined
  }

  async analyzer(): Promise<SecurityAnalyzer | undefined> {
    const name = this.settings().analyzer
    if (name === undefined) return undefined
    const folder = await this.#folder()
    const present = this.#analyzer
    if (present?.name === name) return present.analyzer
    const analyzer = analyzerOr(this.#parts.analyzers, name, judgedSession(this.#stream, this.#parts, folder))
    this.#analyzer = { name, analyzer }
    await present?.analyzer[Symbol.asyncDispose]()
    return analyzer
  }

  async workspace(): Promise<string> {
    return this.#parts.runtimes.workspaceOf(await this.#folder())
  }

  /** The session's sandbox, started by whoever needs it first and shared by all; started anew when it has died. */
  async runtime(signal: AbortSignal): Promise<Runtime> {
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

  expectAction(signal: AbortSignal): void {
    this.running()
      .then(runtime => runtime && this.#checkpoints?.expectAction(runtime, signal))
      .catch(error => this.#parts.log.warn('no checkpoint', { reason: messageOf(error) }))
  }

  async checkpoint(action: RunnableAction, runtime: Runtime, signal: AbortSignal): Promise<string | undefined> {
    return await this.#checkpoints?.before(action, runtime, signal)
  }

  onChunk(chunk: ModelChunk, seen: EventId): void {
    this.#live.onChunk(chunk, seen)
  }

  onOutput(text: string, action: RunnableAction): void {
    this.#live.onOutput(text, action)
  }

  onUnjudged(reason: string): void {
    this.#parts.log.warn('an action could not be judged and waits for a yes', { session: this.#stream.session, reason })
    this.#live.onStatus('STATUS$ERROR_SECURITY_ANALYZER', reason)
  }

  meant<A extends RunnableAction>(action: A): A {
    return this.#parts.redactor.meant(action)
  }

  /** The sandbox as it is now; undefined when there is none. Starts nothing. */
  async running(): Promise<Runtime | undefined> {
    return await this.#runtime?.catch(() => undefined) // whoever starts it has the failure
  }

  /** True once the session works in a folder, which it then keeps. */
  get hasRuntime(): boolean {
    return this.#runtime !== undefined
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const runtime = await this.#runtime?.catch(() => undefined) // one that never started needs no end
    await runtime?.[Symbol.asyncDispose]()
    await this.#analyzer?.analyzer[Symbol.asyncDispose]()
  }

  /** The session's folder on the host, found once. Throws `RuntimeError` when it cannot be used. */
  async #folder(): Promise<string> {
    const { session, state } = this.#stream
    const wanted = state.settings.directory
    const found = this.#found
    if (found && found.wanted === wanted) return found.path
    const folder = await this.#parts.workspaces.folderOf(session, wanted)
    if (!folder.ok) throw new RuntimeError('unavailable', folder.message)
    const { path } = folder
    this.#found = { wanted, path }
    return path
  }

  async #startRuntime(): Promise<Runtime> {
    const { session } = this.#stream
    this.#found = undefined // the folder may have been deleted since
    const directory = await this.#folder()
    const onStatus = (id: string, message: string): void => this.#live.onStatus(id, message)
    const runtime = await this.#parts.runtimes.start({ session, directory, onStatus, signal: this.#ending })
    this.#live.onStatus(' ', '')
    this.#watchPorts(session, runtime)
    runtime.gone.then(reason => this.#onGone(session, reason)).catch(error => this.#onGone(session, messageOf(error)))
    return runtime
  }

  /** Tells where servers that come up inside can be seen. */
  #watchPorts(session: SessionId, runtime: Runtime): void {
    let known: ReadonlySet<number> = new Set()
    const onChange = (ports: readonly number[]): void => {
      for (const port of ports) if (!known.has(port)) this.#tellPort(session, port)
      known = new Set(ports)
    }
    runtime.ports.watch(onChange, this.#ending).catch(() => undefined) // it ends with the sandbox, which is told of
  }

  #tellPort(session: SessionId, port: number): void {
    const url = this.#parts.previewUrl(session, port)
    if (url !== undefined) this.#live.onStatus('STATUS$PORT_OPEN', `A server listens on port ${port}: ${url}`)
  }

  #onGone(session: SessionId, reason: string): void {
    if (this.#ending.aborted) return
    this.#runtime = undefined
    this.#parts.log.warn('sandbox ended', { session, reason })
    const message = `The sandbox ended and will be started anew when needed. ${reason}`
    this.#live.onStatus('STATUS$RUNTIME_ENDED', message)
  }
}

/** A session's settings as they would be with others laid over them. */
export function settingsWith(parts: ServerParts, stream: EventStream, more: SessionSettings): EffectiveSettings {
  return effectiveSettings(parts.defaults, { ...stream.state.settings, ...more })
}
