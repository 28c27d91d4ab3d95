import type { SessionId } from '@openhands/protocol'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { type Runtime, RuntimeError } from '../core/ports.ts'
import { messageOf } from '../lib/errors.ts'
import { conversationIn } from './conversation-info.ts'
import type { DoorParts } from './door-parts.ts'
import { untilClosed } from './request-session.ts'
import { RouteError } from './route-errors.ts'

/** A request about what is in the sandbox of a session that exists. */
export interface Asked<R> {
  readonly id: SessionId
  readonly request: FastifyRequest
  readonly reply: FastifyReply
  readonly runtime: R
  /** Aborted when the client has gone. */
  readonly signal: AbortSignal
}

type Handler = (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>

/** A route that only looks: it has the sandbox that runs, and starts none. */
export function looking(parts: DoorParts, look: (asked: Asked<Runtime | undefined>) => Promise<unknown>): Handler {
  return async (request, reply) => {
    const id = await conversationIn(request, parts.manager)
    const signal = untilClosed(reply)
    const session = await parts.manager.find(id)
    return await told(parts, id, async () => {
      return await look({ id, request, reply, signal, runtime: await session?.runningRuntime() })
    })
  }
}

/** A route that acts: the sandbox is started where none runs. */
export function acting(parts: DoorParts, act: (asked: Asked<Runtime>) => Promise<unknown>): Handler {
  return async (request, reply) => {
    const id = await conversationIn(request, parts.manager)
    const signal = untilClosed(reply)
    const session = await parts.manager.open(id)
    return await told(parts, id, async () => {
      return await act({ id, request, reply, signal, runtime: await session.runtime(signal) })
    })
  }
}

/** What cannot be done as things are. */
export function refused(detail: string, remedy?: string, status: 404 | 409 | 412 = 409): RouteError {
  return new RouteError(status, remedy === undefined ? { detail } : { detail, remedy })
}

/** What only a sandbox could tell. */
export function notRunning(): RouteError {
  return refused('The sandbox does not run.', 'Start it with POST /api/conversations/:id/sandbox.')
}

/** A sandbox that is lost, or cannot be started, is nothing that the client did wrong. */
async function told<T>({ log }: DoorParts, session: SessionId, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof RuntimeError)) throw error
    log.warn('a route found no sandbox', { session, error: messageOf(error) })
    throw new RouteError(503, { detail: error.message })
  }
}
