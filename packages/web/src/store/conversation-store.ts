import {
  type Conversation,
  type ErrorFrame,
  type Event,
  type EventId,
  fold,
  nothing,
  type ServerFrame,
  type StatusFrame,
} from '@openhands/protocol'
import { backoffMs, pause } from '../api/backoff.ts'
import { readBefore, readFrom, readTail } from '../api/log.ts'
import { RequestError } from '../api/request.ts'
import { isErrorFrame, isEvent, type Link, type Said, SessionSocket } from '../api/session-socket.ts'
import { type LiveText, silence, withDelta, withoutKept } from './live-text.ts'
import { LogWindow } from './log-window.ts'
import { frameOf, type Outgoing, withMessage, withoutTaken } from './outbox.ts'
import { type Row, RowMaker } from './rows.ts'

/** Everything that is drawn of a session. A new object whenever something of it has changed; parts that have not stay the same. */
export interface ConversationView {
  /** False until the end of the log is there. */
  readonly ready: boolean
  /** `fold` of the whole log, by the same function as the server's. */
  readonly state: Conversation
  readonly rows: readonly Row[]
  readonly hasOlder: boolean
  /** True while the newest events are not among the rows: somebody reads far back. */
  readonly detached: boolean
  readonly live: LiveText
  readonly link: Link
  /** What the server last said about progress or trouble; gone with the next event. */
  readonly status: StatusFrame | undefined
  /** What the server did not obey. */
  readonly refusal: ErrorFrame | undefined
  /** The message that it did not take: it would not take it the next time either, so it goes back to who wrote it. */
  readonly givenBack: Outgoing | undefined
  /** Messages that the log does not have yet, oldest first; they are sent again whenever the line comes back. */
  readonly outbox: readonly Outgoing[]
}

const TAIL = 200
const PAGE = 200
/** Written while nobody draws, as in a hidden tab: then once in so long. */
const HIDDEN_MS = 500
/** Words that come faster than this are drawn together: nobody reads 60 times a second. */
const FRAME_MS = 50

