import type { Conversation, ErrorFrame, SessionId, SessionSettings, StatusFrame } from '@openhands/protocol'
import { messageOf } from '../lib/errors.ts'
import { present } from '../lib/present.ts'
import { orAborted } from '../lib/signal.ts'
import { nextMove } from './next-move.ts'
import { DrainingError, type SessionRecord } from './ports.ts'
import type { ServerParts } from './server-parts.ts'
import { Session } from './session.ts'
import { type SessionSummary, summaryOf } from './session-summary.ts'

export interface SessionManagerOptions {
  /** A session that nobody looks at and whose agent rests is closed after so long; it comes back as it was. */
  readonly idleMs: number
  readonly sweepEveryMs: number
}

/** Somebody who is told what becomes of sessions. None of these may throw. */
export interface SessionWatcher {
  /** It was opened or closed, or has kept events; `state` is what is known of it now. */
  onChange(id: SessionId, state: Conversation, isOpen: boolean): void
  onDeleted(id: SessionId): void
}

/** A new session, or why there is none. */
export type Created =
  | { readonly ok: true; readonly session: Session }
  | { readonly ok: false; readonly refused: ErrorFrame }

/** Opens, finds, sweeps and closes sessions. Closing gives back memory and sandbox; only `delete` deletes. */
export class SessionManager implements AsyncDisposable {
  readonly #parts: ServerParts
  readonly #options: SessionManagerOptions
  readonly #sessions = new Map<SessionId, Promise<Session>>()
  readonly #closing = new Map<SessionId, Promise<void>>()
  readonly #watchers = new Set<SessionWatcher>()
  readonly #ending = new AbortController()
  #isDraining = false
  #isRecovered = false

  constructor(parts: ServerParts, options: SessionManagerOptions) {
    this.#parts = parts
    this.#options = options
  }

