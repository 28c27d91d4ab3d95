import type { EventId } from '@openhands/protocol'
import { request } from './request.ts'

/** Loads the whole output of a command and hands it to the browser as a file. Throws `RequestError` where it is not kept any more. */
export async function saveWholeOutput(session: string, event: EventId): Promise<void> {
  const response = await request(`api/conversations/${session}/events/${event}/output`)
  const address = URL.createObjectURL(await response.blob())
  const link = document.createElement('a')
  link.href = address
  link.download = `output-${event}.txt`
  link.click()
  // The browser has taken it by then; before that it would be too early.
  setTimeout(() => URL.revokeObjectURL(address), 60_000)
}
