import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import fastify, { type FastifyInstance, type FastifyRequest } from 'fastify'
import type { Log } from '../core/ports.ts'
import { systemClock } from '../lib/clock.ts'
import { messageOf } from '../lib/errors.ts'
import type { Access, Admission } from './access.ts'
import { slashMissing, withoutBase } from './base-path.ts'
import { CorsOrigins } from './cors.ts'
import type { Crowd } from './crowd.ts'
import { type Health, healthRoute } from './health-route.ts'
import type { PageFiles } from './page-files.ts'
import { rateLimit } from './rate-limit.ts'
import { type OnRequest, requestIdOf, watchRequests } from './request-watch.ts'
import { refuse, securityHeaders } from './security-headers.ts'
import { Strangers } from './strangers.ts'
import { TrustedProxies } from './trusted-proxies.ts'

/** Takes connections over that want to be more than requests. */
export interface Door {
  /** Whether an upgrade is for this door. */
  handles(request: IncomingMessage): boolean
  /** Takes an upgrade over, or refuses it before the 101. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void>
  /** Ends every connection; the clients may come back. */
  dropAll(): void
  /** Who is connected through it. */
  crowds?(): readonly Crowd[]
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
  /** Called before there is any route. */
  readonly onApp?: (app: FastifyInstance) => void
  /** Adds the routes; they are guarded as all are. */
  readonly routes?: (app: FastifyInstance) => void
  /** Whether the token that a request brings names a session; routes that say so admit it. */
  readonly hasSession?: (request: FastifyRequest) => Promise<boolean>
  readonly onRequest?: OnRequest
  /** See `rateLimit`; absent: none. */
  readonly requestsPerSecond?: number
  /** What is served where no route is; nothing when absent. */
  readonly page?: PageFiles
  /** The path that a proxy leaves on what it passes on, as `/a/b`; empty for none. */
  readonly basePath?: string
  /** Whose pages may read answers besides our own. */
  readonly cors?: CorsOrigins
  /** Whose word about clients counts. */
  readonly proxies?: TrustedProxies
  /** Milliseconds that the body of a request may rest; 300 s unless given. */
  readonly bodyIdleMs?: number
  readonly log: Log
}

/** A listening server. Disposing it takes no new connections and ends those there are. */
export interface Listening extends AsyncDisposable {
  readonly address: AddressInfo
}

/** A client has so long to send the head of a request, and with its body it may rest so long; how often is looked. */
const HEAD_MS = 20_000
const BODY_IDLE_MS = 300_000
const CHECK_MS = 5_000
/** Connections at once, those that were let in among them. */
const MAX_CONNECTIONS = 8192

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
  const { proxies = new TrustedProxies(), basePath = '' } = options
  const strangers = new Strangers(address => proxies.trusts(address))
  const app = fastify({
    logger: false,
    bodyLimit: 1024 * 1024,
    requestTimeout: 0, // a long upload is none that hangs; see `endIdleBody`
    forceCloseConnections: true,
    trustProxy: address => proxies.trusts(address),
    rewriteUrl: ({ url = '' }) => withoutBase(url, basePath),
    genReqId: requestIdOf,
    // Without a host the screening answers, as it does for a foreign one.
    http: { requireHostHeader: false, headersTimeout: HEAD_MS, connectionsCheckingInterval: CHECK_MS },
    clientErrorHandler: (error, socket) => refuse(socket, clientErrors.get(error.code) ?? 400),
    frameworkErrors: (_, { raw }) => {
      options.access.admit(raw).then(
        said => refuse(raw.socket, said.ok ? 400 : said.status),
        () => raw.socket.destroy(),
      )
    },
  })
  watchRequests(app, options.log, options.onRequest)
  if (options.requestsPerSecond) app.addHook('onRequest', rateLimit(systemClock, options.requestsPerSecond))
  app.server.maxConnections = MAX_CONNECTIONS
  app.server.on('connection', socket => strangers.add(socket, socket.remoteAddress ?? ''))
  guard(app, options, strangers)
  options.onApp?.(app)
  options.routes?.(app)
  healthRoute(app, options)
  app.server.on('request', (request, response) => endIdleBody(request, response, options.bodyIdleMs ?? BODY_IDLE_MS))
  app.server.on('upgrade', (request, socket, head) => {
    request.url = withoutBase(request.url ?? '', basePath)
    const door = options.doors.find(one => one.handles(request)) ?? options.doors.at(-1)
    door?.upgrade(request, socket, head).then(
      () => strangers.letIn(socket), // whoever was refused is gone already
      error => {
        options.log.error('an upgrade failed', { error: messageOf(error) })
        socket.destroy()
      },
    )
  })
  app.server.on('checkExpectation', (request, response) => app.server.emit('request', request, response))
  return app
}

