import { SessionId } from '@openhands/protocol'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Runtime } from '../core/ports.ts'
import { type DoorParts, sessionOfToken } from './door-parts.ts'
import { RouteError } from './route-errors.ts'
import { type Contract, noSession, noToken, SessionPath } from './route-schema.ts'

/** How the requests of one version of OpenHands say which session they are about. */
export interface Naming {
  readonly version: '0.13.1' | '0.21.1'
  /** What the paths of its routes begin with. */
  readonly prefix: string
  /** A session's own token opens its routes and no others, so they check it themselves. */
  readonly config: { readonly session?: 'only' }
  /** Throws `RouteError` 401 or 404 as wire A5.0 and B2 have them; the session exists otherwise. */
  session(request: FastifyRequest): Promise<SessionId>
}

/** Both ways to name a session: by its token (0.13.1), and in the path (0.20 and later). */
export function namings(parts: Pick<DoorParts, 'manager' | 'sessionTokens'>): readonly Naming[] {
  const known = async (id: SessionId | undefined): Promise<SessionId> => {
    if (id !== undefined && (await parts.manager.exists(id))) return id
    throw new RouteError(404, { error: 'Session not found' })
  }
  const byToken = async (request: FastifyRequest): Promise<SessionId> => {
    if (!request.headers.authorization) throw new RouteError(401, { error: 'Missing Authorization header' })
    const id = await sessionOfToken(request, parts.sessionTokens)
    if (id === undefined) throw new RouteError(401, { error: 'Invalid token' })
    return await known(id)
  }
  const byPath = async ({ params }: FastifyRequest): Promise<SessionId> =>
    await known(SessionId.safeParse((params as { id?: unknown }).id).data) // the path of the route has an id
  return [
    { version: '0.13.1', prefix: '/api', config: { session: 'only' }, session: byToken },
    { version: '0.21.1', prefix: '/api/conversations/:id', config: {}, session: byPath },
  ]
}

/** A contract of a route about a session, with what its naming adds to it. */
export function schemaOf({ version }: Naming, described: Contract): Contract {
  const { response } = described
  return version === '0.13.1'
    ? { ...described, response: { ...response, 401: noToken, 404: noSession } }
    : { ...described, params: SessionPath, response: { ...response, 404: noSession } }
}

/** Aborted as soon as the answer has been sent, or can not be any more. */
export function untilClosed(reply: FastifyReply): AbortSignal {
  const gone = new AbortController()
  const end = (): void => gone.abort(new Error('the client has gone'))
  if (reply.raw.destroyed) end()
  else reply.raw.once('close', end)
  return gone.signal
}

/** Ends what a reply is made of when the reply has ended, however that was, begun or not. */
export function disposeWith(reply: FastifyReply, held: AsyncDisposable): void {
  const end = (): void => {
    held[Symbol.asyncDispose]().then(undefined, () => undefined) // a lost sandbox has ended it already
  }
  if (reply.raw.destroyed) end()
  else reply.raw.once('close', end)
}

/** The sandbox of a session that exists. Throws `RuntimeError`. */
export async function runtimeOf(
  { manager }: Pick<DoorParts, 'manager'>,
  id: SessionId,
  signal: AbortSignal,
): Promise<Runtime> {
  const session = await manager.open(id)
  return await session.runtime(signal)
}
