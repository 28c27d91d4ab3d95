import { join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import { secretFile } from './access/secret-file.ts'
import { sessionTokens } from './access/session-tokens.ts'
import { TokenFile } from './access/token-file.ts'
import { type Config, ConfigError } from './config.ts'
import type { Log } from './core/ports.ts'
import { type Engine, type Hooks, startEngine } from './engine.ts'
import { Access } from './http/access.ts'
import { blobRoute } from './http/blob-route.ts'
import { SocketDoor } from './http/door.ts'
import { type Health, type Listening, listen } from './http/listen.ts'
import { isOwnPeer } from './http/own-peer.ts'
import { messageOf } from './lib/errors.ts'
import { openPreview } from './preview-door.ts'

/** A server with its door open. */
export interface Server extends AsyncDisposable {
  readonly url: string
  /** The token to present, when one is asked for. */
  readonly token: string | undefined
  readonly recovered: number
}

/** Starts the engine and opens the door. Throws `ConfigError` for what would not be safe, before any socket is open. */
export async function startServer(config: Config, log: Log, hooks: Hooks = {}): Promise<Server> {
  const isLoopback = loopback.has(config.host)
  const needsToken = refuseOpenDoor(config, isLoopback)
  await using stack = new AsyncDisposableStack()
  const engine = stack.use(await startEngine(config, log, hooks))
  const tokenFile = needsToken && !config.token ? stack.use(await openTokenFile(config, log)) : undefined
  const listening = stack.use(await openDoor(config, engine, { needsToken, tokenFile, log }))
  const host = config.host.includes(':') ? `[${config.host}]` : config.host
  const { port } = listening.address
  const url = `http://${host}:${port}`
  const controlOrigins = ownHosts(config, port).flatMap(each => [`http://${each}`, `https://${each}`])
  const { manager } = engine
  const preview = stack.use(await openPreview(config, { port, controlOrigins, manager, log }))
  engine.showPreviews((session, inside) => preview.urlOf(session, inside))
  await engine.announce(url)
  const recovered = await engine.manager.recover()
  engine.manager.sweep().catch(error => log.error('idle sessions are no longer closed', { error: messageOf(error) }))
  const ends = stack.move()
  return { url, token: tokenFile?.token, recovered, [Symbol.asyncDispose]: () => ends.disposeAsync() }
}

interface DoorKeys {
  readonly needsToken: boolean
  readonly tokenFile: TokenFile | undefined
  readonly log: Log
}

async function openDoor(config: Config, engine: Engine, { needsToken, tokenFile, log }: DoorKeys): Promise<Listening> {
  const token = (): string | undefined => config.token?.reveal() ?? tokenFile?.token
  const hosts = new Set<string>()
  const access = new Access({ hosts, localMode: !needsToken, token, isOwnPeer })
  const secret = await secretFile(join(config.dataDir, '.jwt_secret'))
  // With the server's token in the key, whoever changes it ends the sessions' tokens as well (S08).
  const tokens = sessionTokens(() => (needsToken ? `${secret}.${token()}` : secret))
  const door = new SocketDoor({ access, manager: engine.manager, sessionTokens: tokens, log })
  tokenFile?.onRotated(() => {
    log.warn('the token was changed; every connection is closed')
    door.dropAll()
  })
  const health = (): Health => ({
    status: 'OK',
    sandbox: config.sandbox,
    isolated: config.sandbox !== 'local',
    sessions: engine.manager.size,
    memoryBytes: process.memoryUsage.rss(),
  })
  const routes = (app: FastifyInstance): void => blobRoute(app, engine.blobs)
  const listening = await listen({ host: config.host, port: config.port, access, door, health, routes, log })
  for (const host of ownHosts(config, listening.address.port)) hosts.add(host)
  return listening
}

async function openTokenFile(config: Config, log: Log): Promise<TokenFile> {
  const onTrouble = (error: unknown): void =>
    log.warn('the new token cannot be used, the old one goes on counting', { error: messageOf(error) })
  return await TokenFile.open(join(config.dataDir, 'token'), onTrouble)
}

const loopback = new Set(['127.0.0.1', '::1', 'localhost'])

/** Whether a token is asked for. A door that is open to others and asks for none is not opened at all (S01). */
function refuseOpenDoor(config: Config, isLoopback: boolean): boolean {
  if (!config.auth && !isLoopback)
    throw new ConfigError(
      `--no-auth cannot go with --host ${config.host}: anybody who reaches it could run commands. Leave one of them out.`,
    )
  return config.auth && (!isLoopback || config.tokenRequired || config.token !== undefined)
}

/** The names under which clients may know this server (S04). */
function ownHosts(config: Config, port: number): readonly string[] {
  const names = loopback.has(config.host)
    ? ['127.0.0.1', 'localhost', '[::1]']
    : ['127.0.0.1', 'localhost', config.host]
  const listed = (config.allowedHosts ?? '').split(',').map(host => host.trim().toLowerCase())
  const withoutPort = port === 80 ? names : [] // as browsers write it then
  return [...names.map(name => `${name}:${port}`), ...withoutPort, ...listed.filter(host => host !== '')]
}
