import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { nearest } from '@openhands/protocol'
import { parse as parseToml, TomlError } from 'smol-toml'
import type * as z from 'zod'
import { type Source, settings } from './config-table.ts'
import { messageOf } from './lib/errors.ts'
import { present } from './lib/present.ts'

type Values = { [K in keyof typeof settings]?: z.output<(typeof settings)[K]['schema']> }
type Defaulted = 'host' | 'port' | 'dataDir' | 'sandbox' | 'agent' | 'maxIterations' | 'confirmation' | 'commandTimeout'
type Switches =
  | 'analyzer'
  | 'invariantTimeout'
  | 'durability'
  | 'resume'
  | 'idleMinutes'
  | 'tokenRequired'
  | 'auth'
  | 'logLevel'
  | 'egress'
  | 'checkpoints'
  | 'requestsPerSecond'
  | 'drainSeconds'
  | 'serviceName'
  | 'githubUrl'
  | 'githubApiUrl'

/** All settings, read once and frozen. */
export type Config = Readonly<Values & Required<Pick<Values, Defaulted | Switches>>> & {
  /** Variables for the programs in sandboxes. */
  readonly sandboxEnvironment: Readonly<Record<string, string>>
}

/** A setting that cannot be used; the message names it and what would be right. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
}

export interface ParsedConfig {
  readonly config: Config
  /** What was not understood but does no harm. */
  readonly warnings: readonly string[]
  /** What was said besides options: the task of `run`. */
  readonly positionals: readonly string[]
  readonly json: boolean
  readonly help: boolean
}

/** Reads command line, environment, file and defaults, in this precedence. Throws `ConfigError`. */
export function readConfig(argv: readonly string[], env: Readonly<Record<string, string | undefined>>): ParsedConfig {
  const { values: options, positionals } = readOptions(argv)
  const file = readFile(options.config ?? (env.OPENHANDS_CONFIG?.trim() || undefined))
  const warnings = [...file.warnings]
  const found: Record<string, unknown> = {}
  for (const [name, source] of Object.entries<Source>(settings)) {
    const given = [
      { value: source.option ? options[source.option] : undefined, from: `--${source.option}` },
      { value: source.env ? env[source.env]?.trim() || undefined : undefined, from: String(source.env) },
      { value: file.values.get(source.toml), from: `${source.toml} in ${file.path}` },
    ].find(({ value }) => value !== undefined)
    if (!given) continue
    const parsed = source.schema.safeParse(given.value)
    if (!parsed.success) throw new ConfigError(`${given.from}: ${parsed.error.issues[0]?.message}. ${source.about}.`)
    found[name] = parsed.data
  }
  const values = found as Values // each value was parsed by its own schema just now
  const confirmation = values.confirmation ?? confirmationOf(values.confirmationMode)
  // Whoever lists hosts wants them to be reached.
  const egress = values.egress ?? (values.egressAllow === undefined ? undefined : 'list')
  const settled = { ...defaults(), ...values, ...present({ confirmation, egress }) }
  const config = Object.freeze({ ...settled, sandboxEnvironment: sandboxEnvironment(env, settled.sandbox) })
  return { config, warnings, positionals, json: options.json === true, help: options.help === true }
}

const SANDBOX_PREFIX = 'SANDBOX_ENV_'

/** What the operator gives to sandboxes by name (wire A6.5); without isolation programs are found where the operator's are. */
function sandboxEnvironment(
  env: Readonly<Record<string, string | undefined>>,
  sandbox: Config['sandbox'],
): Readonly<Record<string, string>> {
  const named = Object.entries(env).flatMap(([name, value]) =>
    name.startsWith(SANDBOX_PREFIX) && value !== undefined ? [[name.slice(SANDBOX_PREFIX.length), value]] : [],
  )
  return { ...(sandbox === 'local' && env.PATH !== undefined ? { PATH: env.PATH } : {}), ...Object.fromEntries(named) }
}

/** The switch of OpenHands: on asks about everything, off about nothing. */
function confirmationOf(mode: boolean | undefined): Config['confirmation'] | undefined {
  return mode === undefined ? undefined : mode ? 'always' : 'never'
}

