import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { nearest } from '@openhands/protocol'
import { parse as parseToml, TomlError } from 'smol-toml'
import * as z from 'zod'
import { messageOf } from './lib/errors.ts'

/** A value that never shows itself in logs, errors or JSON. */
export class Secret {
  readonly #value: string
  constructor(value: string) {
    this.#value = value
  }
  reveal(): string {
    return this.#value
  }
  toString(): string {
    return '[secret]'
  }
  toJSON(): string {
    return '[secret]'
  }
}

const truth = z.stringbool({ truthy: ['true', '1', 'yes', 'on'], falsy: ['false', '0', 'no', 'off'] })
const flag = z.union([z.boolean(), truth], 'Invalid input: expected true or false')
const secret = z.string().transform(value => new Secret(value))
/** Characters of a token at least; what this server makes itself has 43. */
const MIN_TOKEN = 16
const folder = z.string().transform(path => resolve(path))

/** A number that may be written as text; nothing else counts as one. */
function numeric<T extends z.ZodType<number>>(schema: T): z.ZodPreprocess<T> {
  return z.preprocess(value => (typeof value === 'string' && value.trim() !== '' ? Number(value) : value), schema)
}

/** Where a setting may come from besides the file: its option, its environment name, its place in the file. */
interface Source {
  readonly schema: z.ZodType
  readonly option?: string
  readonly env?: string
  readonly toml: string
  readonly about: string
}

/** Every setting: its type, its names (wire A6 for those of OpenHands) and a sentence for the help text. */
const settings = {
  host: {
    schema: z.string().min(1),
    option: 'host',
    env: 'HOST',
    toml: 'core.host',
    about: 'Address to listen on [127.0.0.1]',
  },
  port: {
    schema: numeric(z.number().int().min(0).max(65535)),
    option: 'port',
    env: 'PORT',
    toml: 'core.port',
    about: 'Port to listen on; 0 takes a free one [3000]',
  },
  dataDir: {
    schema: folder,
    option: 'data-dir',
    env: 'OPENHANDS_DATA_DIR',
    toml: 'core.data_dir',
    about: 'Folder for logs, secrets and workspaces [~/.openhands]',
  },
  workspaceBase: {
    schema: folder,
    option: 'workspace-base',
    env: 'WORKSPACE_BASE',
    toml: 'core.workspace_base',
    about: 'Folder that sessions work in; without it each has its own in the data folder',
  },
  sandbox: {
    schema: z.enum(['bubblewrap', 'local']),
    option: 'sandbox',
    env: 'RUNTIME',
    toml: 'core.runtime',
    about: 'bubblewrap, or local for no isolation at all [bubblewrap]',
  },
  model: {
    schema: z.string(),
    option: 'model',
    env: 'LLM_MODEL',
    toml: 'llm.model',
    about: 'Model, as in anthropic/claude-sonnet-4-5, openai/gpt-5, ollama/qwen3 or replay/FILE',
  },
  apiKey: { schema: secret, env: 'LLM_API_KEY', toml: 'llm.api_key', about: 'Key for the model’s provider' },
  baseUrl: {
    schema: z.url(),
    env: 'LLM_BASE_URL',
    toml: 'llm.base_url',
    about: 'Address of an OpenAI-compatible or self-hosted provider',
  },
  recordFolder: {
    schema: folder,
    env: 'LLM_RECORD',
    toml: 'llm.record',
    about: 'Folder to record every model answer in, for replay',
  },
  contextTokens: {
    schema: numeric(z.number().int().positive()),
    env: 'LLM_MAX_INPUT_TOKENS',
    toml: 'llm.max_input_tokens',
    about: 'Tokens that a prompt may have, where the model’s own number is not right',
  },
  maxOutputTokens: {
    schema: numeric(z.number().int().positive()),
    env: 'LLM_MAX_OUTPUT_TOKENS',
    toml: 'llm.max_output_tokens',
    about: 'Tokens that an answer may have',
  },
  inputCost: {
    schema: numeric(z.number().nonnegative()),
    env: 'LLM_INPUT_COST_PER_TOKEN',
    toml: 'llm.input_cost_per_token',
    about: 'US dollars per token of a prompt, where the model is not known',
  },
  outputCost: {
    schema: numeric(z.number().nonnegative()),
    env: 'LLM_OUTPUT_COST_PER_TOKEN',
    toml: 'llm.output_cost_per_token',
    about: 'US dollars per token of an answer',
  },
  temperature: {
    schema: numeric(z.number().min(0).max(2)),
    env: 'LLM_TEMPERATURE',
    toml: 'llm.temperature',
    about: 'Temperature; the provider’s own when absent',
  },
  topP: {
    schema: numeric(z.number().min(0).max(1)),
    env: 'LLM_TOP_P',
    toml: 'llm.top_p',
    about: 'Share of probability to draw from; the provider’s own when absent',
  },
  modelTimeout: {
    schema: numeric(z.number().positive()),
    env: 'LLM_TIMEOUT',
    toml: 'llm.timeout',
    about: 'Seconds to wait for the first byte of an answer [300]',
  },
  agent: {
    schema: z.string(),
    env: 'DEFAULT_AGENT',
    toml: 'core.default_agent',
    about: 'Agent for new sessions [CodeActAgent]',
  },
  maxIterations: {
    schema: numeric(z.number().int().positive()),
    option: 'max-iterations',
    env: 'MAX_ITERATIONS',
    toml: 'core.max_iterations',
    about: 'Steps before the agent asks whether to go on [100]',
  },
  maxBudget: {
    schema: numeric(z.number().positive()),
    option: 'max-budget',
    env: 'MAX_BUDGET_PER_TASK',
    toml: 'core.max_budget_per_task',
    about: 'US dollars before the agent asks whether to go on',
  },
  confirmation: {
    schema: z.enum(['never', 'risky', 'always']),
    option: 'confirmation',
    env: 'SECURITY_CONFIRMATION',
    toml: 'security.confirmation',
    about: 'Which actions wait for a yes: never, risky, always [risky]',
  },
  confirmationMode: {
    schema: flag,
    env: 'SECURITY_CONFIRMATION_MODE',
    toml: 'security.confirmation_mode',
    about: 'true: every action waits for a yes; false: none does',
  },
  analyzer: {
    schema: z.string(),
    env: 'SECURITY_SECURITY_ANALYZER',
    toml: 'security.security_analyzer',
    about: 'Judge of actions, or none [policy]',
  },
  commandTimeout: {
    schema: numeric(z.number().positive()),
    env: 'SANDBOX_TIMEOUT',
    toml: 'sandbox.timeout',
    about: 'Seconds that a command may take [120]',
  },
  durability: {
    schema: z.enum(['process', 'power']),
    option: 'durability',
    env: 'OPENHANDS_DURABILITY',
    toml: 'core.durability',
    about: 'What the log survives: the end of the process, or a power cut too [process]',
  },
  resume: {
    schema: flag,
    option: 'resume',
    env: 'OPENHANDS_RESUME',
    toml: 'core.resume',
    about: 'Whether runs that a dead server left go on by themselves [true]',
  },
  idleMinutes: {
    schema: numeric(z.number().positive()),
    env: 'OPENHANDS_IDLE_MINUTES',
    toml: 'core.idle_minutes',
    about: 'Minutes after which a resting session gives back memory and sandbox [30]',
  },
  token: {
    schema: z.string().min(MIN_TOKEN).pipe(secret),
    env: 'OPENHANDS_TOKEN',
    toml: 'core.token',
    about: 'Token of 16 characters or more that every client has to present',
  },
  tokenRequired: {
    schema: flag,
    option: 'token-required',
    env: 'OPENHANDS_TOKEN_REQUIRED',
    toml: 'core.token_required',
    about: 'Ask local clients for the token too [false]',
  },
  auth: {
    schema: flag,
    option: 'auth',
    env: 'OPENHANDS_AUTH',
    toml: 'core.auth',
    about: '--no-auth: ask nobody for a token; only on loopback [true]',
  },
  allowedHosts: {
    schema: z.string(),
    option: 'allowed-hosts',
    env: 'OPENHANDS_ALLOWED_HOSTS',
    toml: 'core.allowed_hosts',
    about: 'Further names, with port, that clients may use for this server, by comma',
  },
  logLevel: {
    schema: z.enum(['debug', 'info', 'warn', 'error']),
    option: 'log-level',
    env: 'LOG_LEVEL',
    toml: 'core.log_level',
    about: 'debug, info, warn or error [info]',
  },
} as const satisfies Record<string, Source>