  /** The session of that id, opened if it is not; a new one if it has no log yet. Throws `DrainingError` instead of opening one late. */
  async open(id: SessionId): Promise<Session> {
    this.#ending.signal.throwIfAborted()
    await this.#closing.get(id)
    const known = this.#sessions.get(id)
    if (known) return await known
    if (this.#isDraining) throw new DrainingError()
    const opening = Session.open(id, this.#parts)
    this.#sessions.set(id, opening)
    opening.then(
      session => this.#watch(session),
      () => undefined, // see below
    )
    opening.catch(() => this.#sessions.delete(id)) // whoever asked has the failure; the next may try again
    return await opening
  }

  /** Tells of every session that changes from now on; returns the undo. */
  watch(watcher: SessionWatcher): () => void {
    this.#watchers.add(watcher)
    return () => void this.#watchers.delete(watcher)
  }

  /** Whether there is such a session, open or stored. */
  async exists(id: SessionId): Promise<boolean> {
    return this.#sessions.has(id) || (await this.#parts.store.last(id)) >= 0
  }

  /** An open session. */
  async find(id: SessionId): Promise<Session | undefined> {
    return await this.#sessions.get(id)
  }

  /** True as soon as sessions that are not open stay closed, because the server is about to end. */
  get draining(): boolean {
    return this.#isDraining
  }

  /** True once `recover` has done its work. */
  get recovered(): boolean {
    return this.#isRecovered
  }

  /** Whether opening that session would throw `DrainingError`. */
  refuses(id: SessionId): boolean {
    return this.#isDraining && !this.#sessions.has(id)
  }

  /** The sessions that are open now. */
  async opened(): Promise<readonly Session[]> {
    const sessions = await Promise.all([...this.#sessions.values()].map(one => one.catch(() => undefined)))
    return sessions.filter(session => session !== undefined)
  }

  /** How many sessions are open. */
  get size(): number {
    return this.#sessions.size
  }

  /**
   * Starts a session of its own: its sandbox is made while its client is still on the way. What `initialize` refuses
   * is refused here, and then there is no session.
   */
  async create(settings: SessionSettings = {}, apiKey?: string): Promise<Created> {
    const session = await this.open(this.#parts.newId())
    const refused = await session.dispatch({ kind: 'initialize', settings, ...present({ apiKey }) })
    if (!refused) return { ok: true, session }
    await this.close(session.id)
    return { ok: false, refused }
  }

  /** What the list shows of one session; undefined when there is none. */
  async summary(id: SessionId): Promise<SessionSummary | undefined> {
    const record = (await this.list()).find(one => one.id === id)
    return record && summaryOf(record)
  }

  /** Gives a session another title; false when there is no such session. */
  async rename(id: SessionId, title: string): Promise<boolean> {
    if (!(await this.exists(id))) return false
    const session = await this.open(id)
    await session.dispatch({ kind: 'act', draft: { action: 'rename', source: 'user', args: { title } } })
    return true
  }

  /** Every stored session, newest change first. */
  list(): Promise<readonly SessionRecord[]> {
    return this.#parts.store.sessions()
  }

  /** Tells all clients of one session something; false when it is not open. */
  async send(id: SessionId, frame: StatusFrame): Promise<boolean> {
    const session = await this.find(id)
    session?.broadcast(frame)
    return session !== undefined
  }

  /** Closes a session; whoever opens it next waits until that is done. */
  async close(id: SessionId): Promise<void> {
    const opened = this.#sessions.get(id)
    if (!opened) return await this.#closing.get(id)
    this.#sessions.delete(id)
    const closing = opened.then(session => session[Symbol.asyncDispose]())
    this.#closing.set(id, closing)
    try {
      await closing
      const { stream } = await opened
      for (const watcher of this.#watchers) watcher.onChange(id, stream.state, false)
    } finally {
      this.#closing.delete(id)
    }
  }

  /** Deletes a session: its processes, its log, what is kept beside that, and its folder if that is its own. */
  async delete(id: SessionId): Promise<void> {
    await this.close(id)
    await this.#parts.store.delete(id)
    for (const watcher of this.#watchers) watcher.onDeleted(id)
    await this.#parts.blobs.delete(id)
    await this.#parts.runtimes.forget(id)
    await this.#parts.workspaces.remove(id)
  }

  #watch({ id, stream }: Session): void {
    const tell = (state: Conversation): void => {
      for (const watcher of this.#watchers) watcher.onChange(id, state, true)
    }
    stream.onKept((_, state) => tell(state)) // the listeners end with the stream
    tell(stream.state)
  }

  /** After a start: opens what a dead server left under way and lets it go on. Resolves to how many sessions that were. */
  async recover(): Promise<number> {
    let recovered = 0
    for (const record of await this.list()) {
      if (this.#isDraining) break
      if (!mayBeUnderWay(record)) continue
      try {
        const session = await this.open(record.id)
        const limits = { maxIterations: Number.POSITIVE_INFINITY, maxViewSize: Number.POSITIVE_INFINITY }
        if (nextMove(session.stream.state, limits).kind === 'wait') continue
        session.resume()
        recovered++
      } catch (error) {
        this.#parts.log.error('a session cannot be recovered', { session: record.id, error: messageOf(error) })
      }
    }
    this.#isRecovered = true
    return recovered
  }

  /** Closes what has been idle for too long; call it once, it repeats itself until the manager is disposed. */
  async sweep(): Promise<void> {
    const { signal } = this.#ending
    for (;;) {
      try {
        await this.#parts.clock.sleep(this.#options.sweepEveryMs, signal)
      } catch {
        return
      }
      await this.closeIdle()
    }
  }

  /** Closes every session that has been idle for too long. */
  async closeIdle(): Promise<void> {
    for (const [id, opening] of this.#sessions) {
      const session = await opening.catch(() => undefined) // one that could not be opened is not there to be closed
      if (!session || session.idleMs < this.#options.idleMs) continue
      await this.close(id)
      this.#parts.log.info('closed an idle session', { session: id })
    }
  }

  /**
   * From now on opens no session and lets none begin anything: what has begun may end. Resolves once nothing is under
   * way, or when the signal is aborted.
   */
  async drain(signal: AbortSignal): Promise<void> {
    this.#isDraining = true
    const resting = this.opened().then(sessions => Promise.all(sessions.map(session => session.drain())))
    await orAborted(resting, signal).catch(error => {
      if (!signal.aborted) throw error
    })
  }

  /** Closes every session; what is under way is broken off and said so in its log. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#ending.abort(new Error('the server is shutting down'))
    const results = await Promise.allSettled([...this.#sessions.keys()].map(id => this.close(id)))
    for (const result of results)
      if (result.status === 'rejected')
        this.#parts.log.error('a session did not close', { error: messageOf(result.reason) })
  }
}

/** A head that is missing or cannot be read proves nothing: the log is asked. */
function mayBeUnderWay(record: SessionRecord): boolean {
  if (record.head === undefined) return true
  try {
    const state: unknown = JSON.parse(record.head).agent_state
    return state !== 'finished' && state !== 'awaiting_user_input' && state !== 'stopped' && state !== 'rejected'
  } catch {
    return true
  }
}
