import { flushCompileCache } from 'node:module'
import type { ParsedConfig } from '../config.ts'
import type { Hooks } from '../engine.ts'
import { startServer } from '../server.ts'
import { createLog } from './log.ts'

/** Runs the server until it is told to end. Resolves to the exit code. */
export async function serve({ config, warnings }: ParsedConfig, hooks: Hooks): Promise<number> {
  const log = createLog(config.logLevel)
  for (const warning of warnings) log.warn(warning)
  const ended = signalled()
  const server = await startServer(config, log, hooks)
  const isolation = config.sandbox === 'local' ? 'NO ISOLATION: commands run as you, on this machine' : config.sandbox
  const say = (line: string): void => void process.stdout.write(`${line}\n`)
  say(`OpenHands listens at ${server.url} (sandbox: ${isolation})`)
  if (server.token !== undefined) {
    say(`Clients need the token in ${config.dataDir}/token`)
    say('The token crosses the network in clear unless a proxy adds TLS.')
  }
  if (!config.model && !config.apiKey && !config.baseUrl)
    say('No model is configured: a recorded demonstration answers. Set LLM_MODEL and LLM_API_KEY to use a real one.')
  flushCompileCache() // a server may never end by itself, and the next start wants it
  if (server.recovered > 0) log.info('sessions go on after a restart', { sessions: server.recovered })
  await ended
  await server[Symbol.asyncDispose]()
  return 0
}

/** Resolves at the first SIGINT or SIGTERM; the next one ends the process the hard way. */
export function signalled(): Promise<NodeJS.Signals> {
  return new Promise(resolve => {
    process.once('SIGINT', resolve)
    process.once('SIGTERM', resolve)
  })
}
