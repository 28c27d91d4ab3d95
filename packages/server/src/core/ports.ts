import type { DeltaFrame, Draft, ErrorFrame, Event, EventId, SessionId, StatusFrame } from '@openhands/protocol'
import type { Model, ModelChunk } from './model-port.ts'

/* ---- time ---- */

/** The only source of time in core. */
export interface Clock {
  now(): Date
  /** Resolves after so many milliseconds; rejects with the signal's reason when it is aborted first. */
  sleep(milliseconds: number, signal: AbortSignal): Promise<void>
}

/* ---- the log ---- */

/** An event with its JSON text, made once and shared by disk and all sockets. `event` may be parsed when first read. */
export interface Kept {
  readonly id: EventId
  readonly json: string
  readonly event: Event
}

/** What a list of sessions shows of one; computed from its log, kept beside it, never believed against it. */
export interface SessionRecord {
  readonly id: SessionId
  /** How many events are stored. */
  readonly events: number
  /** The JSON text of the newest `head` given to `append`; absent when it was lost. */
  readonly head?: string
  /** Set when a part of the stored log cannot be read: what was found, for people. */
  readonly damage?: string
}

/** Thrown by `append` when somebody else has written: the log does not end where the writer believed. */
export class ConflictError extends Error {
  override readonly name = 'ConflictError'
}

/** Keeps the logs of sessions. Appends of one session come one at a time and in order; those of many are committed together. */
export interface EventStore extends AsyncDisposable {
  /**
   * Keeps events that follow the event `after` (-1: they are the first), all or none. When it resolves they survive a
   * crash as the store's durability promises. Throws `ConflictError` when the log does not end at `after`.
   */
  append(session: SessionId, after: EventId, events: readonly Kept[], head: string): Promise<void>
  /**
   * At most `limit` events from id `from` on, dense and in order; fewer only at the end of the log, or where `characters`
   * are given: then none is begun that so many of JSON come before.
   */
  page(session: SessionId, from: EventId, limit: number, characters?: number): Promise<readonly Kept[]>
  /** The id of the newest event, -1 when there is none. */
  last(session: SessionId): Promise<EventId>
  /** Every session that has events, newest change first; never throws because of a damaged one. */
  sessions(): Promise<readonly SessionRecord[]>
  /** Forgets a session: log, head and snapshot. */
  delete(session: SessionId): Promise<void>
  /** A fold's state after event `upTo`, kept so that opening need not read the whole log. Only ever a cache. */
  saveSnapshot(session: SessionId, upTo: EventId, state: string): Promise<void>
  snapshot(session: SessionId): Promise<{ readonly upTo: EventId; readonly state: string } | undefined>
}

/** Bodies that are too big for the log: events carry a preview of them and a link (P39). */
export interface Blobs {
  /** Keeps bytes of a session; resolves to their name, which is the same for the same bytes. */
  put(session: SessionId, bytes: Uint8Array, mediaType: string): Promise<string>
  /** Undefined for a name that is not kept. */
  get(session: SessionId, name: string): Promise<{ readonly mediaType: string; readonly bytes: Uint8Array } | undefined>
  /** Forgets all of a session. */
  delete(session: SessionId): Promise<void>
}

/* ---- the model: see `model-port.ts` ---- */

export * from './model-port.ts'

/* ---- the agent ---- */

/** What an agent is shown: history in, next drafts out. */
export interface AgentView {
  readonly session: SessionId
  /** The task first, then every event that is not forgotten, in order. */
  readonly history: readonly Event[]
  readonly model: Model
  /** Called with every chunk as it comes; must not throw. */
  onChunk(chunk: ModelChunk): void
}

/** What one step wrote: actions, and errors for calls of which no action could be made. */
export type StepDraft = Draft<Extract<Event, { action: unknown }>> | Draft<Extract<Event, { observation: 'error' }>>

/** Decides what to do next and holds nothing between steps. */
export interface Agent {
  readonly name: string
  /** Throws `ModelError`, or the signal's reason. The first draft carries `llm_metrics`; `seen` is the controller's to add. */
  step(view: AgentView, signal: AbortSignal): Promise<readonly StepDraft[]>
}

/* ---- the judge: see `analyzer-port.ts` ---- */

export * from './analyzer-port.ts'

/* ---- the runtime: see `runtime-port.ts` ---- */

import type { Outcome } from './runtime-port.ts'

export * from './runtime-port.ts'

/* ---- clients ---- */

/** One client, however it is connected. Sending never blocks and never throws. */
export interface Connection {
  readonly wantsDeltas: boolean
  sendEvent(kept: Kept): void
  sendFrame(frame: ErrorFrame | StatusFrame | DeltaFrame): void
  /** Resolves once more may be read for this client, so that what it cannot take is not held for it; rejects as `ready`. */
  room(signal: AbortSignal): Promise<void>
  /** Resolves once this client may be sent the next event; rejects with the signal's reason when the connection is given up. */
  ready(signal: AbortSignal): Promise<void>
  close(code: number, reason: string): void
}

/* ---- tests ---- */

/** Moments between two effects at which a test may end the process. */
export const crashPoints = [
  'before-append',
  'after-append',
  'before-model',
  'during-model',
  'after-model',
  'before-perform',
  'during-perform',
  'after-perform',
] as const
export type CrashPoint = (typeof crashPoints)[number]
/** Called at each such moment; does nothing outside tests. */
export type OnPoint = (point: CrashPoint, event?: Draft | Event) => void

/* ---- folders ---- */

/** Which folders of the host sessions may work in; decided when the server starts, never by a client. */
export interface Workspaces {
  /** The folder of a session, made if it is its own. Refuses, with the reason, whatever lies outside the allowed roots. */
  folderOf(session: SessionId, wanted: string | undefined): Promise<Outcome<{ readonly path: string }>>
  /** Deletes the folder of a session if it is its own and nobody else's. */
  remove(session: SessionId): Promise<void>
}

/* ---- secrets and settings: see `settings-port.ts` ---- */

export * from './settings-port.ts'

/* ---- the end of the server ---- */

/** Thrown for a session that would have to be opened while the server gets ready to end. */
export class DrainingError extends Error {
  override readonly name = 'DrainingError'
  constructor() {
    super('The server is shutting down and opens no sessions any more. Try again in a moment.')
  }
}

/* ---- the server's log ---- */

/** Where the server tells its operator what happens; values are escaped, secrets never given. */
export interface Log {
  info(message: string, fields?: Readonly<Record<string, unknown>>): void
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void
  error(message: string, fields?: Readonly<Record<string, unknown>>): void
  /** Absent unless somebody reads at this level, so that nothing is put together for nobody. */
  debug?(message: string, fields?: Readonly<Record<string, unknown>>): void
  /** From now on this text shows in no line; absent where lines go nowhere. */
  conceal?(secret: string): void
}
