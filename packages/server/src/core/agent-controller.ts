import {
  type Conversation,
  type Draft,
  type Event,
  type EventId,
  isRunning,
  type Observation,
  type RunnableAction,
} from '@openhands/protocol'
import { messageOf } from '../lib/errors.ts'
import { unreachable } from '../lib/never.ts'
import { present } from '../lib/present.ts'
import { childController } from '../lib/signal.ts'
import type { EffectiveSettings } from './effective-settings.ts'
import type { EventStream } from './event-stream.ts'
import { judge } from './judge.ts'
import { type Limits, type Move, nextMove } from './next-move.ts'
import { errorOn, perform } from './perform.ts'
import type { Agent, Blobs, Model, ModelChunk, OnPoint, Runtime, SecurityAnalyzer } from './ports.ts'
import { ModelError, RuntimeError } from './ports.ts'
import { withoutKnownQuestions } from './remembered.ts'
import { suspects } from './stand-in.ts'
import { modelTrouble } from './trouble.ts'
import { chooseCut, Window } from './window.ts'

/** The agent's world: asked for when it is needed, so that looking at a session starts nothing. */
export interface AgentWorld {
  agent(): Agent
  /** Throws `ModelError`. */
  model(): Model
  /** Starts the sandbox if there is none. Throws `RuntimeError`. */
  runtime(signal: AbortSignal): Promise<Runtime>
  /** Undefined when nobody judges. */
  analyzer(): Promise<SecurityAnalyzer | undefined>
  /** Where a shell that never went anywhere stands. Throws `RuntimeError`. */
  workspace(): Promise<string>
  settings(): EffectiveSettings
  /** Live words of the model and what it waits for; must not throw. */
  onChunk(chunk: ModelChunk, seen: EventId): void
  /** Live output of a command; must not throw. */
  onOutput(text: string, action: RunnableAction): void
  /** Why an action could not be judged, so that it waits for a yes; must not throw. */
  onUnjudged(reason: string): void
  /** An action of the agent may follow soon; must not throw. */
  expectAction(signal: AbortSignal): void
  /** The action as it was meant, where the log must not hold all of it. */
  meant<A extends RunnableAction>(action: A): A
  /** Keeps the workspace as it is before an action; resolves to what it can be brought back by, if anything. */
  checkpoint(action: RunnableAction, runtime: Runtime, signal: AbortSignal): Promise<string | undefined>
  readonly commandTimeoutMs: number
  readonly blobs: Blobs
  readonly onPoint: OnPoint
}

/** Characters of a prompt that one token stands for, about; a prompt may fill this share of a model's window. */
const CHARACTERS_PER_TOKEN = 3
const SHARE_OF_WINDOW = 0.8

/**
 * Does what the log calls for, one move at a time, until it is told to end. It remembers nothing: every decision is
 * `nextMove` of what the log says now, so a restart, a pause and a first start are the same thing to it.
 */
export class AgentController {
  readonly #stream: EventStream
  readonly #world: AgentWorld
  readonly #window: Window
  #reading: EventId = -1

  constructor(stream: EventStream, world: AgentWorld) {
    this.#stream = stream
    this.#world = world
    this.#window = new Window(stream)
  }

  /** The newest event that the model is being shown, as long as it has not answered; -1 when it is not asked. */
  get reading(): EventId {
    return this.#reading
  }

  /**
   * Runs until the signal is aborted. When `rest` is, it ends what has begun, actions that the model has asked for among
   * it, and begins nothing more. Rejects only when the log itself cannot be written.
   */
  async run(signal: AbortSignal, rest: AbortSignal): Promise<void> {
    const either = AbortSignal.any([signal, rest])
    while (!signal.aborted) {
      const changed = this.#stream.changed(either)
      changed.catch(() => undefined) // an end while there is something to do is seen by the loop's own tests
      const move = nextMove(this.#stream.state, this.#limits())
      if (rest.aborted && !endsWhatBegan(move)) return
      if (move.kind === 'wait') await changed.catch(() => undefined)
      else await this.#makeMove(move, signal)
    }
  }

  #limits(): Limits {
    const { maxIterations, maxBudget } = this.#world.settings()
    return { maxIterations, maxViewSize: this.#maxViewSize(), ...present({ maxBudget }) }
  }

  #maxViewSize(): number {
    try {
      return this.#world.model().contextTokens * CHARACTERS_PER_TOKEN * SHARE_OF_WINDOW
    } catch {
      return Number.POSITIVE_INFINITY // the step itself will say what is wrong with the model
    }
  }

