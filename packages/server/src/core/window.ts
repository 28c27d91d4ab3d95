import { type Event, type EventId, isAction, sizeOf } from '@openhands/protocol'
import type { EventStream } from './event-stream.ts'
import { amended, withoutRefused } from './stand-in.ts'

/** Newest events that are never forgotten, however long they are. */
const ALWAYS_KEPT = 10

/** The part of a log that the model is shown: the task, and everything that is not forgotten. Grows by what is new. */
export class Window {
  readonly #stream: EventStream
  #events: Event[] = []
  #task: Event | undefined
  #from: EventId = 0
  #next: EventId = 0

  constructor(stream: EventStream) {
    this.#stream = stream
  }

  /** The history as of now: a copy, whose unchanged events are the very same objects as before. */
  async history(): Promise<readonly Event[]> {
    const { forgetBefore, task } = this.#stream.state
    if (forgetBefore > this.#from) this.#forget(forgetBefore, task)
    this.#next = Math.max(this.#next, this.#from)
    while (this.#next < this.#stream.state.next) {
      for (const { event } of await this.#stream.page(this.#next)) {
        this.#take(event)
        this.#next = event.id + 1
      }
    }
    if (task === null || task >= this.#from) return [...this.#events]
    this.#task ??= await this.#readTask(task)
    return this.#task ? [this.#task, ...this.#events] : [...this.#events]
  }

  #forget(before: EventId, task: EventId | null): void {
    this.#task ??= this.#events.find(event => event.id === task && event.id < before)
    this.#events = this.#events.filter(event => event.id >= before)
    this.#from = before
  }

  /** Adds an event, or does to an earlier one what this one says about it. */
  #take(event: Event): void {
    this.#events.push(event)
    if (isAction(event)) {
      if (event.action === 'amend') this.#change(event.args.message, each => amended(each, event.args.content))
    } else if (event.observation === 'error')
      for (const { event: id, what } of event.extras.quarantined ?? [])
        this.#change(id, each => withoutRefused(each, what))
  }

  #change(id: EventId, change: (event: Event) => Event): void {
    const index = this.#events.findLastIndex(event => event.id === id)
    const event = this.#events[index]
    if (event) this.#events[index] = change(event)
    else if (this.#task?.id === id) this.#task = change(this.#task)
  }

  /** The task from the log, as it is to be read: what changed it may be forgotten as it is itself. */
  async #readTask(task: EventId): Promise<Event | undefined> {
    const [first] = await this.#stream.page(task)
    const { taskAmended, quarantined } = this.#stream.state
    const later = taskAmended === null ? undefined : (await this.#stream.page(taskAmended))[0]?.event
    const content = later && isAction(later) && later.action === 'amend' ? later.args.content : undefined
    const read = first && content !== undefined ? amended(first.event, content) : first?.event
    const refused = quarantined.find(({ event }) => event === task)
    return read && refused ? withoutRefused(read, refused.what) : read
  }
}

/** Where to cut a history that has grown too long, and how many characters stay. */
export interface Cut {
  readonly forgetBefore: EventId
  readonly keptSize: number
}

/**
 * Keeps the newest half of what a prompt may hold. Never parts a call from its result, or calls that were made
 * together. Undefined when nothing can be left out.
 */
export function chooseCut(history: readonly Event[], maxSize: number): Cut | undefined {
  let first = history.length
  let size = 0
  while (first > 0) {
    const event = history[first - 1]
    if (!event) break
    const next = size + sizeOf(event)
    if (next > maxSize / 2 && history.length - first >= ALWAYS_KEPT) break
    size = next
    first--
  }
  while (first < history.length && !beginsExchange(history, first)) {
    const event = history[first]
    if (event) size -= sizeOf(event)
    first++
  }
  const event = history[first]
  return event && first > 1 ? { forgetBefore: event.id, keptSize: size } : undefined
}

/** True where nothing before the event belongs together with it or with what follows. */
function beginsExchange(history: readonly Event[], index: number): boolean {
  const event = history[index]
  const previous = history[index - 1]
  if (!event) return false
  if (!isAction(event)) return event.cause === undefined && event.tool_call_metadata === undefined
  const response = event.tool_call_metadata?.model_response?.id
  return response === undefined || response !== previous?.tool_call_metadata?.model_response?.id
}
