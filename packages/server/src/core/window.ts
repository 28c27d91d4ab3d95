import { type Conversation, type Event, type EventId, isAction, sizeOf } from '@openhands/protocol'
import type { EventStream } from './event-stream.ts'
import { amended, withoutRefused } from './stand-in.ts'

/** Newest events that are never forgotten, however long they are. */
const ALWAYS_KEPT = 10

/**
 * The part of a log that the model is shown: the task, the plan that counted when older parts were forgotten, and
 * everything that is not forgotten. Grows by what is new.
 */
export class Window {
  readonly #stream: EventStream
  #events: Event[] = []
  #task: Event | undefined
  #plan: Event | undefined
  #from: EventId = 0
  #next: EventId = 0

  constructor(stream: EventStream) {
    this.#stream = stream
  }

  /** The history as of now: a copy, whose unchanged events are the very same objects as before. */
  async history(): Promise<readonly Event[]> {
    const { forgetBefore, task } = this.#stream.state
    if (forgetBefore > this.#from) await this.#forget(forgetBefore, task)
    this.#next = Math.max(this.#next, this.#from)
    while (this.#next < this.#stream.state.next) {
      for (const { event } of await this.#stream.page(this.#next)) {
        this.#take(event)
        this.#next = event.id + 1
      }
    }
    const plan = this.#plan ? [this.#plan] : []
    if (task === null || task >= this.#from) return [...plan, ...this.#events]
    this.#task ??= await this.#readTask(task)
    return this.#task ? [this.#task, ...plan, ...this.#events] : [...plan, ...this.#events]
  }

  /** The plan stays the one of this moment: a prompt whose beginning does not change is cheaper. */
  async #forget(before: EventId, task: EventId | null): Promise<void> {
    this.#task ??= this.#events.find(event => event.id === task && event.id < before)
    this.#plan = await this.#planBefore(before)
    this.#events = this.#events.filter(event => event.id >= before)
    this.#from = before
  }

  /** A plan that is forgotten with what came around it; what its model thought when it wrote it is no part of it. */
  async #planBefore(before: EventId): Promise<Event | undefined> {
    const { plan } = this.#stream.state
    if (plan === null || plan.event >= before) return undefined
    const event =
      this.#events.find(({ id }) => id === plan.event) ?? (await this.#stream.page(plan.event, 1)).at(0)?.event
    if (!event) return undefined
    const { reasoning: _, llm_metrics: __, ...kept } = event
    return kept
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
 * Keeps the newest half of what a prompt may hold, a plan among it that would be forgotten otherwise. Never parts a call
 * from its result, or calls that were made together. Undefined when nothing can be left out.
 */
export function chooseCut(
  history: readonly Event[],
  maxSize: number,
  { plan, forgetBefore }: Pick<Conversation, 'plan' | 'forgetBefore'>,
): Cut | undefined {
  const isPlan = ({ id }: Event): boolean => id === plan?.event
  const own = (event: Event): number => (isPlan(event) ? 0 : sizeOf(event))
  const planned = history.find(isPlan)
  let first = history.length
  let size = planned ? sizeOf(planned) : 0
  while (first > 0) {
    const event = history[first - 1]
    if (!event) break
    const next = size + own(event)
    if (next > maxSize / 2 && history.length - first >= ALWAYS_KEPT) break
    size = next
    first--
  }
  while (first < history.length && !beginsExchange(history, first)) {
    const event = history[first]
    if (event) size -= own(event)
    first++
  }
  const event = history[first]
  return event && first > 1 && event.id > forgetBefore ? { forgetBefore: event.id, keptSize: size } : undefined
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
