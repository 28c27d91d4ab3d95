import { ConfigError, helpText, type ParsedConfig, readConfig } from './config.ts'
import type { Hooks } from './server.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** The command line: `serve` and `run`. Sets the exit code; resolves when everything has ended. */
export async function main(argv: readonly string[], env: Environment, hooks: Hooks = {}): Promise<void> {
  const [verb = 'serve', ...rest] = argv[0]?.startsWith('-') ? ['serve', ...argv] : argv
  try {
    const parsed = readConfig(rest, env)
    if (parsed.help || verb === 'help') process.stdout.write(helpText())
    else process.exitCode = await start(verb, parsed, hooks)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    process.stderr.write(`openhands: ${error.message}\n`)
    process.exitCode = 2
  }
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
    default:
      throw new ConfigError(`"${verb}" is not a command; use serve or run. See --help.`)
  }
}