type Values = { [K in keyof typeof settings]?: z.output<(typeof settings)[K]['schema']> }
type Defaulted = 'host' | 'port' | 'dataDir' | 'sandbox' | 'agent' | 'maxIterations' | 'confirmation' | 'commandTimeout'
type Switches = 'durability' | 'resume' | 'idleMinutes' | 'tokenRequired' | 'auth' | 'logLevel'

/** All settings, read once and frozen. */
export type Config = Readonly<Values & Required<Pick<Values, Defaulted | Switches>>>

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
  const config = Object.freeze({ ...defaults(), ...values, ...(confirmation ? { confirmation } : {}) })
  return { config, warnings, positionals, json: options.json === true, help: options.help === true }
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
    '',
    'Options and environment names (command line before environment before file):',
    ...lines,
    `  ${'--config, OPENHANDS_CONFIG'.padEnd(44)} File of settings [config.toml, if there is one]`,
    `  ${'--json'.padEnd(44)} run: print events as JSON lines`,
    '',
  ].join('\n')
}

function defaults(): Pick<Config, Defaulted | Switches | 'analyzer'> {
  return {
    host: '127.0.0.1',
    port: 3000,
    dataDir: join(homedir(), '.openhands'),
    sandbox: 'bubblewrap',
    agent: 'CodeActAgent',
    maxIterations: 100,
    confirmation: 'risky',
    analyzer: 'policy',
    commandTimeout: 120,
    durability: 'process',
    resume: true,
    idleMinutes: 30,
    tokenRequired: false,
    auth: true,
    logLevel: 'info',
  }
}

const switches = new Set(['resume', 'token-required', 'auth', 'json', 'help'])

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
