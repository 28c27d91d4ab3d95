import { join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import { LoginCodes } from './access/login-codes.ts'
import { loginTickets } from './access/login-tickets.ts'
import { secretFile } from './access/secret-file.ts'
import { sessionTokens } from './access/session-tokens.ts'
import type { TokenFile } from './access/token-file.ts'
import type { Config } from './config.ts'
import type { Log } from './core/ports.ts'
import { doorFacts } from './door-facts.ts'
import { type DoorRules, isLoopback, listOf } from './door-rules.ts'
import type { Engine } from './engine.ts'
import { Access } from './http/access.ts'
import { allRoutes } from './http/all-routes.ts'
import { SocketDoor } from './http/door.ts'
import { type DoorParts, sessionOfToken } from './http/door-parts.ts'
import type { Health } from './http/health-route.ts'
import { type Listening, listen } from './http/listen.ts'
import { loginRoutes } from './http/login-routes.ts'
import { isOwnPeer } from './http/own-peer.ts'
import type { PageFiles } from './http/page-files.ts'
import { SocketIoDoor } from './http/socket-io-door.ts'
import { TerminalDoor } from './http/terminal-door.ts'
import { systemClock } from './lib/clock.ts'
import { present } from './lib/present.ts'
import { operationOf } from './operation.ts'

/** Who has to present what. */
export interface DoorKeys {
  readonly rules: DoorRules
  readonly tokenFile: TokenFile | undefined
  readonly page: PageFiles
  readonly log: Log
  readonly hooks: DoorHooks
}

/** What a test may add to the door before anything else; empty outside tests. */
export interface DoorHooks {
  readonly onApp?: (app: FastifyInstance) => void
}

/** The server's own door. */
export interface ControlDoor extends Listening {
  /** A code that logs a page in. */
  issueCode(): string
}

/** Opens the server's own door: sockets of every dialect and routes, behind one set of access rules. */
export async function openControlDoor(config: Config, engine: Engine, keys: DoorKeys): Promise<ControlDoor> {
  const { rules, tokenFile, page, log } = keys
  const { manager, settings, blobs } = engine
  const token = (): string | undefined => config.token?.reveal() ?? tokenFile?.token
  const hosts = new Set<string>()
  const secret = await secretFile(join(config.dataDir, '.jwt_secret'))
  // With the server's token in the key, whoever changes it ends tickets and the sessions' tokens as well (S08).
  const key = (): string => (rules.hasToken ? `${secret}.${token()}` : secret)
  const tokens = sessionTokens(key)
  const tickets = loginTickets(key)
  const codes = new LoginCodes()
  const { proxies, cors, basePath } = rules
  const access = new Access({
    hosts,
    localMode: !rules.needsToken,
    token,
    isOwnPeer,
    isTicket: tickets.verify,
    proxies,
    cors,
  })
  const doors = [
    new SocketIoDoor({ access, manager, settings, log }),
    new TerminalDoor({ access, manager, sessionTokens: tokens, log }),
    new SocketDoor({ access, manager, sessionTokens: tokens, log }),
  ] as const
  tokenFile?.onRotated(() => {
    log.conceal?.(tokenFile.token)
    log.warn('the token was changed; every connection is closed')
    codes.clear()
    for (const door of doors) door.dropAll()
  })
  const parts: DoorParts = {
    manager,
    models: engine.models,
    settings,
    blobs,
    sessionTokens: tokens,
    facts: doorFacts(config),
    previewUrl: engine.previewUrl,
    operation: operationOf(config, engine, { access, doors }),
    clock: systemClock,
    log,
  }
  const listening = await listen({
    host: config.host,
    port: config.port,
    access,
    doors,
    health: () => healthOf(config, engine),
    hasSession: async request => (await sessionOfToken(request, tokens)) !== undefined,
    onRequest: seen => engine.telemetry.watch.request(seen),
    requestsPerSecond: config.requestsPerSecond,
    page,
    basePath,
    cors,
    proxies,
    ...present({ onApp: keys.hooks.onApp }),
    routes: app => {
      for (const routes of allRoutes) routes(app, parts)
      loginRoutes(app, access, { issue: () => codes.issue(), redeem: code => codes.redeem(code), sign: tickets.sign })
    },
    log,
  })
  for (const host of ownHosts(config, listening.address.port)) hosts.add(host)
  return {
    address: listening.address,
    issueCode: () => codes.issue(),
    [Symbol.asyncDispose]: () => listening[Symbol.asyncDispose](),
  }
}

function healthOf({ sandbox }: Config, { manager }: Engine): Health {
  const memoryBytes = process.memoryUsage.rss()
  return { status: 'OK', sandbox, isolated: sandbox !== 'local', sessions: manager.size, memoryBytes }
}

/** The names under which clients may know this server (S04). */
export function ownHosts(config: Config, port: number): readonly string[] {
  const names = isLoopback(config) ? ['127.0.0.1', 'localhost', '[::1]'] : ['127.0.0.1', 'localhost', config.host]
  const listed = listOf(config.allowedHosts?.toLowerCase())
  const withoutPort = port === 80 ? names : [] // as browsers write it then
  return [...names.map(name => `${name}:${port}`), ...withoutPort, ...listed]
}
