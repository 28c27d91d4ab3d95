import type { IncomingMessage } from 'node:http'
import { SessionId } from '@openhands/protocol'

/** What a client says when it knocks: its address, its query and its sub-protocols. */
export interface Knock {
  /** The path exactly as it was written, without the query. */
  readonly path: string
  /** `openhands`: as pages of 0.13 shake hands. `plain`: the seed's way, events as they are in the log. */
  readonly manner: 'plain' | 'openhands'
  /** The sub-protocol to answer with. */
  readonly protocol?: string
  /** The session token that was presented; absent for a new session. */
  readonly sessionToken?: string
  /** The token for GitHub that a page has, which it will write into commands (wire A2.4). */
  readonly githubToken?: string
  /** The server's token, from a client that cannot set headers. */
  readonly serverToken?: string
  /** The session asked for by name; null when the name is not one. */
  readonly session?: SessionId | null
  /** The newest event that the client has; -1 for none. */
  readonly latestEventId: number
  readonly wantsDeltas: boolean
}

const BEARER = 'bearer.'

/** Reads a knock (wire A1.1). Sub-protocols may be joined with or without blanks; whatever cannot be read counts as absent. */
export function readKnock(request: Pick<IncomingMessage, 'url' | 'headers'>): Knock {
  const [path = '', query = ''] = (request.url ?? '').split(/\?(.*)/s, 2)
  const asks = new URLSearchParams(query)
  const offered = (request.headers['sec-websocket-protocol'] ?? '')
    .split(',')
    .map(value => value.trim())
    .filter(value => value !== '')
  const serverToken = offered.find(value => value.startsWith(BEARER))?.slice(BEARER.length)
  const [protocol, jwt, github] = offered.filter(value => !value.startsWith(BEARER))
  const asked = asks.get('session') ?? asks.get('conversation_id')
  return {
    path,
    manner: protocol === undefined ? 'plain' : 'openhands',
    latestEventId: cursorOf(asks.get('latest_event_id')),
    wantsDeltas: asks.get('deltas') === 'true' || asks.get('deltas') === '1',
    ...(offered[0] === undefined ? {} : { protocol: protocol ?? offered[0] }),
    ...(jwt === undefined || jwt === 'NO_JWT' ? {} : { sessionToken: jwt }),
    ...(github === undefined || github === 'NO_GITHUB' ? {} : { githubToken: github }),
    ...(serverToken === undefined ? {} : { serverToken }),
    ...(asked === null ? {} : { session: SessionId.safeParse(asked).data ?? null }),
  }
}

/** A cursor that is no whole number counts as absent (wire A1.1; pages send the text `undefined`). */
function cursorOf(text: string | null): number {
  return text !== null && /^\d{1,15}$/.test(text) ? Number(text) : -1
}
