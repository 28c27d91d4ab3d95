import { ConfigError, helpText, type ParsedConfig, readConfig } from './config.ts'
import type { Hooks } from './engine.ts'
import { messageOf } from './lib/errors.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** The command line: `serve`, `run`, `doctor`, `secret` and `login`. Sets the exit code; resolves when everything has ended. */
export async function main(argv: readonly string[], env: Environment, hooks: Hooks = {}): Promise<void> {
  const [verb = 'serve', ...rest] = argv[0]?.startsWith('-') ? ['serve', ...argv] : argv
  try {
    const parsed = readConfig(rest, env)
    if (parsed.help || verb === 'help') process.stdout.write(helpText())
    else process.exitCode = await start(verb, parsed, hooks)
  } catch (error) {
    const known = exitCodeOf(error)
    if (known === undefined) throw error
    process.stderr.write(`openhands: ${messageOf(error)}\n`)
    process.exitCode = known
  }
}

/** The exit codes of failures that are no fault of ours; undefined for the rest, which deserve their stack trace. */
function exitCodeOf(error: unknown): number | undefined {
  if (error instanceof ConfigError) return 2
  if (!(error instanceof Error)) return undefined
  if (error.name === 'DataDirInUseError') return 75
  if (error.name === 'SecretStoreError') return 78
  return 'code' in error && error.code === 'EADDRINUSE' ? 98 : undefined
}

/** Each verb brings in only what it needs. */
async function start(verb: string, parsed: ParsedConfig, hooks: Hooks): Promise<number> {
  switch (verb) {
    case 'serve': {
      const { serve } = await import('./commands/serve.ts')
      return await serve(parsed, hooks)
    }
    case 'run': {
      const { run } = await import('./commands/run.ts')
      return await run(parsed, hooks)
    }
    case 'doctor': {
      const { doctor } = await import('./commands/doctor.ts')
      return await doctor(parsed)
    }
    case 'secret': {
      const { secret } = await import('./commands/secret.ts')
      return await secret(parsed)
    }
    case 'login': {
      const { login } = await import('./commands/login.ts')
      return await login(parsed)
    }
    default:
      throw new ConfigError(`"${verb}" is not a command; use serve, run, doctor, secret or login. See --help.`)
  }
}
