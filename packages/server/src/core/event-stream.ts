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
import { Turns } from '../lib/turns.ts'
import type { Clock, EventStore, Kept, OnPoint } from './ports.ts'

const PAGE = 500
/** JSON that is read for a follower at a time, and held however long its client takes to read it (P38). */
const HELD_CHARACTERS = 64_000
/**
 * Newest events held in memory, so that readers who keep up need not ask the store. Few enough to be forgotten while they
 * are young: with five times as many, what a run had emitted was collected late, and the server grew by 90 MB (P38).
 */
const TAIL_EVENTS = 256
const TAIL_CHARACTERS = 200_000
const SNAPSHOT_EVERY = 512
/** Pages of the store are read in turns, however many sessions are followed: they share the process's event loop. */
const storedPages = new Turns(4)
/** Goes up whenever `fold` changes its mind; snapshots of other versions are not read. */
const SNAPSHOT_VERSION = 3

/** Called with each group of events as soon as it is kept, in order; must not throw. */
export type OnKept = (events: readonly Event[], state: Conversation) => void

/** Who follows a log. */
export interface Follower {
  /** Resolves once there is room for more: nothing is read for this follower before. */
  readonly room?: () => Promise<void>
  /** Takes an event; the next one comes after it has resolved. */
  readonly take: (kept: Kept) => Promise<void>
}

/** What an event stream needs of the world. */
export interface StreamWorld {
  readonly store: EventStore
  readonly clock: Clock
  readonly onPoint: OnPoint
  /** Takes out of a draft what no log may hold. */
  readonly redact?: (draft: Draft) => Draft
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

  /** At most a page of events from `from` on, see `EventStore.page`; empty only at the end of the log. */
  async page(from: EventId, limit = PAGE, characters = Number.POSITIVE_INFINITY): Promise<readonly Kept[]> {
    const first = this.#tail[0]
    if (first && from >= first.id) return firstOf(this.#tail, from - first.id, limit, characters)
    return from < this.#state.next ? await this.#world.store.page(this.session, from, limit, characters) : []
  }

  /**
   * Replay from a cursor, then live, with no seam: each event once and in order, until the signal is aborted. Rejects
   * with its reason then, or as the follower does.
   */
  async follow(from: EventId, signal: AbortSignal, follower: Follower): Promise<void> {
    let cursor = from
    while (!signal.aborted) {
      const changed = this.#changed.promise
      const next = await this.#give(cursor, signal, follower)
      if (next === cursor) await orAborted(changed, signal)
      cursor = next
    }
  }

  /** Gives a follower one page. It is a function of its own because one that waits holds on to all that it has read. */
  async #give(from: EventId, signal: AbortSignal, { room, take }: Follower): Promise<EventId> {
    await room?.()
    if (from < (this.#tail[0]?.id ?? this.#state.next)) await storedPages.next()
    let next = from
    for (const kept of await this.page(from, PAGE, HELD_CHARACTERS)) {
      if (signal.aborted) break
      await take(kept)
      next = kept.id + 1
    }
    return next
  }

  /** Waits for what is being written and keeps a snapshot of it. */
  async close(): Promise<void> {
    await this.#writing
    await this.#saveSnapshot()
  }

  async #write(wanted: readonly Draft[]): Promise<readonly Event[]> {
    if (wanted.length === 0) return []
    const { store, clock, onPoint, redact } = this.#world
    const drafts = redact ? wanted.map(redact) : wanted
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
    for (let i = 0; i < this.#tail.length - 1 && (i < drop || this.#tailSize > TAIL_CHARACTERS); i++) {
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

/** The events from a place in a list on: so many, but none that so many characters come before. */
function firstOf(events: readonly Kept[], at: number, limit: number, characters: number): readonly Kept[] {
  let end = at
  for (let size = 0; end < events.length && end - at < limit && size < characters; end++)
    size += events[end]?.json.length ?? 0
  return events.slice(at, end)
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
  readonly last_line: string
}

function headOf(state: Conversation): SessionHead {
  const { agentState, title, created, updated, settings, usage, trouble, lastLine: last_line } = state
  const selected_repository = settings.selected_repository ?? null
  return { agent_state: agentState, title, created, updated, selected_repository, cost: usage.cost, trouble, last_line }
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
