import type { TerminalClientFrame, TerminalList, TerminalServerFrame } from '@openhands/protocol'
import { currentToken, noteDenied } from './access.ts'
import { socketAddress } from './address.ts'
import { backoffMs } from './backoff.ts'
import { RequestError, requestJson } from './request.ts'

/**
 * How a view stands to its terminal. `asleep`: no sandbox runs. `ended`: there is no such terminal (any more), and why.
 * `until` is in milliseconds since 1970.
 */
export type TerminalLink =
  | { readonly kind: 'connecting' | 'open' | 'asleep' | 'denied' }
  | { readonly kind: 'ended'; readonly why: string }
  | { readonly kind: 'waiting'; readonly until: number }

export interface TerminalLineOptions {
  readonly session: string
  /** The id of the terminal. */
  readonly terminal: string
  readonly onBytes: (bytes: Uint8Array) => void
  readonly onFrame: (frame: TerminalServerFrame) => void
  readonly onLink: (link: TerminalLink) => void
}

const ANSWER_MS = 8_000
/** After so long without a word the server is asked whether it is still there. */
const QUIET_MS = 20_000
const TOKEN_CHANGED = 4401

/** The socket of one terminal; it comes back by itself as long as there is such a terminal. */
export class TerminalLine {
  readonly #options: TerminalLineOptions
  readonly #ending = new AbortController()
  readonly #encoder = new TextEncoder()
  #socket: WebSocket | undefined
  #attempt = 0
  #timer: ReturnType<typeof setTimeout> | undefined
  #link: TerminalLink = { kind: 'connecting' }

  constructor(options: TerminalLineOptions) {
    this.#options = options
  }

  /** Begins; returns the end. */
  open(): () => void {
    const wake = (): void => {
      if (this.#link.kind === 'waiting') this.retry()
    }
    addEventListener('online', wake)
    document.addEventListener('visibilitychange', wake)
    this.#connect()
    return () => {
      removeEventListener('online', wake)
      document.removeEventListener('visibilitychange', wake)
      this.#ending.abort()
      this.#drop()
    }
  }

  /** Types; false where there is no line, and nothing was typed. */
  type(text: string): boolean {
    return this.#send(this.#encoder.encode(text))
  }

  /** Says something about the terminal; false where there is no line. */
  say(frame: TerminalClientFrame): boolean {
    return this.#send(JSON.stringify(frame))
  }

  /** Connects at once, whatever it waits for. */
  retry(): void {
    this.#attempt = 0
    this.#connect()
  }

  #send(data: string | Uint8Array<ArrayBuffer>): boolean {
    if (this.#socket?.readyState !== WebSocket.OPEN) return false
    this.#socket.send(data)
    return true
  }

  #connect(): void {
    if (this.#ending.signal.aborted) return
    this.#drop()
    this.#tell({ kind: 'connecting' })
    const { session, terminal } = this.#options
    const query = new URLSearchParams({ conversation_id: session, terminal_id: terminal })
    const token = currentToken()
    const address = socketAddress(`ws/terminal?${query}`)
    const socket = new WebSocket(address, token === undefined ? [] : [`bearer.${token}`])
    socket.binaryType = 'arraybuffer'
    this.#socket = socket
    socket.onopen = () => {
      this.#attempt = 0
      this.#tell({ kind: 'open' })
      this.#listen()
    }
    socket.onmessage = ({ data }) => this.#receive(data)
    socket.onclose = ({ code }) => {
      if (this.#socket !== socket) return
      this.#drop()
      if (code === TOKEN_CHANGED) this.#refused()
      else this.#findOut()
    }
    this.#timer = setTimeout(() => this.#again(), ANSWER_MS)
  }

  #receive(data: unknown): void {
    this.#listen()
    if (data instanceof ArrayBuffer) {
      this.#options.onBytes(new Uint8Array(data))
      return
    }
    const frame = JSON.parse(String(data)) as TerminalServerFrame // the server's own words
    if (frame.type === 'exit') {
      this.#drop()
      this.#tell({ kind: 'ended', why: frame.reason })
    }
    this.#options.onFrame(frame)
  }

  /** Terminals may be silent for hours; a server that is gone does not answer a request either. */
  #listen(): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => {
      const socket = this.#socket
      this.#list().then(
        () => {
          if (this.#socket === socket) this.#listen()
        },
        () => {
          if (this.#socket === socket) this.#again()
        },
      )
    }, QUIET_MS)
  }

  /** A browser does not tell why an upgrade was refused or a line ended: a request does. */
  #findOut(): void {
    this.#tell({ kind: 'connecting' })
    const isStale = (): boolean => this.#socket !== undefined || this.#link.kind !== 'connecting'
    this.#list().then(
      ({ running, terminals }) => {
        if (isStale()) return
        if (!running) this.#tell({ kind: 'asleep' })
        else if (terminals.some(each => each.id === this.#options.terminal)) this.#again()
        else this.#tell({ kind: 'ended', why: '' })
      },
      (error: unknown) => {
        if (isStale()) return
        const status = error instanceof RequestError ? error.status : 0
        if (status === 401) this.#refused()
        else if (status === 404) this.#tell({ kind: 'ended', why: '' })
        else this.#again()
      },
    )
  }

  #list(): Promise<TerminalList> {
    const signal = AbortSignal.any([this.#ending.signal, AbortSignal.timeout(ANSWER_MS)])
    return requestJson(`api/conversations/${this.#options.session}/terminals`, { signal })
  }

  #refused(): void {
    this.#tell({ kind: 'denied' })
    noteDenied()
  }

  #again(): void {
    if (this.#ending.signal.aborted) return
    this.#drop()
    const ms = backoffMs(this.#attempt, Math.random())
    this.#attempt += 1
    this.#tell({ kind: 'waiting', until: Date.now() + ms })
    this.#timer = setTimeout(() => this.#connect(), ms)
  }

  #drop(): void {
    clearTimeout(this.#timer)
    const socket = this.#socket
    this.#socket = undefined
    if (!socket) return
    socket.onopen = null
    socket.onclose = null
    socket.onmessage = null
    socket.close()
  }

  #tell(link: TerminalLink): void {
    this.#link = link
    if (!this.#ending.signal.aborted) this.#options.onLink(link)
  }
}