  /** Makes one move; it is broken off as soon as the log no longer wants it. */
  async #makeMove(move: Exclude<Move, { kind: 'wait' }>, signal: AbortSignal): Promise<void> {
    const { controller, release } = childController(signal)
    const stopWatching = this.#stream.onKept((_, state) => {
      if (!stillWanted(move, state)) controller.abort(new Error('The user stopped the agent.'))
    })
    try {
      await this.#carryOut(move, controller.signal)
    } catch (error) {
      if (!controller.signal.aborted) await this.#giveUp(move, error)
    } finally {
      stopWatching()
      release()
    }
  }

  async #carryOut(move: Exclude<Move, { kind: 'wait' }>, signal: AbortSignal): Promise<void> {
    switch (move.kind) {
      case 'prepare':
        return await this.#prepare(signal)
      case 'step':
        return await this.#step(signal)
      case 'perform':
        return await this.#perform(move.action, signal)
      case 'reject':
        return await this.#answer(rejection(move.action))
      case 'skip':
        return await this.#answer(errorOn(move.action, 'The action has not been executed.', ''))
      case 'condense':
        return await this.#condense()
      case 'halt':
        return await this.#halt(move.code, move.message)
      default:
        return unreachable(move)
    }
  }

  async #prepare(signal: AbortSignal): Promise<void> {
    const notice = this.#world.model().notice
    await this.#world.runtime(signal)
    await this.#stream.decide(state => {
      if (state.agentState !== 'loading') return []
      const ready: Draft = {
        action: 'change_agent_state',
        source: 'environment',
        args: { agent_state: 'init', thought: '' },
      }
      return notice === undefined ? [ready] : [told(notice), ready]
    })
  }

  async #step(signal: AbortSignal): Promise<void> {
    // From here on nothing of what the model is shown may change; what is being written now is shown.
    await this.#stream.decide(() => {
      this.#reading = Number.POSITIVE_INFINITY
      return []
    })
    try {
      const history = await this.#window.history()
      this.#reading = history.at(-1)?.id ?? -1
      await this.#ask(history, signal)
    } finally {
      this.#reading = -1
    }
  }

  async #ask(history: readonly Event[], signal: AbortSignal): Promise<void> {
    const { onPoint } = this.#world
    const seen = history.at(-1)?.id ?? -1
    const model = this.#world.model()
    let hasBegun = false
    const onChunk = (chunk: ModelChunk): void => {
      this.#world.onChunk(chunk, seen)
      if (!hasBegun && chunk.type !== 'retry') this.#world.expectAction(signal)
      hasBegun ||= chunk.type !== 'retry'
      onPoint('during-model')
    }
    onPoint('before-model')
    const drafts = await this.#world.agent().step({ session: this.#stream.session, history, model, onChunk }, signal)
    onPoint('after-model')
    const analyzer = await this.#world.analyzer()
    const { confirmation } = this.#world.settings()
    const onUnjudged = (reason: string): void => this.#world.onUnjudged(reason)
    const judged = await judge(drafts, { analyzer, confirmation, signal, onUnjudged })
    const workspace = await this.#world.workspace()
    const asked = (state: Conversation) => withoutKnownQuestions(judged, { state, confirmation, workspace })
    await this.#stream.decide(state => asked(state).map(draft => ({ ...draft, seen })))
  }

  async #perform(action: RunnableAction, signal: AbortSignal): Promise<void> {
    const { onPoint, commandTimeoutMs, blobs } = this.#world
    const runtime = await this.#world.runtime(signal)
    const checkpoint = await this.#world.checkpoint(action, runtime, signal)
    onPoint('before-perform', action)
    const onOutput = (text: string): void => {
      this.#world.onOutput(text, action)
      onPoint('during-perform', action)
    }
    const { session } = this.#stream
    const options = { session, blobs, signal, defaultTimeoutMs: commandTimeoutMs, onOutput }
    const observation = await perform(this.#world.meant(action), runtime, options)
    onPoint('after-perform', action)
    await this.#answer({ ...observation, ...present({ checkpoint }) })
  }

  async #answer(observation: Draft<Observation>): Promise<void> {
    const isOpen = (state: Conversation): boolean => state.open.some(open => open.action.id === observation.cause)
    await this.#stream.decide(state => (isOpen(state) ? [observation] : []))
  }

  async #condense(maxSize = this.#maxViewSize()): Promise<void> {
    const { state } = this.#stream
    const cut = chooseCut(await this.#window.history(), maxSize, state)
    if (!cut) {
      const message = 'The last events alone are too long for the model. Choose a model with a larger window.'
      return await this.#halt('context_overflow', message)
    }
    const kept = state.plan && state.plan.event < cut.forgetBefore ? 'the task and the plan' : 'the task'
    const content = `The model no longer sees what came before event ${cut.forgetBefore}, except ${kept}.`
    const extras = { forget_before: cut.forgetBefore, kept_size: cut.keptSize }
    await this.#stream.append({ observation: 'condense', source: 'environment', content, extras })
  }

  /** Keeps from the model what its provider may have refused, so that it is asked again; false when nothing is suspected. */
  async #quarantine(error: ModelError): Promise<boolean> {
    const quarantined = suspects(await this.#window.history(), this.#stream.state)
    if (quarantined.length === 0) return false
    const which = quarantined.map(({ event, what }) => `${what === 'all' ? '' : 'the pictures of '}event ${event}`)
    const content = `The model is not shown ${which.join(', ')} any more and is asked again. ${error.message}`
    const extras = { error_id: 'quarantine', quarantined: [...quarantined] }
    await this.#stream.append({ observation: 'error', source: 'environment', content, extras })
    return true
  }

  /** Comes to rest: what happened, then the pause. A message or a resume goes on from here. */
  async #halt(code: string, message: string, rest: 'paused' | 'error' = 'paused'): Promise<void> {
    await this.#stream.append(
      { observation: 'error', source: 'environment', content: message, extras: { error_id: code } },
      { action: 'change_agent_state', source: 'environment', args: { agent_state: rest, thought: code } },
    )
  }

  /** Says what went wrong where everybody can see it. A move that failed is not made again by itself. */
  async #giveUp(move: Move, error: unknown): Promise<void> {
    if (error instanceof ModelError) {
      if (error.kind === 'context_overflow') return await this.#condense(this.#stream.state.viewSize)
      if (error.kind === 'bad_request' && (await this.#quarantine(error))) return
      const { code, message } = modelTrouble(error)
      return await this.#halt(code, message, isRunning(this.#stream.state) ? 'paused' : 'error')
    }
    const [code, message] =
      error instanceof RuntimeError
        ? ['STATUS$ERROR_RUNTIME_DISCONNECTED', error.message]
        : ['internal', `The server failed: ${messageOf(error)}. Send a message to try again.`]
    if (move.kind === 'perform') await this.#answer(errorOn(move.action, message, code))
    const concernsAgent = move.kind !== 'perform' || move.action.source !== 'user'
    if (concernsAgent) await this.#halt(code, message, 'error')
  }
}

/** Whether a move leaves less to do than there was: an action that is in the log comes to its end. */
function endsWhatBegan({ kind }: Move): boolean {
  return kind === 'perform' || kind === 'reject' || kind === 'skip'
}

/** Whether a move that is under way still makes sense. A pause lets it end; a stop does not. */
function stillWanted(move: Move, state: Conversation): boolean {
  switch (move.kind) {
    case 'prepare':
      return state.agentState === 'loading'
    case 'step':
      return state.agentState !== 'stopped'
    case 'perform':
      return state.open.some(open => open.action.id === move.action.id && open.approval !== 'withdrawn')
    default:
      return true
  }
}

function rejection(action: RunnableAction): Draft<Observation> {
  const { source, tool_call_metadata } = action
  const content = 'Action has been rejected by the user! Waiting for further user input.'
  const answered = { source, cause: action.id, ...(tool_call_metadata ? { tool_call_metadata } : {}) }
  return { ...answered, observation: 'user_rejected', content, extras: {} }
}

/** Said by the server, not by the model, and so not shown to it. */
function told(content: string): Draft {
  return { action: 'message', source: 'environment', args: { content, image_urls: null, wait_for_response: false } }
}
