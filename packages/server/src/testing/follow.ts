import type { EventId } from '@openhands/protocol'
import type { EventStream } from '../core/event-stream.ts'
import type { Kept } from '../core/ports.ts'
import { childController } from '../lib/signal.ts'

/** The events of a log from a cursor on, one after the other, as they come. Throws the signal's reason when it is aborted. */
export async function* follow(stream: EventStream, from: EventId, signal: AbortSignal): AsyncGenerator<Kept> {
  const { controller, release } = childController(signal)
  const seen: Kept[] = []
  let more = Promise.withResolvers<void>()
  const take = async (kept: Kept): Promise<void> => {
    seen.push(kept)
    more.resolve()
  }
  const following = stream.follow(from, controller.signal, { take })
  try {
    for (;;) {
      await Promise.race([more.promise, following])
      signal.throwIfAborted()
      more = Promise.withResolvers()
      yield* seen.splice(0)
    }
  } finally {
    release()
    controller.abort()
    await following.catch(() => undefined) // it is over because of the line above
  }
}
