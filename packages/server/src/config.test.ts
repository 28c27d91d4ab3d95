import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { inspect } from 'node:util'
import { ConfigError, helpText, type ParsedConfig, readConfig } from './config.ts'
import { Secret } from './lib/secret.ts'
import { temporaryFolder } from './testing/server-process.ts'

const none = { OPENHANDS_CONFIG: '/dev/null' }

/** Settings from a file with this text, besides the command line and the environment. */
async function withFile(
  text: string,
  argv: readonly string[] = [],
  env: Record<string, string> = {},
): Promise<ParsedConfig> {
  await using folder = await temporaryFolder()
  const path = join(folder.path, 'config.toml')
  writeFileSync(path, text)
  return readConfig(['--config', path, ...argv], env)
}

function refusal(argv: readonly string[], env: Record<string, string> = {}): string {
  try {
    readConfig(argv, { ...none, ...env })
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error))
    assert.ok(!error.message.includes('\n'), 'one line')
    return error.message
  }
  return assert.fail(`${argv.join(' ')} was accepted`)
}

test('[wire A6.1] nothing said: the defaults, frozen, safe ones', () => {
  const { config, warnings, positionals, json, help } = readConfig([], none)
  assert.deepEqual(
    { ...config },
    {
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
      egress: 'none',
      checkpoints: true,
      requestsPerSecond: 100,
      drainSeconds: 10,
      serviceName: 'openhands',
      githubUrl: 'https://github.com',
      githubApiUrl: 'https://api.github.com',
      sandboxEnvironment: {},
      tokenRequired: false,
      auth: true,
      logLevel: 'info',
    },
  )
  assert.ok(Object.isFrozen(config))
  assert.deepEqual([warnings, positionals, json, help], [[], [], false, false])
})

test('[wire A6.1] command line before environment before file before default; empty is absent', async () => {
  const file =
    '[core]\nport = 1\nmax_iterations = 11\nhost = "::1"\n[llm]\nmodel = "a/file"\nbase_url = ""\napi_key = ""\n'
  const env = { PORT: '2', MAX_ITERATIONS: '22', LLM_MODEL: '  ', HOST: '' }
  const { config, warnings } = await withFile(file, ['--port', '3'], env)
  assert.equal(config.port, 3)
  assert.equal(config.maxIterations, 22)
  assert.equal(config.host, '::1')
  assert.equal(config.model, 'a/file')
  assert.equal(config.baseUrl, undefined)
  assert.equal(config.apiKey, undefined, 'an empty key in a file is no key')
  assert.equal(config.commandTimeout, 120)
  assert.deepEqual(warnings, [])
})

test('[wire A6] the environment names of OpenHands work as they are', () => {
  const { config } = readConfig([], {
    ...none,
    LLM_API_KEY: 'sk-1',
    LLM_MODEL: 'openai/gpt-5',
    LLM_BASE_URL: 'http://127.0.0.1:1/v1',
    WORKSPACE_BASE: '/tmp/x/../y',
    DEFAULT_AGENT: 'Other',
    MAX_ITERATIONS: ' 7 ',
    MAX_BUDGET_PER_TASK: '0.5',
    SANDBOX_TIMEOUT: '1.5',
    SECURITY_CONFIRMATION_MODE: 'True',
    RUNTIME: 'local',
  })
  assert.equal(config.apiKey?.reveal(), 'sk-1')
  assert.equal(config.workspaceBase, '/tmp/y')
  assert.deepEqual([config.agent, config.maxIterations, config.maxBudget], ['Other', 7, 0.5])
  assert.deepEqual([config.commandTimeout, config.confirmation, config.sandbox], [1.5, 'always', 'local'])
})

test('[wire D2.12] the [security] table counts, and lists are lists', async () => {
  const mode = await withFile('[security]\nconfirmation_mode = false\nsecurity_analyzer = "none"\n')
  assert.deepEqual([mode.config.confirmation, mode.config.analyzer], ['never', 'none'])
  const named = await withFile('[security]\nconfirmation_mode = false\nconfirmation = "always"\n')
  assert.equal(named.config.confirmation, 'always')
  const hosts = await withFile('[core]\nallowed_hosts = ["a.example", "b.example:8443"]\n')
  assert.equal(hosts.config.allowedHosts, 'a.example,b.example:8443')
})

