import type { BoardMessage } from '@openhands/protocol'
import { backoffMs, pause } from './backoff.ts'
import { followStream } from './event-source.ts'
import { RequestError } from './request.ts'

/** Follows the board of all sessions, comes back by itself, and ends when the signal is aborted. */
export async function followBoard(
  signal: AbortSignal,
  onMessage: (message: BoardMessage) => void,
  onLink: (link: 'open' | 'lost') => void,
): Promise<void> {
  for (let attempt = 0; !signal.aborted; attempt++) {
    try {
      await followStream(
        'api/board',
        signal,
        ({ data }) => onMessage(JSON.parse(data) as BoardMessage), // the server's own words
        () => {
          attempt = 0
          onLink('open')
        },
      )
    } catch (error) {
      if (signal.aborted) return
      if (error instanceof RequestError && error.status === 401) return onLink('lost')
    }
    onLink('lost')
    await pause(backoffMs(attempt, Math.random()), signal)
  }
}
