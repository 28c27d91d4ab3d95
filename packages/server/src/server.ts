import { join } from 'node:path'
import { TokenFile } from './access/token-file.ts'
import { type Config, ConfigError } from './config.ts'
import { isLoopback, openControlDoor, ownHosts } from './control-door.ts'
import type { Log } from './core/ports.ts'
import { type Hooks, startEngine } from './engine.ts'
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
  const needsToken = refuseOpenDoor(config)
  await using stack = new AsyncDisposableStack()
  const engine = stack.use(await startEngine(config, log, hooks))
  const tokenFile = needsToken && !config.token ? stack.use(await openTokenFile(config, log)) : undefined
  const listening = stack.use(await openControlDoor(config, engine, { needsToken, tokenFile, log }))
  const host = config.host.includes(':') ? `[${config.host}]` : config.host
  const { port } = listening.address
  const url = `http://${host}:${port}`
  const controlOrigins = ownHosts(config, port).flatMap(each => [`http://${each}`, `https://${each}`])
  const { manager } = engine
  const preview = stack.use(await openPreview(config, { port, controlOrigins, manager, log }))
  engine.showPreviews(preview.urlOf)
  await engine.announce(url)
  const recovered = await engine.manager.recover()
  engine.manager.sweep().catch(error => log.error('idle sessions are no longer closed', { error: messageOf(error) }))
  const ends = stack.move()
  return { url, token: tokenFile?.token, recovered, [Symbol.asyncDispose]: () => ends.disposeAsync() }
}

async function openTokenFile(config: Config, log: Log): Promise<TokenFile> {
  const onTrouble = (error: unknown): void =>
    log.warn('the new token cannot be used, the old one goes on counting', { error: messageOf(error) })
  return await TokenFile.open(join(config.dataDir, 'token'), onTrouble)
}

/** Whether a token is asked for. A door that is open to others and asks for none is not opened at all (S01). */
function refuseOpenDoor(config: Config): boolean {
  if (!config.auth && !isLoopback(config))
    throw new ConfigError(
      `--no-auth cannot go with --host ${config.host}: anybody who reaches it could run commands. Leave one of them out.`,
    )
  return config.auth && (!isLoopback(config) || config.tokenRequired || config.token !== undefined)
}
