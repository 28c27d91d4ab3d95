import type { Event } from '@openhands/protocol'
import type { ModelMessage } from '../core/ports.ts'
import { type Memories, type Remember, renderTurn } from './render-turn.ts'
import { endOfTurn, turnAt } from './turn.ts'

/** History in, prompt out. */
export type PromptBuilder = (history: readonly Event[], images: boolean) => readonly ModelMessage[]

/** The messages of the turns that are over and cannot change any more. */
interface Settled {
  /** Events that the messages stand for, from the history's first on. */
  count: number
  last: Event | undefined
  turns: number
  readonly messages: ModelMessage[]
}

/**
 * Makes a function that turns a history into a prompt that every provider accepts: the system prompt, a user message,
 * then answers, each followed by the results of all its calls and by what the user said (P01). What it remembers only
 * makes it fast: unchanged events give the same message objects, and work grows with the new events only.
 */
export function createPromptBuilder(system: string): PromptBuilder {
  const withImages = builder(system, true)
  const withoutImages = builder(system, false)
  return (history, images) => (images ? withImages(history) : withoutImages(history))
}

function builder(system: string, images: boolean): (history: readonly Event[]) => readonly ModelMessage[] {
  const opening: ModelMessage = { role: 'system', text: system }
  const memories: Memories = { assistant: remember(), tool: remember(), user: remember() }
  const known = new WeakMap<Event, Settled>()
  return history => {
    const [first] = history
    const settled = stillTrue(first && known.get(first), history) ?? fresh(opening)
    const render = (end: number): readonly ModelMessage[] =>
      renderTurn(turnAt(history, settled.count, end, settled.turns === 0), images, memories)
    for (;;) {
      const end = endOfTurn(history, settled.count, settled.turns === 0)
      if (end === undefined) break
      settled.messages.push(...render(end))
      settled.turns++
      settled.count = end
    }
    settled.last = history[settled.count - 1]
    if (first) known.set(first, settled)
    return [...settled.messages, ...render(history.length)]
  }
}

function fresh(opening: ModelMessage): Settled {
  return { count: 0, last: undefined, turns: 0, messages: [opening] }
}

/** What is remembered, if the history still begins with the events that it stands for. */
function stillTrue(settled: Settled | undefined, history: readonly Event[]): Settled | undefined {
  if (!settled || settled.count > history.length) return undefined
  return settled.last === history[settled.count - 1] ? settled : undefined
}

function remember<M>(): Remember<M> {
  const memory = new WeakMap<Event, { readonly key: readonly unknown[]; readonly message: M }>()
  return (anchor, key, make) => {
    const kept = memory.get(anchor)
    if (kept?.key.length === key.length && kept.key.every((one, index) => one === key[index])) return kept.message
    const message = make()
    memory.set(anchor, { key, message })
    return message
  }
}
