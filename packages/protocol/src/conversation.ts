import type { AgentState, PlanItem, SessionSettings } from './action.ts'
import type { CheckpointNote } from './checkpoint-note.ts'
import type { EventId, RunnableAction } from './event.ts'
import type { Quarantined } from './observation.ts'
import type { Remembered } from './remembered.ts'
import type { Trace } from './trace.ts'

/**
 * Where an open action stands. `free`: nobody needs to be asked. `awaited`: the question is open. `given`, `refused`:
 * the answer. `withdrawn`: it will not be carried out, because the user stopped the agent or spoke instead of answering.
 */
export type Approval = 'free' | 'awaited' | 'given' | 'refused' | 'withdrawn'

/** An action that nothing has answered yet. */
export interface OpenAction {
  readonly action: RunnableAction
  readonly approval: Approval
}

/** What the agent means to do, and how far it is; the newest word counts. */
export interface Plan {
  /** The event that says so. */
  readonly event: EventId
  /** At least one. */
  readonly items: readonly PlanItem[]
}

/** What models have cost a session so far. */
export interface Usage {
  readonly cost: number
  /** False as soon as one answer's price was not known: then `cost` is a lower bound. */
  readonly costKnown: boolean
  readonly promptTokens: number
  readonly completionTokens: number
  readonly cacheReadTokens: number
}

/**
 * Everything that is known of a session, computed from its log and from nothing else. Its size does not grow with the
 * log: open actions are bounded by what a model asks for at once, traces by `TRACES`.
 */
export interface Conversation {
  /** The id that the next event will get; so many events there are. */
  readonly next: EventId
  readonly created: string
  readonly updated: string
  /** Null until the session was initialised. */
  readonly agentState: AgentState | null
  /** The state that clients were last told; the log tells them whenever it differs. */
  readonly announced: AgentState | null
  readonly settings: SessionSettings
  /** The first user message: the task. */
  readonly task: EventId | null
  readonly title: string
  readonly lastUserMessage: EventId
  /** The newest event that the model had been shown when it last answered. */
  readonly seen: EventId
  /** The user's messages that no answer of the model has seen; they can still be changed. At most `MOST_QUEUED`. */
  readonly queue: readonly EventId[]
  /** The newest event that changed the task while it waited; the task is what that one says. */
  readonly taskAmended: EventId | null
  /** What clients called the newest things that they sent, so that nothing is taken twice. At most `CLIENT_IDS`. */
  readonly clientIds: readonly string[]
  /** What the model is not shown any more although it is not forgotten. */
  readonly quarantined: readonly Quarantined[]
  readonly open: readonly OpenAction[]
  /** What is not asked about again, oldest first. At most `MOST_REMEMBERED`. */
  readonly remembered: readonly Remembered[]
  /** Where the shell stood after the newest command: null before the first one, empty where nobody knows. */
  readonly folder: string | null
  /** Null where the agent works without one. */
  readonly plan: Plan | null
  readonly steps: number
  /** Steps and cost since somebody last asked for more; limits count from here. */
  readonly stepsSinceAsked: number
  readonly costSinceAsked: number
  readonly usage: Usage
  /** The model is shown nothing older than this, but the task. */
  readonly forgetBefore: EventId
  /** Characters that the model's view of the log holds, about. */
  readonly viewSize: number
  readonly traces: readonly Trace[]
  /** Why the session last came to rest without being finished; null while it works. */
  readonly trouble: string | null
  /** What followed the newest checkpoints of the workspace. At most `CHECKPOINTS`. */
  readonly checkpoints: readonly CheckpointNote[]
  /** The first line of what the newest event that has words says; at most `LAST_LINE` characters. */
  readonly lastLine: string
}

/** So many characters of the newest event are shown where there is room for one line. */
export const LAST_LINE = 200

/** So many messages may wait for the model at once. */
export const MOST_QUEUED = 100
/** So many names that clients gave are remembered. */
export const CLIENT_IDS = 500

/** The conversation before its first event. */
export const nothing: Conversation = {
  next: 0,
  created: '',
  updated: '',
  agentState: null,
  announced: null,
  settings: {},
  task: null,
  title: '',
  lastUserMessage: -1,
  seen: -1,
  queue: [],
  taskAmended: null,
  clientIds: [],
  quarantined: [],
  open: [],
  remembered: [],
  folder: null,
  plan: null,
  steps: 0,
  stepsSinceAsked: 0,
  costSinceAsked: 0,
  usage: { cost: 0, costKnown: true, promptTokens: 0, completionTokens: 0, cacheReadTokens: 0 },
  forgetBefore: 0,
  viewSize: 0,
  traces: [],
  trouble: null,
  lastLine: '',
  checkpoints: [],
}
