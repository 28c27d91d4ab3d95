import type { Draft, Event, EventId, RunnableAction } from '@openhands/protocol'
import type { JudgedSession } from '../core/ports.ts'
import { Calls, elementsOf, type TraceElement } from './trace-elements.ts'

/** A judge is told of so many of the newest elements, of about so many characters; of the oldest no more. */
const MOST_ELEMENTS = 1000
const MOST_CHARACTERS = 512 * 1024
/** Events of an old log that are looked at. */
const MOST_EVENTS = 2000
/** Characters of one text of what has happened; of a longer one the beginning and the end are told. */
const LONGEST_TEXT = 16 * 1024

type Translate = (event: Event, calls: Calls) => readonly TraceElement[]

interface Told {
  readonly element: TraceElement
  readonly size: number
}

/** What a judge is told before it judges: what has happened, shortened, and what is to happen, whole. */
export interface Telling {
  readonly past: readonly TraceElement[]
  readonly pending: readonly TraceElement[]
}

/** The trace of one session: computed from its log as far as that has come, the newest part of it kept. */
export class SessionTrace {
  readonly #session: Pick<JudgedSession, 'next' | 'page' | 'redact'>
  readonly #translate: Translate
  readonly #calls = new Calls()
  #told: Told[] = []
  #size = 0
  #next: EventId
  #reading: Promise<void> = Promise.resolve()

  constructor(session: Pick<JudgedSession, 'next' | 'page' | 'redact'>, translate: Translate = elementsOf) {
    this.#session = session
    this.#translate = translate
    this.#next = Math.max(0, session.next() - MOST_EVENTS)
  }

  /** What has happened up to now. */
  async past(): Promise<readonly TraceElement[]> {
    const reading = this.#reading.then(() => this.#read())
    this.#reading = reading.catch(() => undefined) // the caller has the failure; the next one reads again
    await reading
    return this.#told.map(({ element }) => element)
  }

  /** What has happened, the other drafts of the same step included, and what one action would add to it. */
  async before(action: Draft<RunnableAction>, drafts: readonly Draft[]): Promise<Telling> {
    const past = await this.past()
    const calls = this.#calls.copy()
    const drafted = drafts.flatMap(draft => elementsOf(draft, calls)).map(shortened)
    return this.#session.redact({ past: [...past, ...drafted], pending: elementsOf(action, calls) })
  }

  async #read(): Promise<void> {
    for (;;) {
      const page = await this.#session.page(this.#next)
      if (page.length === 0) return
      for (const { id, event } of page) {
        for (const element of this.#translate(event, this.#calls)) this.#add(shortened(element))
        this.#next = id + 1
      }
    }
  }

  #add(element: TraceElement): void {
    const size = JSON.stringify(element).length
    this.#told.push({ element, size })
    this.#size += size
    let drop = 0
    while (this.#told.length - drop > MOST_ELEMENTS || (this.#size > MOST_CHARACTERS && drop < this.#told.length)) {
      this.#size -= this.#told[drop]?.size ?? 0
      drop += 1
    }
    if (drop > 0) this.#told = this.#told.slice(drop)
  }
}

function shortened(element: TraceElement): TraceElement {
  if ('role' in element) return { ...element, content: ends(element.content) }
  const { name, arguments: given } = element.function
  const args = Object.entries(given).map(([key, value]) => [key, typeof value === 'string' ? ends(value) : value])
  return { ...element, function: { name, arguments: Object.fromEntries(args) } }
}

function ends(text: string): string {
  if (text.length <= LONGEST_TEXT) return text
  const half = LONGEST_TEXT / 2
  const left = text.length - 2 * half
  return `${text.slice(0, half).toWellFormed()}\n[${left} characters are left out]\n${text.slice(-half).toWellFormed()}`
}
