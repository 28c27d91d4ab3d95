import {
  type AgentState,
  type Conversation,
  type Draft,
  describe,
  type Event,
  type EventId,
  fold,
  nothing,
  type SessionId,
} from '@openhands/protocol'
import { orAborted } from '../lib/signal.ts'
import type { Clock, EventStore, Kept, OnPoint } from './ports.ts'

const PAGE = 500
/** Newest events held in memory, so that readers who keep up need not ask the store. */
const TAIL_EVENTS = 256
const TAIL_CHARACTERS = 1_000_000
const SNAPSHOT_EVERY = 512
/** Goes up whenever `fold` changes its mind; snapshots of other versions are not read. */
const SNAPSHOT_VERSION = 1

/** Called with each group of events as soon as it is kept, in order; must not throw. */
export type OnKept = (events: readonly Event[], state: Conversation) => void

/** What an event stream needs of the world. */
export interface StreamWorld {
  readonly store: EventStore
  readonly clock: Clock
  readonly onPoint: OnPoint
}

/**
 * One session's log: append, fold, follow. An event is in the store before anybody sees it. There is one writer chain,
 * so ids are dense and what `append` decided on is still so when it is written.
 */
export class EventStream {
  readonly session: SessionId
  readonly #world: StreamWorld
  #state: Conversation
  #tail: Kept[] = []
  #tailSize = 0
  #snapshotAt: EventId
  #writing: Promise<unknown> = Promise.resolve()
  #changed = Promise.withResolvers<void>()
  readonly #listeners = new Set<OnKept>()

  private constructor(session: SessionId, world: StreamWorld, state: Conversation) {
    this.session = session
    this.#world = world
    this.#state = state
    this.#snapshotAt = state.next
  }

  /** Opens a log: the newest snapshot and what came after it, page by page. */
  static async open(session: SessionId, world: StreamWorld): Promise<EventStream> {
    let state = readSnapshot(await world.store.snapshot(session)) ?? nothing
    for (;;) {
      const page = await world.store.page(session, state.next, PAGE)
      for (const { event } of page) state = fold(state, event)
      if (page.length < PAGE) return new EventStream(session, world, state)
    }
  }

  /** Everything known, as of the newest kept event. */
  get state(): Conversation {
    return this.#state
  }

  /** Keeps events; resolves to them, once a restart would not forget them. */
  append(...drafts: readonly Draft[]): Promise<readonly Event[]> {
    return this.decide(() => drafts)
  }

  /** Keeps what `decide` makes of the state as it is when its turn to write has come: nothing can get in between. */
  decide(decide: (state: Conversation) => readonly Draft[]): Promise<readonly Event[]> {
    const written = this.#writing.then(() => this.#write(decide(this.#state)))
    this.#writing = written.catch(() => undefined) // the caller has the failure; the next writer starts afresh
    return written
  }

