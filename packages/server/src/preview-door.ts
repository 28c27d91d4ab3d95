import { join } from 'node:path'
import type { SessionId } from '@openhands/protocol'
import { secretFile } from './access/secret-file.ts'
import { type Config, ConfigError } from './config.ts'
import type { Log } from './core/ports.ts'
import type { SessionManager } from './core/session-manager.ts'
import { type Preview, type PreviewOpening, type PreviewOptions, startPreview } from './http/preview.ts'
import { messageOf } from './lib/errors.ts'

export interface PreviewDoorOptions {
  /** The port of the server itself. */
  readonly port: number
  readonly controlOrigins: readonly string[]
  readonly manager: SessionManager
  readonly log: Log
}

/** Opens the preview port beside the server's own. Throws `ConfigError` where the settings name one that cannot be had. */
export async function openPreview(config: Config, options: PreviewDoorOptions): Promise<Preview> {
  const { controlOrigins, manager, log } = options
  const key = Buffer.from(await secretFile(join(config.dataDir, '.preview_key')))
  const open = (session: SessionId, port: number, signal: AbortSignal): Promise<PreviewOpening> =>
    connectTo(manager, session, port, signal)
  const pattern = config.previewOrigin
  const common = { host: config.host, key, controlOrigins, open, log, ...(pattern ? { originPattern: pattern } : {}) }
  const wanted = config.previewPort ?? (config.port === 0 ? 0 : undefined)
  if (wanted === undefined) return await openBeside(options.port, common, log)
  return await startPreview({ ...common, port: wanted }).catch(error => {
    throw new ConfigError(`The preview port cannot be opened: ${messageOf(error)}. Choose another with --preview-port.`)
  })
}

/** The next port is easy to find; where somebody else has it, any other will do. */
async function openBeside(port: number, options: Omit<PreviewOptions, 'port'>, log: Log): Promise<Preview> {
  try {
    return await startPreview({ ...options, port: port < 65535 ? port + 1 : 0 })
  } catch (error) {
    const preview = await startPreview({ ...options, port: 0 })
    log.warn('previews have another port than usual', { port: preview.port, reason: messageOf(error) })
    return preview
  }
}

async function connectTo(
  manager: SessionManager,
  id: SessionId,
  port: number,
  signal: AbortSignal,
): Promise<PreviewOpening> {
  const session = await manager.find(id)
  if (session === undefined) return { state: (await manager.exists(id)) ? 'asleep' : 'unknown' }
  const runtime = await session.runningRuntime()
  if (runtime === undefined) return { state: 'asleep' }
  const outcome = await runtime.ports.connect(port, signal)
  return outcome.ok ? { state: 'open', stream: outcome.stream } : { state: 'closed' }
}
