import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Config, ConfigError } from './config.ts'
import { PageFiles } from './http/page-files.ts'
import { messageOf } from './lib/errors.ts'

/** Our own page, as it is built, and what is shown where it is not. */
const built = fileURLToPath(new URL('../../web/dist', import.meta.url))
const plain = fileURLToPath(new URL('./http/plain-page', import.meta.url))

/** The page that the server serves. */
export interface PageDoor {
  readonly page: PageFiles
  /** Whether it can be more than read. */
  readonly isBuilt: boolean
}

/** Opens the page that the settings name, or our own. Throws `ConfigError` where the one that they name is none. */
export async function openPage(config: Config, frames: () => readonly string[]): Promise<PageDoor> {
  const { frontendDist } = config
  const folder = frontendDist ?? (existsSync(join(built, 'index.html')) ? built : plain)
  const foreignHosts = [new URL(config.githubApiUrl).origin]
  const options = { folder, isForeign: frontendDist !== undefined, foreignHosts, frames }
  try {
    return { page: await PageFiles.open(options), isBuilt: folder !== plain }
  } catch (error) {
    throw new ConfigError(`--frontend-dist ${folder} is no built page: ${messageOf(error)}.`)
  }
}