test('a value that cannot be used is named, with what would be right', () => {
  const table: [string[], Record<string, string>, RegExp][] = [
    [['--port', 'abc'], {}, /^--port: .*number.*Port to listen on/],
    [['--port', ''], {}, /^--port: .*number/],
    [['--port=65536'], {}, /^--port: .*65535/],
    [['--port=1.5'], {}, /^--port: .*int/],
    [[], { PORT: 'x' }, /^PORT: /],
    [['--host='], {}, /^--host: /],
    [['--sandbox', 'podman'], {}, /^--sandbox: .*"bubblewrap"\|"docker"\|"local"/],
    [['--sandbox-memory', 'much'], {}, /^--sandbox-memory: Invalid size "much": expected one as in 512m or 4g/],
    [['--egress', 'all'], {}, /^--egress: .*"none"\|"list"\|"open"/],
    [[], { RUNTIME: 'remote' }, /^RUNTIME: .*"bubblewrap"\|"docker"\|"local"/],
    [[], { OPENHANDS_AUTH: 'perhaps' }, /^OPENHANDS_AUTH: .*true or false/],
    [[], { LLM_BASE_URL: 'no address' }, /^LLM_BASE_URL: Invalid URL\./],
    [[], { LLM_TEMPERATURE: '3' }, /^LLM_TEMPERATURE: .*2/],
    [[], { MAX_ITERATIONS: '0' }, /^MAX_ITERATIONS: /],
    [[], { OPENHANDS_TOKEN: 'guess-me' }, /^OPENHANDS_TOKEN: .*16/],
    [['--config', '/no/such/file.toml'], {}, /\/no\/such\/file\.toml.*--config/],
    [['--config', '/'], {}, /cannot be read.*--config/],
    [['--port'], {}, /--port.*argument missing/],
    [['--port', '-1'], {}, /--port.*See --help/],
    [['--auth=yes'], {}, /--auth.*does not take an argument/],
  ]
  for (const [argv, env, message] of table) assert.match(refusal(argv, env), message)
})

test('an unknown option is refused with the nearest name', () => {
  assert.match(refusal(['--prot', '1']), /'--prot'\. Did you mean --port\?$/)
  assert.match(refusal(['--PORT=1']), /Did you mean --port\?$/)
  assert.match(refusal(['--no-auht']), /Did you mean --no-auth\?$/)
  for (const option of ['--something-else', '--toString', '--__proto__=1', '-x', '--no-port'])
    assert.match(refusal([option]), /See --help\.$/, option)
})

test('what a file has too much is a warning with the nearest name; what it has wrong is an error with its place', async () => {
  const { config, warnings } = await withFile(
    'port = 1\n[core]\nworkspace_bsae = "x"\nrun_as_openhands = true\n[llm]\n[llm.draft]\nmodel = "x"\n[sandbox]\ntimeout = 5\n["__proto__"]\nx = 1\n',
  )
  assert.equal(config.commandTimeout, 5)
  assert.equal(config.port, 3000)
  const text = warnings.join('\n').replaceAll(/\S*config\.toml/g, 'FILE')
  assert.match(text, /FILE: "port" is not a table of settings and is ignored/)
  assert.match(text, /FILE: unknown setting core\.workspace_bsae is ignored; did you mean core\.workspace_base\?/)
  assert.match(text, /FILE: unknown setting core\.run_as_openhands is ignored$/m)
  assert.match(text, /FILE: unknown setting llm\.draft is ignored$/m)
  assert.ok(warnings.length <= 5)
  await assert.rejects(withFile('[core]\nport = "no"\n'), /core\.port in \S+config\.toml: .*number/)
  await assert.rejects(withFile('[core]\nport = true\n'), /core\.port in/)
  await assert.rejects(withFile('[core]\nport = []\n'), /core\.port in/)
  await assert.rejects(withFile('[core]\nhost = 5\n'), /core\.host in/)
  await assert.rejects(withFile('[core]\nport = 1\nport = 2\n'), (error: Error) => {
    assert.ok(error instanceof ConfigError)
    assert.match(error.message, /config\.toml, line 3: /)
    return true
  })
})

