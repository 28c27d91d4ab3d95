import type { Area, Place } from './area.ts'
import type { Answer, Call } from './calls.ts'

/** A part of the executor that is read from the disk when one of its requests comes first: a sandbox starts sooner so. */
export function lazyArea(
  methods: readonly string[],
  load: () => Promise<(place: Place) => Area>,
): (place: Place) => Area {
  return place => {
    let loading: Promise<Area> | undefined
    let area: Area | undefined
    let isClosed = false
    const made = async (): Promise<Area> => {
      const make = await load()
      area = make(place)
      // The end may have come meanwhile.
      if (isClosed) area.close()
      return area
    }
    const answer = async (method: string, call: Call): Promise<Answer> => {
      loading ??= made()
      const handler = (await loading).handlers.get(method)
      if (handler === undefined) throw new Error(`nobody answers ${method}`)
      return await handler(call)
    }
    const handlers = new Map(methods.map(method => [method, (call: Call) => answer(method, call)]))
    const close = (): void => {
      isClosed = true
      area?.close()
    }
    return { handlers, close }
  }
}