/** Follows one session: the fold of its log, a bounded window of its events, and what comes live. */
export class ConversationStore {
  readonly session: string
  readonly #socket: SessionSocket
  readonly #maker = new RowMaker()
  readonly #listeners = new Set<() => void>()
  readonly #ending = new AbortController()
  #window = LogWindow.at(0)
  #view: ConversationView = {
    ready: false,
    state: nothing,
    rows: [],
    hasOlder: false,
    detached: false,
    live: silence,
    link: { kind: 'connecting' },
    status: undefined,
    refusal: undefined,
    givenBack: undefined,
    outbox: [],
  }
  #next = this.#view
  #drawn = this.#window
  #scheduled = false
  #drawnAt = 0
  #cancel: () => void = () => undefined
  #loading: Promise<void> | undefined
  /** The event that was asked for last. */
  #wanted: EventId = -1

  constructor(session: string) {
    this.session = session
    this.#socket = new SessionSocket({
      session,
      cursor: () => this.#next.state.next - 1,
      onFrame: frame => this.#receive(frame),
      onLink: link => this.#linked(link),
    })
  }

  /** Loads the end of the log and follows from there; returns the end. */
  open(): () => void {
    const { signal } = this.#ending
    let close: (() => void) | undefined
    this.#loadTail().then(
      () => {
        if (!signal.aborted) close = this.#socket.open()
      },
      () => undefined, // it has ended, or said why it could not
    )
    return () => {
      this.#ending.abort()
      close?.()
    }
  }

  get view(): ConversationView {
    return this.#view
  }

  /** Calls `listener` after each change, at most 20 times a second; returns the undo. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  /** Sends what the user says or wants; false where there is no line, and nothing was sent. */
  send(said: Said): boolean {
    this.#change({ refusal: undefined })
    return this.#socket.send(said)
  }

  /** Says something to the agent; it is kept until the log has it, through any loss of the line. False where too much waits already. */
  say(text: string, images: readonly string[]): boolean {
    const outbox = withMessage(this.#next.outbox, { id: crypto.randomUUID(), text, images })
    if (!outbox) return false
    this.#change({ outbox, refusal: undefined })
    const added = outbox.at(-1)
    if (added) this.#socket.send(frameOf(added))
    return true
  }

  /** Connects at once instead of waiting. */
  retry(): void {
    this.#socket.retry()
  }

  /** Takes a notice of the server away. */
  dismiss(): void {
    this.#change({ refusal: undefined })
  }

  /** Loads the events before the oldest one held. Asked again meanwhile, it is the same loading. */
  loadOlder(): Promise<void> {
    if (this.#window.from <= 0) return Promise.resolve()
    return this.#load(async signal => {
      const { events } = await readBefore(this.session, this.#window.from, PAGE, signal)
      this.#window = this.#window.withOlder(events)
    })
  }

  /** Loads the events after the newest one held, where that is not the end of the log. */
  loadNewer(): Promise<void> {
    if (this.#window.to >= this.#next.state.next) return Promise.resolve()
    return this.#load(async signal => {
      const { events } = await readFrom(this.session, this.#window.to, PAGE, signal)
      this.#window = this.#window.withNewer(events)
    })
  }

  /** Shows the end of the log again. */
  showNewest(): Promise<void> {
    if (this.#window.to >= this.#next.state.next) return Promise.resolve()
    return this.#load(async signal => {
      const { events, next } = await readTail(this.session, TAIL, signal)
      this.#window = LogWindow.at(next, events)
    })
  }

  /** Shows the part of the log around an event, or around a later one that is asked for meanwhile. */
  async showEvent(id: EventId): Promise<void> {
    this.#wanted = id
    while (this.#loading) await this.#loading
    if (this.#wanted !== id || (id >= this.#window.from && id < this.#window.to)) return
    await this.#load(async signal => {
      const { events } = await readFrom(this.session, Math.max(0, id - PAGE / 2), PAGE, signal)
      this.#window = LogWindow.at(events[0]?.id ?? id, events)
    })
  }

  #load(work: (signal: AbortSignal) => Promise<void>): Promise<void> {
    this.#loading ??= work(this.#ending.signal)
      .catch(() => undefined) // the line says that it is down; whoever scrolls asks again
      .finally(() => {
        this.#loading = undefined
        this.#change({})
      })
    return this.#loading
  }

  /** Tries until the end of the log is there. Rejects where that cannot be any more. */
  async #loadTail(): Promise<void> {
    const { signal } = this.#ending
    for (let attempt = 0; ; attempt++) {
      try {
        const { events, next, state } = await readTail(this.session, TAIL, signal)
        this.#window = LogWindow.at(next, events)
        return this.#change({ state, ready: true, link: { kind: 'connecting' } })
      } catch (error) {
        if (signal.aborted) throw error
        const status = error instanceof RequestError ? error.status : 0
        if (status === 404) this.#change({ link: { kind: 'gone' } })
        if (status === 401) this.#change({ link: { kind: 'denied' } })
        if (status === 404 || status === 401) throw error
      }
      const ms = backoffMs(attempt, Math.random())
      this.#change({ link: { kind: 'waiting', until: Date.now() + ms, why: 'lost' } })
      await pause(ms, signal)
    }
  }

  #linked(link: Link): void {
    // What was written while nobody listened is missing in what is shown live; the log will have all of it.
    this.#change(link.kind === 'open' ? { link, live: silence } : { link })
    if (link.kind === 'open') for (const message of this.#next.outbox) this.#socket.send(frameOf(message))
  }

  #receive(frame: ServerFrame): void {
    if (isEvent(frame)) this.#add(frame)
    else if ('delta' in frame) this.#change({ live: withDelta(this.#next.live, frame.delta) })
    else if ('status_update' in frame) this.#change({ status: frame })
    else if (isErrorFrame(frame)) this.#refused(frame)
  }

  #refused(refusal: ErrorFrame): void {
    const { outbox } = this.#next
    const givenBack = outbox.find(({ id }) => id === refusal.client_id)
    this.#change(givenBack ? { refusal, givenBack, outbox: outbox.filter(each => each !== givenBack) } : { refusal })
  }

  #add(event: Event): void {
    const { state, live, outbox } = this.#next
    if (event.id !== state.next) return // had before; a hole is found by the watch for silence
    if (this.#window.to === event.id) this.#window = this.#window.withNewer([event])
    const after = fold(state, event)
    this.#change({
      state: after,
      live: withoutKept(live, event),
      status: undefined,
      outbox: withoutTaken(outbox, after),
    })
  }

  #change(part: Partial<ConversationView>): void {
    this.#next = { ...this.#next, ...part }
    if (this.#scheduled) return
    this.#scheduled = true
    // A hidden tab gets no frames: then the timer is what draws.
    const late = setTimeout(() => this.#draw(), HIDDEN_MS)
    let frame = 0
    const soon = setTimeout(
      () => {
        frame = requestAnimationFrame(() => this.#draw())
      },
      Math.max(0, this.#drawnAt + FRAME_MS - performance.now()),
    )
    this.#cancel = () => {
      clearTimeout(late)
      clearTimeout(soon)
      cancelAnimationFrame(frame)
    }
  }

  #draw(): void {
    this.#cancel()
    this.#scheduled = false
    this.#drawnAt = performance.now()
    if (this.#drawn !== this.#window || !this.#view.ready) {
      this.#drawn = this.#window
      this.#next = { ...this.#next, rows: this.#maker.rowsOf(this.#window.events) }
    }
    this.#view = { ...this.#next, hasOlder: this.#window.from > 0, detached: this.#window.to < this.#next.state.next }
    this.#next = this.#view
    for (const listener of this.#listeners) listener()
  }
}
