import type { TerminalInfo, TerminalServerFrame } from '@openhands/protocol'
import type { WebSocket } from 'ws'
import type { AgentTerminalViewer } from '../core/agent-terminal.ts'
import type { TerminalSize } from '../core/ports.ts'
import type { Viewing } from '../core/shared-terminal.ts'
import { HIGH_WATER_BYTES, STALLED_MS } from './outflow.ts'

export interface TerminalConnectionOptions {
  /** What the terminal is now. */
  readonly info: () => TerminalInfo
  /** A client that takes nothing for so long is let go; `STALLED_MS` unless given. */
  readonly stalledMs?: number
}

/** A client that looks at a terminal through a WebSocket. */
export class TerminalConnection implements AgentTerminalViewer {
  readonly #socket: WebSocket
  readonly #info: () => TerminalInfo
  readonly #stalledMs: number
  #viewing: Viewing | undefined
  #stalled: NodeJS.Timeout | undefined
  #drained = Promise.withResolvers<void>()

  constructor(socket: WebSocket, { info, stalledMs = STALLED_MS }: TerminalConnectionOptions) {
    this.#socket = socket
    this.#info = info
    this.#stalledMs = stalledMs
  }

  /** From now on the client is shown what this hold on the terminal gives; until the socket ends. */
  begin<V extends Viewing>(join: (viewer: this) => V): V {
    const viewing = join(this)
    this.#viewing = viewing
    this.#socket.on('close', () => {
      clearTimeout(this.#stalled)
      this.#drained.resolve()
      viewing.leave()
    })
    this.#measure()
    return viewing
  }

  onScreen(): void {
    this.send({ type: 'screen', terminal: this.#info() })
  }

  onBytes(bytes: Uint8Array): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return
    this.#socket.send(bytes, { binary: true }, () => this.#relax())
    this.#measure()
  }

  onResized({ columns, rows }: TerminalSize): void {
    this.send({ type: 'resized', cols: columns, rows })
  }

  onHolder(holder: 'agent' | 'you' | 'somebody'): void {
    this.send({ type: 'holder', holder })
  }

  onExit(reason: string): void {
    this.send({ type: 'exit', reason })
    this.#socket.close(1000, 'the terminal has ended')
  }

  send(frame: TerminalServerFrame): void {
    if (this.#socket.readyState === this.#socket.OPEN) this.#socket.send(JSON.stringify(frame), () => this.#relax())
  }

  /** Tells the client what it did wrong; resolves once it has taken what came before. */
  async answer(message: string): Promise<void> {
    this.send({ type: 'error', message })
    while (this.#stalled !== undefined && this.#socket.readyState === this.#socket.OPEN) await this.#drained.promise
  }

  #measure(): void {
    if (this.#socket.bufferedAmount <= HIGH_WATER_BYTES || this.#viewing === undefined) return
    this.#viewing.isFull()
    this.#stalled ??= setTimeout(() => this.#socket.terminate(), this.#stalledMs)
  }

  #relax(): void {
    if (this.#stalled === undefined) return
    this.#stalled.refresh()
    if (this.#socket.bufferedAmount > HIGH_WATER_BYTES / 2) return
    clearTimeout(this.#stalled)
    this.#stalled = undefined
    this.#drained.resolve()
    this.#drained = Promise.withResolvers()
    this.#viewing?.hasRoom()
  }
}
