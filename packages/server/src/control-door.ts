import { join } from 'node:path'
import { secretFile } from './access/secret-file.ts'
import { sessionTokens } from './access/session-tokens.ts'
import type { TokenFile } from './access/token-file.ts'
import type { Config } from './config.ts'
import type { Log } from './core/ports.ts'
import { doorFacts } from './door-facts.ts'
import type { Engine } from './engine.ts'
import { Access } from './http/access.ts'
import { allRoutes } from './http/all-routes.ts'
import { blobRoute } from './http/blob-route.ts'
import { SocketDoor } from './http/door.ts'
import { type DoorParts, sessionOfToken } from './http/door-parts.ts'
import { type Health, type Listening, listen } from './http/listen.ts'
import { isOwnPeer } from './http/own-peer.ts'
import { SocketIoDoor } from './http/socket-io-door.ts'
import { systemClock } from './lib/clock.ts'

/** Who has to present what. */
export interface DoorKeys {
  readonly needsToken: boolean
  readonly tokenFile: TokenFile | undefined
  readonly log: Log
}

/** Opens the server's own door: sockets of every dialect and routes, behind one set of access rules. */
export async function openControlDoor(config: Config, engine: Engine, keys: DoorKeys): Promise<Listening> {
  const { needsToken, tokenFile, log } = keys
  const { manager, settings, blobs } = engine
  const token = (): string | undefined => config.token?.reveal() ?? tokenFile?.token
  const hosts = new Set<string>()
  const access = new Access({ hosts, localMode: !needsToken, token, isOwnPeer })
  const secret = await secretFile(join(config.dataDir, '.jwt_secret'))
  // With the server's token in the key, whoever changes it ends the sessions' tokens as well (S08).
  const tokens = sessionTokens(() => (needsToken ? `${secret}.${token()}` : secret))
  const doors = [
    new SocketIoDoor({ access, manager, settings, log }),
    new SocketDoor({ access, manager, sessionTokens: tokens, log }),
  ] as const
  tokenFile?.onRotated(() => {
    log.warn('the token was changed; every connection is closed')
    for (const door of doors) door.dropAll()
  })
  const parts: DoorParts = {
    manager,
    settings,
    blobs,
    sessionTokens: tokens,
    facts: doorFacts(config),
    previewUrl: engine.previewUrl,
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
    requestsPerSecond: config.requestsPerSecond,
    routes: app => {
      blobRoute(app, blobs)
      for (const routes of allRoutes) routes(app, parts)
    },
    log,
  })
  for (const host of ownHosts(config, listening.address.port)) hosts.add(host)
  return listening
}

function healthOf({ sandbox }: Config, { manager }: Engine): Health {
  const memoryBytes = process.memoryUsage.rss()
  return { status: 'OK', sandbox, isolated: sandbox !== 'local', sessions: manager.size, memoryBytes }
}

const loopback = new Set(['127.0.0.1', '::1', 'localhost'])

/** Whether only this machine can reach the server. */
export function isLoopback({ host }: Pick<Config, 'host'>): boolean {
  return loopback.has(host)
}

/** The names under which clients may know this server (S04). */
export function ownHosts(config: Config, port: number): readonly string[] {
  const names = isLoopback(config) ? ['127.0.0.1', 'localhost', '[::1]'] : ['127.0.0.1', 'localhost', config.host]
  const listed = (config.allowedHosts ?? '').split(',').map(host => host.trim().toLowerCase())
  const withoutPort = port === 80 ? names : [] // as browsers write it then
  return [...names.map(name => `${name}:${port}`), ...withoutPort, ...listed.filter(host => host !== '')]
}
