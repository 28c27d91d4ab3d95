import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { SessionId } from '@openhands/protocol'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Log } from '../core/ports.ts'
import { present } from '../lib/present.ts'

/** A request as the router sees it: nothing in it was chosen by the client but a session's id and what it is looking for. */
export interface RoutedRequest {
  readonly method: string
  /** The pattern of its route; undefined where there is none. */
  readonly route: string | undefined
  readonly session: SessionId | undefined
}

/** Told of each request; what it gives back is told how that ended: its status, or `aborted`. */
export type OnRequest = (request: RoutedRequest) => (outcome: string) => void

/** The name of a request in every line about it: the client's where it is a plain word, so that logs can be put side by side. */
export function requestIdOf({ headersDistinct }: IncomingMessage): string {
  const [given, ...more] = headersDistinct['x-request-id'] ?? []
  return given !== undefined && more.length === 0 && /^[\w.:-]{1,64}$/.test(given) ? given : randomUUID()
}

/** Tells of every request, and writes a line about each where somebody reads such lines. Add it before what may answer. */
export function watchRequests(app: FastifyInstance, log: Log, onRequest: OnRequest | undefined): void {
  if (onRequest === undefined && log.debug === undefined) return
  app.addHook('onRequest', (request, reply, done) => {
    const routed = routedOf(request)
    const began = performance.now()
    const end = onRequest?.(routed)
    reply.raw.once('close', () => {
      const outcome = reply.raw.writableFinished ? String(reply.raw.statusCode) : 'aborted'
      end?.(outcome)
      const ms = Math.round((performance.now() - began) * 10) / 10
      const { method, route, session } = routed
      const status = reply.raw.statusCode
      const whole = outcome === 'aborted' ? { aborted: true } : {}
      log.debug?.('request', { request: request.id, method, route, status, ms, ...present({ session }), ...whole })
    })
    done()
  })
}

function routedOf({ method, routeOptions, params }: FastifyRequest): RoutedRequest {
  const { url: route } = routeOptions
  const isAbout = route?.startsWith('/api/conversations/:id') === true
  const named = isAbout && typeof params === 'object' && params !== null && 'id' in params ? params.id : undefined
  return { method, route, session: SessionId.safeParse(named).data }
}
