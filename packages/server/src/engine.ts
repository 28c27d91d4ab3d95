import { randomUUID } from 'node:crypto'
import { realpathSync } from 'node:fs'
import { join, relative } from 'node:path'
import { SessionId } from '@openhands/protocol'
import { createAgents } from './agents/catalogue.ts'
import { type Config, ConfigError } from './config.ts'
import type { Blobs, Log, Models, OnPoint, SettingsStore } from './core/ports.ts'
import type { Redactor } from './core/redactor.ts'
import type { ServerParts } from './core/server-parts.ts'
import { SessionManager } from './core/session-manager.ts'
import { systemClock } from './lib/clock.ts'
import { present } from './lib/present.ts'
import { analyzersOf, learnAll, modelsOf, redactorOf, runtimesOf } from './parts.ts'
import { BlobStore } from './stores/blob-store.ts'
import { lockDataDir } from './stores/data-dir-lock.ts'
import { openSecretStore } from './stores/secret-store.ts'
import { openSettingsStore } from './stores/settings-store.ts'
import { openSqliteEventStore } from './stores/sqlite-event-store.ts'
import { openTelemetry, type Telemetry } from './telemetry/telemetry.ts'
import { workspaceFolders } from './workspaces/workspace-folders.ts'

const SWEEP_EVERY_MS = 60_000

/** What a test may listen in on; empty outside tests. */
export interface Hooks {
  readonly onPoint?: OnPoint
}

/** Everything that works without a door: the sessions and what they are made of. */
export interface Engine extends AsyncDisposable {
  readonly manager: SessionManager
  readonly models: Models
  readonly blobs: Blobs
  readonly settings: SettingsStore
  /** The log that it was given, without secrets. */
  readonly log: Log
  readonly redactor: Redactor
  readonly telemetry: Telemetry
  /** Appends that the store has not confirmed. */
  storeWaiting(): number
  /** Where a server inside a session's sandbox can be seen; undefined as long as that is not known. */
  previewUrl(session: SessionId, port: number): string | undefined
  /** From now on sessions tell where servers in their sandboxes can be seen. */
  showPreviews(urlOf: (session: SessionId, port: number) => string): void
  /** Tells whoever finds the data folder locked where this server is. */
  announce(address: string): Promise<void>
}

/** Makes the parts and puts them together; the only place that knows them all. */
export async function startEngine(config: Config, plainLog: Log, hooks: Hooks = {}): Promise<Engine> {
  const redactor = redactorOf(config)
  const log = redactor.log(plainLog)
  await using stack = new AsyncDisposableStack()
  if (config.workspaceBase !== undefined) refuseOwnFolder(config.workspaceBase, config.dataDir)
  const lock = stack.use(await lockDataDir(config.dataDir))
  const telemetry = stack.use(await telemetryOf(config, log))
  const opened = await openSqliteEventStore({
    dataDir: config.dataDir,
    durability: config.durability,
    onWarning: warning => log.warn(warning),
  })
  const store = stack.use(telemetry.store(opened.store))
  for (const warning of opened.warnings) log.warn(warning)
  const secrets = await openSecretStore(config.dataDir)
  learnAll(redactor, secrets)
  const settings = await openSettingsStore(config.dataDir, secrets, key => redactor.learn(key, 'client'))
  const runtimes = telemetry.runtimes(runtimesOf(config, secrets))
  const reaped = await runtimes.reap()
  if (reaped > 0) log.warn('ended what a killed server had left behind', { sandboxes: reaped })
  let previews: ((session: SessionId, port: number) => string) | undefined
  const previewUrl: Engine['previewUrl'] = (session, port) => previews?.(session, port)
  const blobs = new BlobStore(join(config.dataDir, 'blobs'))
  const parts: ServerParts = {
    store,
    blobs,
    clock: systemClock,
    newId: () => SessionId.parse(randomUUID().replaceAll('-', '')),
    models: telemetry.models(modelsOf(config, log)),
    runtimes,
    workspaces: workspaceFolders({ dataDir: config.dataDir, ...present({ base: config.workspaceBase }) }),
    agents: createAgents(),
    analyzers: analyzersOf(config),
    defaults: {
      agent: config.agent,
      confirmation: config.confirmation,
      maxIterations: config.maxIterations,
      ...present({ analyzer: config.analyzer === 'none' ? undefined : config.analyzer, maxBudget: config.maxBudget }),
    },
    commandTimeoutMs: config.commandTimeout * 1000,
    checkpoints: config.checkpoints,
    previewUrl,
    resume: config.resume,
    log,
    redactor,
    onPoint: hooks.onPoint ?? (() => undefined),
    onKept: (session, events, state) => telemetry.watch.kept(session, events, state),
  }
  const manager = stack.use(
    new SessionManager(parts, { idleMs: config.idleMinutes * 60_000, sweepEveryMs: SWEEP_EVERY_MS }),
  )
  const ends = stack.move()
  return {
    manager,
    models: parts.models,
    blobs,
    settings,
    log,
    redactor,
    telemetry,
    storeWaiting: () => store.waiting,
    previewUrl,
    showPreviews: urlOf => {
      previews = urlOf
    },
    announce: address => lock.update({ address }),
    [Symbol.asyncDispose]: () => ends.disposeAsync(),
  }
}

/** Spans go where the settings say, by their standard names. */
async function telemetryOf(config: Config, log: Log): Promise<Telemetry> {
  const { serviceName, otlpEndpoint, otlpTracesEndpoint } = config
  const below = otlpEndpoint === undefined ? undefined : `${otlpEndpoint.replace(/\/+$/, '')}/v1/traces`
  return await openTelemetry({ serviceName, log, ...present({ spansUrl: otlpTracesEndpoint ?? below }) })
}

/** An agent that works where the server keeps its log could rewrite it (S23). */
function refuseOwnFolder(workspaceBase: string, dataDir: string): void {
  const way = relative(resolved(workspaceBase), resolved(dataDir))
  if (way !== '..' && !way.startsWith('../'))
    throw new ConfigError(
      `--workspace-base ${workspaceBase} contains the data folder ${dataDir}. Choose another folder for one of them.`,
    )
}

/** With links followed, where there is something to follow. */
function resolved(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    return path // not there yet: then it is no link either
  }
}
