import type { Event } from '@openhands/protocol'

interface Known {
  readonly ids: Set<string>
  /** Events that were looked at, from the history's first on. */
  readonly count: number
  readonly last: Event | undefined
}

const known = new WeakMap<Event, Known>()

/**
 * The ids of the calls of which a history tells. What is remembered of a history only makes it fast: it serves those
 * that go on from it.
 */
export function takenIds(history: readonly Event[]): ReadonlySet<string> {
  const [first] = history
  if (!first) return new Set()
  const before = known.get(first)
  const goesOn = before !== undefined && before.count <= history.length && before.last === history[before.count - 1]
  const ids = goesOn ? before.ids : new Set<string>()
  for (let index = goesOn ? before.count : 0; index < history.length; index++) {
    const event = history[index]
    const id = event?.cause === undefined ? event?.tool_call_metadata?.tool_call_id : undefined
    if (id !== undefined) ids.add(id)
  }
  known.set(first, { ids, count: history.length, last: history.at(-1) })
  return ids
}
