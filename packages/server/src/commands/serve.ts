import { flushCompileCache } from 'node:module'
import { constants } from 'node:os'
import type { ParsedConfig } from '../config.ts'
import type { Log } from '../core/ports.ts'
import type { Hooks } from '../engine.ts'
import { childController } from '../lib/signal.ts'
import { type Server, startServer } from '../server.ts'
import { createLog } from './log.ts'
import { loginLink } from './login.ts'

/** Runs the server until it is told to end. Resolves to the exit code. */
export async function serve({ config, warnings }: ParsedConfig, hooks: Hooks): Promise<number> {
  const log = createLog(config)
  for (const warning of warnings) log.warn(warning)
  const signals = watchSignals()
  const server = await startServer(config, log, hooks)
  const isolation = config.sandbox === 'local' ? 'NO ISOLATION: commands run as you, on this machine' : config.sandbox
  const say = (line: string): void => void process.stdout.write(`${line}\n`)
  say(`OpenHands listens at ${server.url} (sandbox: ${isolation})`)
  if (server.asksForToken !== 'none') {
    const who = server.asksForToken === 'all' ? 'Clients' : 'Clients from elsewhere'
    say(`${who} need the token in ${config.dataDir}/token`)
    say('The token crosses the network in clear unless a proxy adds TLS.')
  }
  if (server.loginCode !== undefined)
    say(`Within a minute, once: ${loginLink(server.url, server.loginCode)} (later: openhands login)`)
  if (!config.model && !config.apiKey && !config.baseUrl)
    say('No model is configured: a recorded demonstration answers. Set LLM_MODEL and LLM_API_KEY to use a real one.')
  flushCompileCache() // a server may never end by itself, and the next start wants it
  if (server.recovered > 0) log.info('sessions go on after a restart', { sessions: server.recovered })
  await signals.first
  await drain(server, config.drainSeconds, signals.second)
  await close(server, log)
  return 0
}

/** What closing may take, in milliseconds, and what may still go on after it: all that was kept is on disk long before. */
const CLOSING_MS = 15_000
const AFTERGLOW_MS = 1000

/** Closes the server; the process ends soon after, whatever a part of it is still waiting for. */
async function close(server: Server, log: Log): Promise<void> {
  const late = setTimeout(() => {
    log.error('the server did not close in time; the next start ends what is left', { ms: CLOSING_MS })
    process.exit(1)
  }, CLOSING_MS)
  await server[Symbol.asyncDispose]()
  clearTimeout(late)
  setTimeout(() => process.exit(), AFTERGLOW_MS).unref()
}

/** Lets what is under way end: until the time is up, or until somebody does not want to wait. */
async function drain(server: Server, seconds: number, impatient: AbortSignal): Promise<void> {
  const { controller, release } = childController(impatient)
  const timer = setTimeout(() => controller.abort(new Error('time is up')), seconds * 1000)
  try {
    await server.drain(controller.signal)
  } finally {
    clearTimeout(timer)
    release()
  }
}

/** The first signal asks for an orderly end, the second one for an end at once, the third ends the process the hard way. */
function watchSignals(): { readonly first: Promise<void>; readonly second: AbortSignal } {
  const { promise: first, resolve } = Promise.withResolvers<void>()
  const second = new AbortController()
  let count = 0
  const onSignal = (signal: NodeJS.Signals): void => {
    count++
    resolve()
    if (count === 2) second.abort(new Error(`a second signal: ${signal}`))
    if (count > 2) process.exit(128 + constants.signals[signal])
  }
  process.on('SIGINT', onSignal)
  process.on('SIGTERM', onSignal)
  return { first, second: second.signal }
}
