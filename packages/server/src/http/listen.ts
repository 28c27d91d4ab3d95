import type { IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import fastify, { type FastifyInstance, type FastifyRequest } from 'fastify'
import type { Log } from '../core/ports.ts'
import { systemClock } from '../lib/clock.ts'
import { messageOf } from '../lib/errors.ts'
import type { Access } from './access.ts'
import { rateLimit } from './rate-limit.ts'
import { refuse, securityHeaders } from './security-headers.ts'

/** What the server says of itself to whoever may know. */
export interface Health {
  readonly status: 'OK'
  readonly sandbox: string
  readonly isolated: boolean
  readonly sessions: number
  readonly memoryBytes: number
}

/** Takes connections over that want to be more than requests. */
export interface Door {
  /** Whether an upgrade is for this door. */
  handles(request: IncomingMessage): boolean
  /** Takes an upgrade over, or refuses it before the 101. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void>
  /** Ends every connection; the clients may come back. */
  dropAll(): void
  /** Lets everybody go, for good. */
  close(): void
}

export interface ListenOptions {
  readonly host: string
  readonly port: number
  readonly access: Access
  /** The first that handles an upgrade gets it; the last takes whatever is left, to refuse it. */
  readonly doors: readonly [...Door[], Door]
  readonly health: () => Health
  /** Adds the routes; they are guarded as all are. */
  readonly routes?: (app: FastifyInstance) => void
  /** Whether the token that a request brings names a session; routes that say so admit it. */
  readonly hasSession?: (request: FastifyRequest) => Promise<boolean>
  /** See `rateLimit`; absent: none. */
  readonly requestsPerSecond?: number
  readonly log: Log
}

/** A listening server. Disposing it takes no new connections and ends those there are. */
export interface Listening extends AsyncDisposable {
  readonly address: AddressInfo
}

/** A client has so long to send a whole request. */
const REQUEST_MS = 300_000

/** What a client did wrong before there was a request, by the code of Node's error. */
const clientErrors = new Map([
  ['HPE_HEADER_OVERFLOW', 431],
  ['ERR_HTTP_REQUEST_TIMEOUT', 408],
])

/** Opens the port: every request is screened and admitted before a route sees it. */
export async function listen(options: ListenOptions): Promise<Listening> {
  const app = createApp(options)
  await app.listen({ host: options.host, port: options.port })
  return {
    address: app.server.address() as AddressInfo, // a TCP server that listens has one
    async [Symbol.asyncDispose]() {
      for (const door of options.doors) door.close()
      await app.close()
    },
  }
}

/** Everything behind the port. A route added to it is guarded, whatever its author thought of. */
export function createApp(options: ListenOptions): FastifyInstance {
  const app = fastify({
    logger: false,
    bodyLimit: 1024 * 1024,
    requestTimeout: REQUEST_MS,
    forceCloseConnections: true,
    http: { requireHostHeader: false }, // the screening answers, as it does for a foreign one
    clientErrorHandler: (error, socket) => refuse(socket, clientErrors.get(error.code) ?? 400),
    frameworkErrors: (_, { raw }) => {
      options.access.admit(raw).then(
        said => refuse(raw.socket, said.ok ? 400 : said.status),
        () => raw.socket.destroy(),
      )
    },
  })
  if (options.requestsPerSecond) app.addHook('onRequest', rateLimit(systemClock, options.requestsPerSecond))
  guard(app, options)
  app.get('/health', { config: { open: true } }, async (request, reply) => {
    const detailed = new URL(request.url, 'http://localhost').searchParams.has('detail')
    if (!detailed) return reply.type('application/json').send('"OK"')
    const admission = await options.access.admit(request.raw)
    return admission.ok ? options.health() : reply.code(admission.status).send()
  })
  options.routes?.(app)
  app.server.on('upgrade', (request, socket, head) => {
    const door = options.doors.find(one => one.handles(request)) ?? options.doors.at(-1)
    door?.upgrade(request, socket, head).catch(error => {
      options.log.error('an upgrade failed', { error: messageOf(error) })
      socket.destroy()
    })
  })
  app.server.on('checkExpectation', (request, response) => app.server.emit('request', request, response))
  return app
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Needs no token. A route that does not say so does. */
    open?: boolean
    /** A session's own token opens it as well: pages of 0.13.1 have no other (wire A5.0). */
    session?: boolean
  }
}

/** Deny by default, for routes that exist and for those that do not; the same headers on everything (S02, S36). */
function guard(app: FastifyInstance, options: ListenOptions): void {
  app.addHook('onRequest', async (request, reply) => {
    reply.headers(securityHeaders)
    const { open, session } = request.routeOptions.config ?? {}
    const screened = open === true || (session === true && (await options.hasSession?.(request)) === true)
    const admission = screened ? options.access.screen(request.raw) : await options.access.admit(request.raw)
    if (!admission.ok) return reply.code(admission.status).send()
  })
  app.setNotFoundHandler((_, reply) => reply.code(404).send({ error: 'Not Found' }))
  app.setErrorHandler((error, request, reply) => {
    const status = errorStatus(error)
    if (status >= 500) options.log.error('a request failed', { path: request.url, error: messageOf(error) })
    return reply.code(status).send({ error: status >= 500 ? 'Internal Server Error' : messageOf(error) })
  })
}

function errorStatus(error: unknown): number {
  const status = error instanceof Error && 'statusCode' in error ? error.statusCode : undefined
  return typeof status === 'number' && status >= 400 ? status : 500
}
