import type { Config } from './config.ts'
import { ConfigError } from './config.ts'
import { CorsOrigins } from './http/cors.ts'
import { TrustedProxies } from './http/trusted-proxies.ts'
import { messageOf } from './lib/errors.ts'

/** What the settings say about who may come in, and from where. */
export interface DoorRules {
  /** Whether everybody has to present a token, clients on this machine too. */
  readonly needsToken: boolean
  /** Whether there is a token at all: for everybody, or for those who come from elsewhere. */
  readonly hasToken: boolean
  readonly proxies: TrustedProxies
  readonly cors: CorsOrigins
  /** The path that a proxy leaves on what it passes on: with a slash before and none behind, or empty. */
  readonly basePath: string
}

const loopback = new Set(['127.0.0.1', '::1', 'localhost'])

/** Whether only this machine can reach the server. */
export function isLoopback({ host }: Pick<Config, 'host'>): boolean {
  return loopback.has(host)
}

/** Reads the rules. Throws `ConfigError` for what would not be safe: a door open to others that asks for nothing (S01). */
export function doorRules(config: Config): DoorRules {
  const proxies = named(config.trustedProxies, '--trusted-proxies')
  const origins = named(config.corsOrigins, '--cors-origins')
  for (const [isWide, setting] of [
    [!isLoopback(config), `--host ${config.host}`],
    [proxies.list.length > 0, '--trusted-proxies'],
    [origins.list.length > 0, '--cors-origins'],
  ] as const)
    if (!config.auth && isWide)
      throw new ConfigError(
        `--no-auth cannot go with ${setting}: anybody who reaches it could run commands. Leave one of them out.`,
      )
  const needsToken = config.auth && (!isLoopback(config) || config.tokenRequired || config.token !== undefined)
  return {
    needsToken,
    hasToken: needsToken || proxies.list.length + origins.list.length > 0,
    proxies: proxies.made(list => new TrustedProxies(list)),
    cors: origins.made(list => new CorsOrigins(list)),
    basePath: basePathOf(config.basePath ?? ''),
  }
}

interface Named {
  readonly list: readonly string[]
  made<T>(make: (list: readonly string[]) => T): T
}

function named(text: string | undefined, setting: string): Named {
  const list = listOf(text)
  return {
    list,
    made(make) {
      try {
        return make(list)
      } catch (error) {
        throw new ConfigError(`${setting}: ${messageOf(error)}.`)
      }
    },
  }
}

/** What a setting lists by comma. */
export function listOf(text = ''): readonly string[] {
  return text
    .split(',')
    .map(each => each.trim())
    .filter(each => each !== '')
}

function basePathOf(written: string): string {
  const path = written.replace(/\/$/, '')
  if (/^(?:\/(?!\.{1,2}(?:\/|$))[\w.~-]+)*$/.test(path)) return path
  throw new ConfigError(`--base-path ${JSON.stringify(written)} is no path like /openhands.`)
}
