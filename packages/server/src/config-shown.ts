import type { ServerSetting } from '@openhands/protocol'
import type { Config } from './config.ts'
import { type Source, settings } from './config-table.ts'

type Shown = keyof typeof settings

/** What clients are shown of the configuration, by group; what is not named here they never see. */
const groups: Readonly<Record<ServerSetting['group'], readonly Shown[]>> = {
  model: ['model', 'baseUrl', 'apiKey', 'contextTokens', 'maxOutputTokens', 'modelTimeout'],
  sandbox: [
    'sandbox',
    'sandboxImage',
    'sandboxMemory',
    'sandboxCpus',
    'sandboxProcesses',
    'diskReserve',
    'commandTimeout',
    'checkpoints',
  ],
  network: ['egress', 'egressAllow'],
  limits: ['maxIterations', 'maxBudget', 'idleMinutes', 'uploadMegabytes'],
  policy: ['confirmation', 'analyzer', 'invariantUrl'],
}

/** What the server was started with, as far as clients may see it: of a key only whether there is one (S20). */
export function serverSettings(config: Config): readonly ServerSetting[] {
  return Object.entries(groups).flatMap(([group, names]) =>
    names.map(name => {
      const { option, env, toml, about }: Source = settings[name]
      return {
        name,
        group: group as ServerSetting['group'], // the keys of the record are its names
        value: shownValue(config, name),
        ...(option === undefined ? {} : { option: `--${option}` }),
        ...(env === undefined ? {} : { env }),
        toml,
        about,
      }
    }),
  )
}

function shownValue(config: Config, name: Shown): ServerSetting['value'] {
  if (name === 'apiKey') return config.apiKey === undefined ? null : 'set'
  const value = config[name]
  if (name === 'baseUrl' && typeof value === 'string') return withoutUser(value)
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : null
}

/** Addresses may have a password in them, and tokens behind the question mark. */
function withoutUser(address: string): string {
  const url = new URL(address)
  return `${url.origin}${url.pathname === '/' ? '' : url.pathname}`
}
