import { join } from 'node:path'
import { TokenFile } from './access/token-file.ts'
import type { Config } from './config.ts'
import { type DoorHooks, openControlDoor, ownHosts } from './control-door.ts'
import type { Log } from './core/ports.ts'
import { doorRules } from './door-rules.ts'
import { type Engine, type Hooks, startEngine } from './engine.ts'
import { messageOf } from './lib/errors.ts'
import { Secret } from './lib/secret.ts'
import { openPage } from './page-door.ts'
import { openPreview } from './preview-door.ts'

/** A server with its door open. */
export interface Server extends AsyncDisposable {
  readonly url: string
  /** Who has to present the token in the file: everybody, those who come from elsewhere, or nobody. */
  readonly asksForToken: 'all' | 'others' | 'none'
  /** A code with which the page logs in; undefined where there is none to do so or no need. */
  readonly loginCode: string | undefined
  readonly recovered: number
  /**
   * Gets ready to end: takes no new sessions and lets steps that are under way end. Resolves once none is, or when the
   * signal is aborted.
   */
  drain(signal: AbortSignal): Promise<void>
}

/** Starts the engine and opens the door. Throws `ConfigError` for what would not be safe, before any socket is open. */
export async function startServer(config: Config, plainLog: Log, hooks: Hooks & DoorHooks = {}): Promise<Server> {
  const rules = doorRules(config)
  let frames: readonly string[] = []
  const { page, isBuilt } = await openPage(config, () => frames)
  await using stack = new AsyncDisposableStack()
  const engine = stack.use(await startEngine(config, plainLog, hooks))
  const { log } = engine
  const tokenFile = rules.hasToken && !config.token ? stack.use(await openTokenFile(config, log)) : undefined
  keepUnseen(engine, tokenFile)
  const listening = stack.use(await openControlDoor(config, engine, { rules, tokenFile, page, log, hooks }))
  const host = config.host.includes(':') ? `[${config.host}]` : config.host
  const { port } = listening.address
  const url = `http://${host}:${port}${rules.basePath}`
  const controlOrigins = ownHosts(config, port).flatMap(each => [`http://${each}`, `https://${each}`])
  const { manager } = engine
  const preview = stack.use(await openPreview(config, { port, controlOrigins, manager, log }))
  frames = [preview.pattern]
  engine.showPreviews(preview.urlOf)
  await engine.announce(url)
  const recovered = await engine.manager.recover()
  engine.manager.sweep().catch(error => log.error('idle sessions are no longer closed', { error: messageOf(error) }))
  const ends = stack.move()
  return {
    url,
    asksForToken: tokenFile === undefined ? 'none' : rules.needsToken ? 'all' : 'others',
    loginCode: rules.hasToken && isBuilt ? listening.issueCode() : undefined,
    recovered,
    drain: signal => manager.drain(signal),
    [Symbol.asyncDispose]: () => ends.disposeAsync(),
  }
}

/** The token opens everything: no log and no screen may show it (S18). */
function keepUnseen({ redactor }: Engine, tokenFile: TokenFile | undefined): void {
  const learn = (): void => {
    if (tokenFile) redactor.learn(new Secret(tokenFile.token))
  }
  learn()
  tokenFile?.onRotated(learn)
}

async function openTokenFile(config: Config, log: Log): Promise<TokenFile> {
  const onTrouble = (error: unknown): void =>
    log.warn('the new token cannot be used, the old one goes on counting', { error: messageOf(error) })
  const tokenFile = await TokenFile.open(join(config.dataDir, 'token'), onTrouble)
  log.conceal?.(tokenFile.token)
  return tokenFile
}
