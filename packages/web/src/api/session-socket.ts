import type { ActionName, ErrorFrame, Event, EventId, ServerFrame } from '@openhands/protocol'
import { currentToken, noteDenied } from './access.ts'
import { socketAddress } from './address.ts'
import { backoffMs } from './backoff.ts'
import { conversationExists } from './conversations.ts'
import { readFrom } from './log.ts'
import { RequestError } from './request.ts'

/** How a page stands to its session. `until` is in milliseconds since 1970. */
export type Link =
  | { readonly kind: 'open' | 'gone' | 'denied' | 'closed' }
  /** `why`: what the line before ended with. */
  | { readonly kind: 'connecting'; readonly why?: Loss }
  | { readonly kind: 'waiting'; readonly until: number; readonly why: Loss }
export type Loss = 'lost' | 'silent' | 'restarting'

/** What a client may say; the server answers with an error frame what it cannot obey. */
export interface Said {
  readonly action: ActionName | 'retry_now'
  readonly args: Readonly<Record<string, unknown>>
  /** A name for it: sent again after a lost connection, it is taken once. */
  readonly client_id?: string
  /** The id of the event that it answers. */
  readonly cause?: number
}

export interface SessionSocketOptions {
  readonly session: string
  /** The newest event that the page has; -1 for none. */
  readonly cursor: () => EventId
  readonly onFrame: (frame: ServerFrame) => void
  readonly onLink: (link: Link) => void
}

/** After so long without a frame the server is asked whether there is something to tell. */
const QUIET_MS = { visible: 8_000, hidden: 30_000 }
const ANSWER_MS = 4_000
/** An event that the server has must have come over the socket by then. */
const LATE_MS = 3_000
/** Where nothing answers at all, each try waits for an answer: that is pause enough, and the line is back at once when it is. */
const SILENT_PAUSE_MS = 1_500
const RESTARTING = 1001
const TOKEN_CHANGED = 4401

/** One session's socket: follows the log from the cursor, notices when the line is dead, and comes back by itself. */
export class SessionSocket {
  readonly #options: SessionSocketOptions
  readonly #ending = new AbortController()
  #socket: WebSocket | undefined
  #attempt = 0
  #timer: ReturnType<typeof setTimeout> | undefined
  #link: Link = { kind: 'closed' }

  constructor(options: SessionSocketOptions) {
    this.#options = options
  }

  /** Begins; returns the end. */
  open(): () => void {
    const wake = (): void => this.#wake()
    addEventListener('online', wake)
    document.addEventListener('visibilitychange', wake)
    this.#connect()
    return () => {
      removeEventListener('online', wake)
      document.removeEventListener('visibilitychange', wake)
      this.#ending.abort()
      clearTimeout(this.#timer)
      this.#drop()
    }
  }

  /** Sends a frame; false where there is no line, and nothing was sent. */
  send(said: Said): boolean {
    if (this.#socket?.readyState !== WebSocket.OPEN) return false
    this.#socket.send(JSON.stringify(said))
    return true
  }

  /** Tries again at once. */
  retry(): void {
    if (this.#link.kind === 'open' || this.#link.kind === 'connecting') return
    this.#attempt = 0
    this.#connect()
  }

  #wake(): void {
    if (document.visibilityState === 'hidden') return
    if (this.#link.kind === 'waiting') this.retry()
    else if (this.#link.kind === 'open') this.#listen(0)
  }

  #connect(): void {
    if (this.#ending.signal.aborted) return
    clearTimeout(this.#timer)
    this.#drop()
    this.#tell(this.#link.kind === 'waiting' ? { kind: 'connecting', why: this.#link.why } : { kind: 'connecting' })
    const { session, cursor } = this.#options
    const query = new URLSearchParams({ conversation_id: session, deltas: 'true' })
    if (cursor() >= 0) query.set('latest_event_id', String(cursor()))
    const token = currentToken()
    const socket = new WebSocket(socketAddress(`ws?${query}`), token === undefined ? [] : [`bearer.${token}`])
    this.#socket = socket
    let opened = false
    socket.onopen = () => {
      opened = true
      this.#attempt = 0
      this.#tell({ kind: 'open' })
      this.#listen()
    }
    socket.onmessage = ({ data }) => this.#receive(data)
    socket.onclose = ({ code }) => {
      if (this.#socket === socket) this.#lost(code, opened)
    }
    this.#timer = setTimeout(() => this.#again('silent'), 2 * ANSWER_MS)
  }

  #receive(data: unknown): void {
    this.#listen()
    if (typeof data !== 'string') return
    this.#options.onFrame(JSON.parse(data) as ServerFrame) // the server's own words
  }

  /** Watches for silence: a half-open line says nothing for ever. */
  #listen(ms = QUIET_MS[document.visibilityState]): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#ask().catch(() => this.#again('silent')), ms)
  }

  async #ask(): Promise<void> {
    const { session, cursor } = this.#options
    const socket = this.#socket
    const signal = AbortSignal.any([this.#ending.signal, AbortSignal.timeout(ANSWER_MS)])
    const from = cursor() + 1
    const { next } = await readFrom(session, from, 1, signal)
    if (this.#socket !== socket || this.#link.kind !== 'open') return
    if (next <= from) return this.#listen()
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => (cursor() < from ? this.#again('silent') : this.#listen()), LATE_MS)
  }

  #lost(code: number, opened: boolean): void {
    if (code === TOKEN_CHANGED) this.#refused()
    else if (opened) this.#again(code === RESTARTING ? 'restarting' : 'lost')
    else this.#findOut()
  }

  /** A browser does not tell why an upgrade was refused: a request does. */
  #findOut(): void {
    const socket = this.#socket
    const { session } = this.#options
    const signal = AbortSignal.any([this.#ending.signal, AbortSignal.timeout(ANSWER_MS)])
    clearTimeout(this.#timer)
    conversationExists(session, signal).then(
      exists => this.#socket === socket && (exists ? this.#again('lost') : this.#end({ kind: 'gone' })),
      (error: unknown) => {
        if (this.#socket !== socket) return
        if (error instanceof RequestError && error.status === 401) this.#refused()
        else this.#again('lost')
      },
    )
  }

  #refused(): void {
    this.#end({ kind: 'denied' })
    noteDenied()
  }

  #end(link: Link): void {
    clearTimeout(this.#timer)
    this.#drop()
    this.#tell(link)
  }

  #again(why: Loss): void {
    if (this.#ending.signal.aborted) return
    this.#drop()
    const steady = backoffMs(this.#attempt, Math.random())
    const ms = why !== 'silent' ? steady : this.#attempt === 0 ? 0 : Math.min(steady, SILENT_PAUSE_MS)
    this.#attempt += 1
    this.#tell({ kind: 'waiting', until: Date.now() + ms, why })
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#connect(), ms)
  }

  #drop(): void {
    const socket = this.#socket
    this.#socket = undefined
    if (!socket) return
    socket.onclose = null
    socket.onmessage = null
    socket.close()
  }

  #tell(link: Link): void {
    this.#link = link
    if (!this.#ending.signal.aborted) this.#options.onLink(link)
  }
}

/** Whether a frame is an entry of the log. */
export function isEvent(frame: ServerFrame): frame is Event {
  return 'action' in frame || 'observation' in frame
}

/** Whether a frame says that something was not obeyed. */
export function isErrorFrame(frame: ServerFrame): frame is ErrorFrame {
  return 'error' in frame && !isEvent(frame)
}
