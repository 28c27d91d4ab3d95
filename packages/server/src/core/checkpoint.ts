import { type ActionName, actionEffects, type RunnableAction } from '@openhands/protocol'
import { messageOf } from '../lib/errors.ts'
import type { Clock, Log, Runtime } from './ports.ts'

/** An action waits so long, in milliseconds, for the state before it to be kept; then it runs, and the keeping goes on (P43). */
const PATIENCE_MS = 1000
/** What changes no files of the workspace, whatever else it does. */
const harmless: ReadonlySet<ActionName> = new Set(['browse', 'browse_interactive', 'delegate'])

/**
 * Keeps the workspace as it is before actions that may change it. It begins while the model still speaks, since what the
 * model will do comes after its words, so that an action seldom waits.
 */
export class Checkpointer {
  readonly #clock: Clock
  readonly #log: Log
  #early: Promise<string | undefined> | undefined

  constructor(clock: Clock, log: Log) {
    this.#clock = clock
    this.#log = log
  }

  /** The model has begun to answer: an action may follow. Call it once for each answer. */
  expectAction(runtime: Runtime, signal: AbortSignal): void {
    this.#early = this.#take(runtime, 'as the model began to answer', signal)
  }

  /** Resolves to what the workspace can be brought back by; undefined when there is nothing, or not in time. */
  async before(action: RunnableAction, runtime: Runtime, signal: AbortSignal): Promise<string | undefined> {
    const early = followsItsAnswer(action) ? this.#early : undefined
    this.#early = undefined
    if (actionEffects[action.action] !== 'effectful' || harmless.has(action.action)) return undefined
    const patience = new AbortController()
    const late = this.#clock.sleep(PATIENCE_MS, AbortSignal.any([signal, patience.signal])).catch(() => undefined)
    const id = await Promise.race([early ?? this.#take(runtime, `before event ${action.id}`, signal), late])
    patience.abort()
    signal.throwIfAborted()
    return id ?? undefined
  }

  /** Never rejects: one that fails is no reason not to act. */
  async #take(runtime: Runtime, label: string, signal: AbortSignal): Promise<string | undefined> {
    try {
      const taken = await runtime.checkpoints.take(label, signal)
      return taken.ok ? taken.id : undefined
    } catch (error) {
      if (!signal.aborted) this.#log.warn('a checkpoint could not be taken', { reason: messageOf(error) })
      return undefined
    }
  }
}

/** Whether an action comes right after the words that it belongs to; files may have changed since a question, or before a user's own. */
function followsItsAnswer(action: RunnableAction): boolean {
  return action.source === 'agent' && action.args.confirmation_state !== 'awaiting_confirmation'
}