test('[S08] a token is long enough wherever it comes from', async () => {
  await assert.rejects(withFile('[core]\ntoken = "short"\n'), /core\.token in .*16/)
  const { config } = await withFile('[core]\ntoken = ""\n')
  assert.equal(config.token, undefined, 'an empty one is none: it does not open the door to everybody')
  assert.equal((await withFile('[core]\ntoken = "0123456789abcdef"\n')).config.token?.reveal(), '0123456789abcdef')
})

test('a config.toml that nobody named is read where the server starts, and need not be there', async () => {
  await using folder = await temporaryFolder()
  const before = process.cwd()
  process.chdir(folder.path)
  try {
    assert.equal(readConfig([], {}).config.port, 3000)
    assert.equal(readConfig([], { OPENHANDS_CONFIG: ' ' }).config.port, 3000)
    writeFileSync('config.toml', '[core]\nport = 4000\n')
    assert.equal(readConfig([], {}).config.port, 4000)
    writeFileSync('other.toml', '[core]\nport = 5000\n')
    assert.equal(readConfig([], { OPENHANDS_CONFIG: 'other.toml' }).config.port, 5000)
    assert.equal(readConfig(['--config', 'config.toml'], { OPENHANDS_CONFIG: 'other.toml' }).config.port, 4000)
    chmodSync('config.toml', 0)
    mkdirSync('sub/config.toml', { recursive: true })
    process.chdir('sub')
    assert.throws(() => readConfig([], {}), /cannot be read/, 'one that is there and cannot be read is not passed over')
  } finally {
    process.chdir(before)
  }
})

test('[S18] a secret never shows itself', () => {
  const { config } = readConfig([], { ...none, LLM_API_KEY: 'sk-canary', OPENHANDS_TOKEN: 'canary-0123456789' })
  const shown = [JSON.stringify(config), inspect(config, { depth: 9, showHidden: true }), `${config.apiKey}`]
  for (const text of [...shown, String(config.token), Object.values(config).join()]) assert.ok(!text.includes('canary'))
  assert.equal(new Secret('x').reveal(), 'x')
  assert.ok(!refusal([], { OPENHANDS_TOKEN: 'canary' }).includes('canary'))
})

test('the help text has a line for every option, with its environment name', () => {
  const help = helpText()
  const options =
    'host port data-dir workspace-base sandbox sandbox-image sandbox-memory sandbox-cpus egress egress-allow egress-credentials preview-port preview-origin checkpoints model max-iterations max-budget confirmation durability resume token-required auth allowed-hosts log-level config json'
  for (const option of options.split(' ')) {
    assert.match(help, new RegExp(`^  --${option}\\b.* \\S`, 'm'))
    const negatable = ['resume', 'token-required', 'auth', 'json'].includes(option)
    const given = negatable ? [`--${option}`] : [`--${option}`, 'x']
    const known = (argv: readonly string[]): boolean => {
      try {
        return readConfig(argv, none) !== undefined
      } catch (error) {
        return !String(error).includes('Unknown option')
      }
    }
    assert.ok(known(given), `--${option} is an option`)
  }
  const names =
    'HOST PORT OPENHANDS_DATA_DIR WORKSPACE_BASE RUNTIME LLM_MODEL LLM_API_KEY LLM_BASE_URL LLM_RECORD DEFAULT_AGENT MAX_ITERATIONS MAX_BUDGET_PER_TASK SECURITY_CONFIRMATION SECURITY_CONFIRMATION_MODE SECURITY_SECURITY_ANALYZER INVARIANT_URL INVARIANT_TIMEOUT SANDBOX_TIMEOUT OPENHANDS_TOKEN OPENHANDS_TOKEN_REQUIRED OPENHANDS_AUTH OPENHANDS_ALLOWED_HOSTS LOG_LEVEL OPENHANDS_CONFIG'
  for (const name of names.split(' ')) assert.match(help, new RegExp(`\\b${name}\\b`), name)
  assert.equal(readConfig(['--help'], none).help, true)
})

test('[wire A6.5] SANDBOX_ENV_ variables go to sandboxes under their own names, and PATH only where nothing is isolated', () => {
  const env = { PATH: '/bin', SANDBOX_ENV_TZ: 'UTC', LLM_API_KEY: 'k' }
  assert.deepEqual(readConfig([], env).config.sandboxEnvironment, { TZ: 'UTC' })
  assert.deepEqual(readConfig(['--sandbox', 'local'], env).config.sandboxEnvironment, { PATH: '/bin', TZ: 'UTC' })
})
