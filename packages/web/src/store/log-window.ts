import type { Event, EventId } from '@openhands/protocol'

/** Events held at once; a page of them is let go at the other end when there are more. */
export const MAX_EVENTS = 4_000
/** Characters of their texts held at once, about. */
export const MAX_CHARACTERS = 24_000_000

/**
 * The part of a log that the page holds: `events` are those from `from` up to, but without, `to`, with no hole. What is
 * let go can be asked for again. Immutable: every change makes a new one.
 */
export class LogWindow {
  readonly events: readonly Event[]
  readonly from: EventId
  readonly #sizes: readonly number[]
  readonly #size: number

  private constructor(events: readonly Event[], sizes: readonly number[], from: EventId) {
    this.events = events
    this.from = from
    this.#sizes = sizes
    this.#size = sizes.reduce((sum, size) => sum + size, 0)
  }

  /** A window that begins at an event and holds nothing yet, or what is given. */
  static at(from: EventId, events: readonly Event[] = []): LogWindow {
    const first = events[0]?.id ?? from
    return new LogWindow(events, events.map(roughSize), first).#trimmed('older')
  }

  get to(): EventId {
    return this.from + this.events.length
  }

  /** With the events that follow; older ones are let go for them. Events that are not the next ones are passed over. */
  withNewer(added: readonly Event[]): LogWindow {
    const next = consecutive(added, this.to)
    if (next.length === 0) return this
    return new LogWindow([...this.events, ...next], [...this.#sizes, ...next.map(roughSize)], this.from).#trimmed(
      'older',
    )
  }

  /** With the events that come before; newer ones are let go for them. */
  withOlder(added: readonly Event[]): LogWindow {
    const before = added.filter(event => event.id < this.from)
    const last = before.at(-1)
    const first = before[0]
    if (!first || last?.id !== this.from - 1) return this
    return new LogWindow([...before, ...this.events], [...before.map(roughSize), ...this.#sizes], first.id).#trimmed(
      'newer',
    )
  }

  #trimmed(end: 'older' | 'newer'): LogWindow {
    const tooMany = this.events.length - MAX_EVENTS
    let size = this.#size
    let drop = 0
    const sizeAt = (i: number): number => this.#sizes[end === 'older' ? i : this.#sizes.length - 1 - i] ?? 0
    while (drop < this.events.length - 1 && (drop < tooMany || size > MAX_CHARACTERS)) size -= sizeAt(drop++)
    if (drop === 0) return this
    const cut = <T>(list: readonly T[]): T[] => (end === 'older' ? list.slice(drop) : list.slice(0, -drop))
    return new LogWindow(cut(this.events), cut(this.#sizes), end === 'older' ? this.from + drop : this.from)
  }
}

function consecutive(events: readonly Event[], from: EventId): Event[] {
  const fresh: Event[] = []
  for (const event of events) if (event.id === from + fresh.length) fresh.push(event)
  return fresh
}

function roughSize(event: Event): number {
  let size = event.message.length + 200
  for (const value of Object.values('args' in event ? event.args : event.extras)) {
    if (typeof value === 'string') size += value.length
  }
  return size + ('content' in event ? event.content.length : 0)
}
