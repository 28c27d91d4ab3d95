import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { SessionId } from '@openhands/protocol'
import fastify, { type FastifyInstance } from 'fastify'
import { sessionTokens } from '../access/session-tokens.ts'
import { readConfig } from '../config.ts'
import type { Log } from '../core/ports.ts'
import { startEngine } from '../engine.ts'
import type { DoorFacts, DoorParts, Routes } from '../http/door-parts.ts'
import { systemClock } from '../lib/clock.ts'
import { operationOf } from '../operation.ts'
import { temporaryFolder } from './server-process.ts'

/** Routes over real sessions in real sandboxes; a client of them needs nothing, see `listen.test.ts` for who may come in. */
export interface RoutesWorld extends AsyncDisposable {
  readonly app: FastifyInstance
  readonly parts: DoorParts
  readonly url: string
  /** What was logged, a line each. */
  readonly logged: readonly string[]
  /** A new session: its id, the folder of the host that is its workspace, and the header of its 0.13.1 page. */
  session(): Promise<{ readonly id: SessionId; readonly folder: string; readonly authorization: string }>
}

/** What the facts are unless a test says otherwise. */
const facts: Omit<DoorFacts, 'dataDir'> = {
  models: ['openai/gpt-4o', 'anthropic/claude-sonnet-4-5'],
  agents: ['CodeActAgent'],
  analyzers: ['policy', 'invariant'],
  defaultAgent: 'CodeActAgent',
  server: [],
  github: { apiUrl: 'http://127.0.0.1:1', webUrl: 'http://127.0.0.1:1', clientId: '' },
}

/** Starts an engine on a folder of its own with settings from `env`, and a server with these routes on a free port. */
export async function startRoutes(
  routes: readonly Routes[],
  more: Partial<DoorFacts> = {},
  env: Readonly<Record<string, string>> = {},
): Promise<RoutesWorld> {
  await using stack = new AsyncDisposableStack()
  const { path: dataDir } = stack.use(await temporaryFolder())
  const logged: string[] = []
  const note = (message: string, fields: object = {}): void => void logged.push(`${message} ${JSON.stringify(fields)}`)
  const log: Log = { info: () => undefined, warn: note, error: note }
  const { config } = readConfig(['--data-dir', dataDir, '--no-checkpoints'], env)
  const engine = stack.use(await startEngine(config, log))
  const { manager, blobs } = engine
  const settings: DoorParts['settings'] = {
    load: async () => undefined,
    save: async () => undefined,
    key: async () => undefined,
  }
  const tokens = sessionTokens(() => 'the secret of a test')
  const parts: DoorParts = {
    manager,
    models: engine.models,
    blobs,
    settings,
    sessionTokens: tokens,
    facts: { ...facts, dataDir, ...more },
    previewUrl: () => undefined,
    operation: operationOf({ dataDir }, engine, {
      access: { admit: async () => ({ ok: true, by: 'local' }) },
      doors: [],
    }),
    clock: systemClock,
    log,
  }
  const app = fastify({ logger: false, forceCloseConnections: true })
  for (const add of routes) add(app, parts)
  stack.defer(() => app.close())
  await app.listen({ host: '127.0.0.1', port: 0 })
  const { port } = app.server.address() as AddressInfo // a TCP server that listens has one
  const ends = stack.move()
  return {
    app,
    parts,
    logged,
    url: `http://127.0.0.1:${port}`,
    async session() {
      const created = await manager.create()
      if (!created.ok) throw new Error(created.refused.message)
      const { id } = created.session
      const authorization = `Bearer ${await tokens.sign(id)}`
      return { id, authorization, folder: join(dataDir, 'workspaces', id) }
    },
    [Symbol.asyncDispose]: () => ends.disposeAsync(),
  }
}