/** A body may take as long as it needs, but not rest for longer than that. */
function endIdleBody(request: IncomingMessage, response: ServerResponse, idleMs: number): void {
  const { 'content-length': length = '0', 'transfer-encoding': encoding } = request.headers
  if (length === '0' && encoding === undefined) return
  const { socket } = request
  request.setTimeout(idleMs, () => socket.destroy())
  // Behind the answer the library has a limit of its own.
  request.once('end', () => response.writableFinished || socket.setTimeout(0))
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Needs no token. A route that does not say so does. */
    open?: boolean
    /** A session's own token opens it as well, or nothing else does: pages of 0.13.1 have no other (wire A5.0). */
    session?: boolean | 'only'
  }
}

/** Deny by default, for routes that exist and for those that do not; the same headers on everything (S02, S36). */
function guard(app: FastifyInstance, options: ListenOptions, strangers: Strangers): void {
  const { page, basePath = '', cors = new CorsOrigins() } = options
  app.addHook('onRequest', async (request, reply) => {
    reply.headers({ ...securityHeaders, ...cors.headersFor(request.raw), 'x-request-id': request.id })
    const { admission, isOpen, said } = await admissionOf(request, options)
    if (!admission.ok) return reply.code(admission.status).send(said)
    if (!isOpen) strangers.letIn(request.raw.socket)
    else if (cors.isPreflight(request.raw)) return reply.code(204).headers(cors.preflight).send()
    const folder = slashMissing(request.originalUrl, basePath)
    if (folder !== undefined && request.is404) return reply.redirect(folder, 308)
  })
  app.setNotFoundHandler(async (request, reply) =>
    page?.covers(request.raw) ? await page.answer(request, reply) : reply.code(404).send({ error: 'Not Found' }),
  )
  app.setErrorHandler((error, request, reply) => {
    const status = errorStatus(error)
    if (status < 500) return reply.code(status).send({ error: messageOf(error) })
    const route = request.routeOptions.url
    options.log.error('a request failed', { route, request: request.id, error: messageOf(error) })
    return reply.code(status).send({ error: 'Internal Server Error', code: 'internal', id: request.id })
  })
}

/** Whether a request may pass, and whether anybody's would have. */
async function admissionOf(
  request: FastifyRequest,
  { access, page, cors, hasSession }: ListenOptions,
): Promise<{ readonly admission: Admission; readonly isOpen: boolean; readonly said?: object }> {
  const { open, session } = request.routeOptions.config ?? {}
  if (request.is404 && page?.covers(request.raw)) return { admission: access.screenPage(request.raw), isOpen: true }
  const isOpen = open === true || cors?.isPreflight(request.raw) === true
  if (isOpen) return { admission: access.screen(request.raw), isOpen }
  const isVisitor = session !== undefined && (await hasSession?.(request)) === true
  const screened = access.screen(request.raw)
  if (isVisitor || (session === 'only' && !screened.ok)) return { admission: screened, isOpen }
  if (session !== 'only') return { admission: await access.admit(request.raw), isOpen }
  const error = request.headers.authorization ? 'Invalid token' : 'Missing Authorization header'
  return { admission: { ok: false, status: 401 }, isOpen, said: { error } }
}

function errorStatus(error: unknown): number {
  const status = error instanceof Error && 'statusCode' in error ? error.statusCode : undefined
  return typeof status === 'number' && status >= 400 ? status : 500
}