/** The help text: every option and environment name with its sentence. */
export function helpText(): string {
  const lines = Object.values<Source>(settings).map(({ option, env, about }) => {
    const names = [option ? `--${option}` : '', env ?? ''].filter(Boolean).join(', ')
    return `  ${names.padEnd(44)} ${about}`
  })
  return [
    'openhands serve [options]         start the server',
    'openhands run [options] "<task>"  do one task and exit: 0 only if it was finished',
    'openhands login [options]         print a link that logs a browser in to the running server',
    '',
    'Options and environment names (command line before environment before file):',
    ...lines,
    `  ${'--config, OPENHANDS_CONFIG'.padEnd(44)} File of settings [config.toml, if there is one]`,
    `  ${'SANDBOX_ENV_<NAME>'.padEnd(44)} Variable <NAME> for the programs in sandboxes`,
    `  ${'--json'.padEnd(44)} run: print events as JSON lines`,
    '',
  ].join('\n')
}

function defaults(): Pick<Config, Defaulted | Switches> {
  return {
    host: '127.0.0.1',
    port: 3000,
    dataDir: join(homedir(), '.openhands'),
    sandbox: 'bubblewrap',
    agent: 'CodeActAgent',
    maxIterations: 100,
    confirmation: 'risky',
    analyzer: 'policy',
    invariantTimeout: 10,
    commandTimeout: 120,
    durability: 'process',
    resume: true,
    idleMinutes: 30,
    tokenRequired: false,
    auth: true,
    logLevel: 'info',
    egress: 'none',
    checkpoints: true,
    requestsPerSecond: 100,
    drainSeconds: 10,
    serviceName: 'openhands',
    githubUrl: 'https://github.com',
    githubApiUrl: 'https://api.github.com',
  }
}

const switches = new Set(['resume', 'checkpoints', 'token-required', 'auth', 'json', 'help'])

function readOptions(argv: readonly string[]): { values: Record<string, unknown>; positionals: string[] } {
  const known = [...Object.values<Source>(settings).flatMap(({ option }) => option ?? []), 'config', 'json', 'help']
  const options = Object.fromEntries(
    known.map(name => [name, { type: switches.has(name) ? ('boolean' as const) : ('string' as const) }]),
  )
  try {
    return parseArgs({ args: [...argv], options, allowPositionals: true, allowNegative: true })
  } catch (error) {
    const wrong = argv.find(
      arg => arg.startsWith('--') && !known.includes(arg.replace(/^--(no-)?/, '').split('=')[0] ?? ''),
    )
    const near = wrong ? nearest(wrong.replace(/^--(no-)?/, ''), known) : undefined
    const remedy = near ? `Did you mean ${wrong?.startsWith('--no-') ? '--no-' : '--'}${near}?` : 'See --help.'
    throw new ConfigError(`${messageOf(error).split(/\.?\s*\n|\. /)[0]}. ${remedy}`)
  }
}

interface FileValues {
  readonly path: string
  readonly values: ReadonlyMap<string, unknown>
  readonly warnings: readonly string[]
}

/** Only a file that somebody named has to exist. */
function readFile(named: unknown): FileValues {
  const path = typeof named === 'string' ? named : 'config.toml'
  const text = readText(path, typeof named === 'string')
  if (text === undefined) return { path, values: new Map(), warnings: [] }
  const values = new Map<string, unknown>()
  const warnings: string[] = []
  const known = Object.values<Source>(settings).map(({ toml }) => toml)
  for (const [table, content] of Object.entries(parsedToml(path, text))) {
    const isTable = typeof content === 'object' && content !== null
    const entries = isTable ? Object.entries(content) : []
    if (!isTable) warnings.push(`${path}: "${table}" is not a table of settings and is ignored`)
    for (const [key, value] of entries) {
      const name = `${table}.${key}`
      const near = nearest(name, known)
      if (value === '') continue // as in the environment: empty is absent
      if (known.includes(name)) values.set(name, Array.isArray(value) ? value.join(',') : value)
      else warnings.push(`${path}: unknown setting ${name} is ignored${near ? `; did you mean ${near}?` : ''}`)
    }
  }
  return { path, values, warnings }
}

function readText(path: string, required: boolean): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT'
    if (isMissing && !required) return undefined
    throw new ConfigError(`The file of settings cannot be read: ${messageOf(error)}. See --config.`)
  }
}

function parsedToml(path: string, text: string): Record<string, unknown> {
  try {
    return parseToml(text)
  } catch (error) {
    if (error instanceof TomlError)
      throw new ConfigError(`${path}, line ${error.line}: ${error.message.split('\n')[0]}`)
    throw error
  }
}
