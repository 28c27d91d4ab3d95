import type { StreamWorld } from '../core/event-stream.ts'
import { systemClock } from '../lib/clock.ts'
import { MemoryEventStore } from '../stores/memory-event-store.ts'

/** What an event stream needs, with a store that lives as long as the test. */
export function streamWorld(): StreamWorld {
  return { store: new MemoryEventStore(), clock: systemClock, onPoint: () => undefined }
}
