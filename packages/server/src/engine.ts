import { randomUUID } from 'node:crypto'
import { realpathSync } from 'node:fs'
import { join, relative } from 'node:path'
import { SessionId } from '@openhands/protocol'
import { createAgents } from './agents/catalogue.ts'
import { createAnalyzers } from './analyzers/catalogue.ts'
import { type Config, ConfigError } from './config.ts'
import type { Blobs, Log, OnPoint, SettingsStore } from './core/ports.ts'
import type { ServerParts } from './core/server-parts.ts'
import { SessionManager } from './core/session-manager.ts'
import { systemClock } from './lib/clock.ts'
import { present } from './lib/present.ts'
import { modelsOf, runtimesOf } from './parts.ts'
import { BlobStore } from './stores/blob-store.ts'
import { lockDataDir } from './stores/data-dir-lock.ts'
import { openSecretStore } from './stores/secret-store.ts'
import { openSettingsStore } from './stores/settings-store.ts'
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
  readonly blobs: Blobs
  readonly settings: SettingsStore
  /** Where a server inside a session's sandbox can be seen; undefined as long as that is not known. */
  previewUrl(session: SessionId, port: number): string | undefined
  /** From now on sessions tell where servers in their sandboxes can be seen. */
  showPreviews(urlOf: (session: SessionId, port: number) => string): void
  /** Tells whoever finds the data folder locked where this server is. */
  announce(address: string): Promise<void>
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
  const secrets = await openSecretStore(config.dataDir)
  const settings = await openSettingsStore(config.dataDir, secrets)
  const runtimes = runtimesOf(config, secrets)
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
    models: modelsOf(config, log),
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
    checkpoints: config.checkpoints,
    previewUrl,
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
    blobs,
    settings,
    previewUrl,
    showPreviews: urlOf => {
      previews = urlOf
    },
    announce: address => lock.update({ address }),
    [Symbol.asyncDispose]: () => ends.disposeAsync(),
  }
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