  /** Calls `listener` with every group from now on; returns the undo. */
  onKept(listener: OnKept): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  /** Resolves after the next event is kept; ask before looking at `state` again, and nothing is missed. */
  changed(signal: AbortSignal): Promise<void> {
    return orAborted(this.#changed.promise, signal)
  }

  /** At most a page of events from `from` on; empty at the end of the log. */
  async page(from: EventId, limit = PAGE): Promise<readonly Kept[]> {
    const first = this.#tail[0]
    if (first && from >= first.id) return this.#tail.slice(from - first.id)
    return from < this.#state.next ? await this.#world.store.page(this.session, from, limit) : []
  }

  /** Replay from a cursor, then live, with no seam: each event once and in order, until the signal is aborted. */
  async *follow(from: EventId, signal: AbortSignal): AsyncGenerator<Kept> {
    let cursor = from
    let limit = 16
    while (!signal.aborted) {
      const changed = this.#changed.promise
      const page = await this.page(cursor, limit)
      const size = page.reduce((sum, { json }) => sum + json.length, 0)
      if (size > 0) limit = Math.max(1, Math.min(PAGE, Math.floor((page.length * 250_000) / size)))
      for (const kept of page) {
        if (signal.aborted) return
        yield kept
        cursor = kept.id + 1
      }
      if (page.length === 0) await orAborted(changed, signal)
    }
  }

  /** Waits for what is being written and keeps a snapshot of it. */
  async close(): Promise<void> {
    await this.#writing
    await this.#saveSnapshot()
  }

  async #write(drafts: readonly Draft[]): Promise<readonly Event[]> {
    if (drafts.length === 0) return []
    const { store, clock, onPoint } = this.#world
    const after = this.#state.next - 1
    const timestamp = clock.now().toISOString()
    const { events, state } = stamp(this.#state, drafts, timestamp)
    const kept = events.map(event => ({ id: event.id, event, json: JSON.stringify(event) }))
    for (const draft of drafts) onPoint('before-append', draft)
    await store.append(this.session, after, kept, JSON.stringify(headOf(state)))
    for (const event of events) onPoint('after-append', event)
    this.#state = state
    this.#remember(kept)
    for (const listener of this.#listeners) listener(events, state)
    const changed = this.#changed
    this.#changed = Promise.withResolvers()
    changed.resolve()
    if (state.next - this.#snapshotAt >= SNAPSHOT_EVERY) await this.#saveSnapshot()
    return events
  }

  #remember(kept: readonly Kept[]): void {
    for (const one of kept) {
      this.#tail.push(one)
      this.#tailSize += one.json.length
    }
    let drop = Math.max(0, this.#tail.length - TAIL_EVENTS)
    for (let i = 0; i < this.#tail.length && (i < drop || this.#tailSize > TAIL_CHARACTERS); i++) {
      this.#tailSize -= this.#tail[i]?.json.length ?? 0
      drop = i + 1
    }
    if (drop > 0) this.#tail.splice(0, drop)
  }

  async #saveSnapshot(): Promise<void> {
    if (this.#state.next === this.#snapshotAt) return
    const state = JSON.stringify({ version: SNAPSHOT_VERSION, state: this.#state })
    this.#snapshotAt = this.#state.next
    await this.#world.store.saveSnapshot(this.session, this.#state.next - 1, state)
  }
}

/** What a list of sessions shows of one. */
export interface SessionHead {
  readonly agent_state: AgentState | null
  readonly title: string
  /** UTC, ISO 8601. */
  readonly created: string
  readonly updated: string
  readonly selected_repository: string | null
  readonly cost: number
  readonly trouble: string | null
}

function headOf(state: Conversation): SessionHead {
  const { agentState, title, created, updated, settings, usage, trouble } = state
  const selected_repository = settings.selected_repository ?? null
  return { agent_state: agentState, title, created, updated, selected_repository, cost: usage.cost, trouble }
}

/** Gives drafts their ids, time and sentence, and tells of every change of the agent's state where it happens. */
export function stamp(
  before: Conversation,
  drafts: readonly Draft[],
  timestamp: string,
): { events: readonly Event[]; state: Conversation } {
  const events: Event[] = []
  let state = before
  const add = (draft: Draft): void => {
    const envelope = { id: state.next, timestamp, source: draft.source, message: describe(draft) }
    const event = { ...envelope, ...draft } as Event // a draft plus what it lacked
    events.push(event)
    state = fold(state, event)
  }
  for (const draft of drafts) {
    add(draft)
    while (state.agentState !== null && state.agentState !== state.announced) add(announcement(state.agentState))
  }
  return { events, state }
}

function announcement(agent_state: AgentState): Draft {
  return { observation: 'agent_state_changed', source: 'environment', content: '', extras: { agent_state } }
}

function readSnapshot(snapshot: Awaited<ReturnType<EventStore['snapshot']>>): Conversation | undefined {
  if (!snapshot) return undefined
  try {
    const { version, state } = JSON.parse(snapshot.state)
    return version === SNAPSHOT_VERSION && state.next === snapshot.upTo + 1 ? state : undefined
  } catch {
    return undefined // only a cache: the log says it again
  }
}
