import type { BoardEntry, BoardMessage, BoardSnapshot, SessionId } from '@openhands/protocol'
import { liveEntryOf } from '../core/board-entry.ts'
import type { Clock } from '../core/ports.ts'
import type { SessionManager } from '../core/session-manager.ts'
import type { ServerSentEvents } from './server-sent-events.ts'

/** One session is told of so often at most, in milliseconds. */
const GAP_MS = 250

/** The board for all who look at it: what changes is written once, however many they are; nothing is asked of the store. */
export class BoardFeed implements Disposable {
  readonly #clock: Clock
  readonly #readers = new Set<ServerSentEvents>()
  /** What is told while readers wait for their snapshots. */
  readonly #arriving = new Set<BoardMessage[]>()
  /** Sessions that were told of within the last gap, each with what is to be told next, if anything is. */
  readonly #resting = new Map<SessionId, BoardEntry | undefined>()
  readonly #ending = new AbortController()
  readonly #unwatch: () => void

  constructor(manager: SessionManager, clock: Clock) {
    this.#clock = clock
    this.#unwatch = manager.watch({
      onChange: (id, state, isOpen) => {
        if (this.size > 0 && state.next > 0) this.#changed(id, liveEntryOf(id, state, isOpen))
      },
      onDeleted: id => {
        if (this.#resting.has(id)) this.#resting.set(id, undefined)
        this.#tell({ type: 'deleted', conversation_id: id })
      },
    })
  }

  /** Sends a reader the board, and then whatever has changed since it was looked at, until it goes. */
  async add(reader: ServerSentEvents, look: () => Promise<BoardSnapshot>): Promise<void> {
    const late: BoardMessage[] = []
    this.#arriving.add(late)
    try {
      const first: BoardMessage = { type: 'snapshot', ...(await look()) }
      for (const message of [first, ...late]) reader.send(message.type, JSON.stringify(message))
    } finally {
      this.#arriving.delete(late)
    }
    this.#readers.add(reader)
    reader.onClosed(() => this.#readers.delete(reader))
  }

  /** How many look. */
  get size(): number {
    return this.#readers.size + this.#arriving.size
  }

  [Symbol.dispose](): void {
    this.#unwatch()
    this.#ending.abort()
    for (const reader of this.#readers) reader.end()
  }

  #changed(id: SessionId, entry: BoardEntry): void {
    if (this.#resting.has(id)) return void this.#resting.set(id, entry)
    this.#resting.set(id, undefined)
    this.#tell({ type: 'changed', session: entry })
    this.#clock.sleep(GAP_MS, this.#ending.signal).then(
      () => {
        const next = this.#resting.get(id)
        this.#resting.delete(id)
        if (next) this.#changed(id, next)
      },
      () => undefined, // nobody looks any more
    )
  }

  #tell(message: BoardMessage): void {
    for (const late of this.#arriving) late.push(message)
    const json = JSON.stringify(message)
    for (const reader of this.#readers) reader.send(message.type, json)
  }
}
