import { mkdir } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { secretFile } from './access/secret-file.ts'
import { sessionTokens } from './access/session-tokens.ts'
import { TokenFile } from './access/token-file.ts'
import { createAgents } from './agents/catalogue.ts'
import { createAnalyzers } from './analyzers/catalogue.ts'
import { type Config, ConfigError } from './config.ts'
import type { Log, OnPoint } from './core/ports.ts'
import type { ServerParts } from './core/server-parts.ts'
import { SessionManager } from './core/session-manager.ts'
import { Access } from './http/access.ts'
import { SocketDoor } from './http/door.ts'
import { type Listening, listen } from './http/listen.ts'
import { isOwnPeer } from './http/own-peer.ts'
import { systemClock } from './lib/clock.ts'
import { messageOf } from './lib/errors.ts'
import { present } from './lib/present.ts'
import { createModels } from './models/catalogue.ts'
import { createRuntimes } from './runtimes/catalogue.ts'
import { lockDataDir } from './stores/data-dir-lock.ts'
import { openSqliteEventStore } from './stores/sqlite-event-store.ts'
import { workspaceFolders } from './workspaces/workspace-folders.ts'

const SWEEP_EVERY_MS = 60_000

/** What a test may listen in on; empty outside tests. */
export interface Hooks {
  readonly onPoint?: OnPoint
}

/** Everything that works without a door: the sessions and what they are made of. */
export interface Engine extends AsyncDisposable {
  readonly manager: SessionManager
  /** Tells whoever finds the data folder locked where this server is. */
  announce(address: string): Promise<void>
}

/** A server with its door open. */
export interface Server extends AsyncDisposable {
  readonly url: string
  /** The token to present, when one is asked for. */
  readonly token: string | undefined
  readonly recovered: number
}

/** Makes the parts and puts them together; the only place that knows them all. */
export async function startEngine(config: Config, log: Log, hooks: Hooks = {}): Promise<Engine> {
  await using stack = new AsyncDisposableStack()
  if (config.workspaceBase !== undefined) refuseOwnFolder(config.workspaceBase, config.dataDir)
  const lock = stack.use(await lockDataDir(config.dataDir))
  const { store, warnings } = await openSqliteEventStore({
    dataDir: config.dataDir,
    durability: config.durability,
    onWarning: warning => log.warn(warning),
  })
  stack.use(store)
  for (const warning of warnings) log.warn(warning)
  const runtimes = createRuntimes({
    sandbox: config.sandbox,
    dataDirectory: config.dataDir,
    environment: config.sandboxEnvironment,
  })
  const reaped = await runtimes.reap()
  if (reaped > 0) log.warn('ended what a killed server had left behind', { sandboxes: reaped })
  const parts: ServerParts = {
    store,
    clock: systemClock,
    models: createModels(modelOptions(config, log)),
    runtimes,
    workspaces: workspaceFolders({ dataDir: config.dataDir, ...present({ base: config.workspaceBase }) }),
    agents: createAgents(),
    analyzers: createAnalyzers(),
    defaults: {
      agent: config.agent,
      confirmation: config.confirmation,
      maxIterations: config.maxIterations,
      ...present({ analyzer: config.analyzer === 'none' ? undefined : config.analyzer, maxBudget: config.maxBudget }),
    },
    commandTimeoutMs: config.commandTimeout * 1000,
    resume: config.resume,
    log,
    onPoint: hooks.onPoint ?? (() => undefined),
  }
  const manager = stack.use(
    new SessionManager(parts, { idleMs: config.idleMinutes * 60_000, sweepEveryMs: SWEEP_EVERY_MS }),
  )
  const ends = stack.move()
  return {
    manager,
    announce: address => lock.update({ address }),
    [Symbol.asyncDispose]: () => ends.disposeAsync(),
  }
}

/** Starts the engine and opens the door. Throws `ConfigError` for what would not be safe, before any socket is open. */
export async function startServer(config: Config, log: Log, hooks: Hooks = {}): Promise<Server> {
  const isLoopback = loopback.has(config.host)
  const needsToken = refuseOpenDoor(config, isLoopback)
  await using stack = new AsyncDisposableStack()
  await mkdir(config.dataDir, { recursive: true, mode: 0o700 })
  const engine = stack.use(await startEngine(config, log, hooks))
  const tokenFile =
    needsToken && !config.token ? stack.use(await TokenFile.open(join(config.dataDir, 'token'))) : undefined
  const token = (): string | undefined => config.token?.reveal() ?? tokenFile?.token
  const hosts = new Set<string>()
  const access = new Access({ hosts, localMode: !needsToken, token, isOwnPeer })
  const secret = await secretFile(join(config.dataDir, '.jwt_secret'))
  const door = new SocketDoor({ access, manager: engine.manager, sessionTokens: sessionTokens(secret), log })
  tokenFile?.onRotated(() => {
    log.warn('the token was changed; every connection is closed')
    door.dropAll()
  })
  const health = (): ReturnType<Parameters<typeof listen>[0]['health']> => ({
    status: 'OK',
    sandbox: config.sandbox,
    isolated: config.sandbox !== 'local',
    sessions: engine.manager.size,
    memoryBytes: process.memoryUsage.rss(),
  })
  const listening: Listening = await listen({ host: config.host, port: config.port, access, door, health, log })
  stack.use(listening)
  for (const host of ownHosts(config, listening.address.port)) hosts.add(host)
  const url = `http://${config.host.includes(':') ? `[${config.host}]` : config.host}:${listening.address.port}`
  await engine.announce(url)
  const recovered = await engine.manager.recover()
  engine.manager.sweep().catch(error => log.error('idle sessions are no longer closed', { error: messageOf(error) }))
  const ends = stack.move()
  return { url, token: tokenFile?.token, recovered, [Symbol.asyncDispose]: () => ends.disposeAsync() }
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
  return [...names.map(name => `${name}:${port}`), ...listed.filter(host => host !== '')]
}

/** An agent that works where the server keeps its log could rewrite it (S23). */
function refuseOwnFolder(workspaceBase: string, dataDir: string): void {
  const way = relative(workspaceBase, dataDir)
  if (way !== '..' && !way.startsWith('../'))
    throw new ConfigError(
      `--workspace-base ${workspaceBase} contains the data folder ${dataDir}. Choose another folder for one of them.`,
    )
}

function modelOptions(config: Config, log: Log): Parameters<typeof createModels>[0] {
  return {
    defaults: present({ model: config.model, baseUrl: config.baseUrl, apiKey: config.apiKey?.reveal() }),
    declared: present({
      contextTokens: config.contextTokens,
      maxOutputTokens: config.maxOutputTokens,
      inputCostPerToken: config.inputCost,
      outputCostPerToken: config.outputCost,
    }),
    sampling: present({ temperature: config.temperature, topP: config.topP }),
    deadlines: config.modelTimeout === undefined ? {} : { firstByte: config.modelTimeout * 1000 },
    ...present({ recordFolder: config.recordFolder }),
    clock: systemClock,
    random: Math.random,
    onTrouble: error => log.warn('an answer could not be recorded', { error: messageOf(error) }),
  }
}
