import { crc32 } from 'node:zlib'
import type { Event, EventId, SessionId } from '@openhands/protocol'
import type { Kept } from '../core/ports.ts'

/** An event as the store holds it: the text at once, the value when somebody first asks for it. */
export class KeptEvent implements Kept {
  readonly id: EventId
  readonly json: string
  #event: Event | undefined

  constructor(id: EventId, json: string) {
    this.id = id
    this.json = json
  }

  get event(): Event {
    this.#event ??= JSON.parse(this.json) as Event // the text is what `append` was given: its checksum says so
    return this.#event
  }
}

/** The checksum that an event's row carries: over its place and its text, so that a row in the wrong place is noticed. */
export function eventChecksum(session: SessionId | string, id: EventId, json: string): number {
  return crc32(json, crc32(`${session}:${id}`))
}
