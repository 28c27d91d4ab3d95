import { randomUUID } from 'node:crypto'
import { type Conversation, type DeltaFrame, type ErrorFrame, SessionId, type StatusFrame } from '@openhands/protocol'
import { ConfigError, type ParsedConfig } from '../config.ts'
import type { Connection, Kept } from '../core/ports.ts'
import type { Session } from '../core/session.ts'
import { type Hooks, startEngine } from '../engine.ts'
import { messageOf } from '../lib/errors.ts'
import { createLog } from './log.ts'
import { Narrator } from './narrator.ts'

/** How a run can end, and the exit code that says so; only `finished` is 0 (P49). */
export const endings = {
  finished: 0,
  internal: 1,
  max_iterations: 3,
  max_budget: 4,
  stuck: 5,
  approval_needed: 6,
  model: 7,
  sandbox: 8,
  rejected: 9,
  input_needed: 10,
  stopped: 130,
} as const
export type Ending = keyof typeof endings

/** Does one task without a server's door, and tells on the terminal what happens. Resolves to the exit code. */
export async function run({ config, positionals, json, warnings }: ParsedConfig, hooks: Hooks): Promise<number> {
  const [task, ...more] = positionals
  if (!task || more.length > 0) throw new ConfigError('run needs one task in quotes: openhands run "write a script"')
  const log = createLog({ ...config, logLevel: config.logLevel === 'info' ? 'warn' : config.logLevel })
  for (const warning of warnings) log.warn(warning)
  await using engine = await startEngine(config, log, hooks)
  const id = SessionId.parse(randomUUID())
  const session = await engine.manager.open(id)
  const ending = await follow(session, task, json)
  const summary = { ending, exit_code: endings[ending], session: id, cost: session.stream.state.usage.cost }
  process.stdout.write(json ? `${JSON.stringify(summary)}\n` : `\n${ending} (session ${id})\n`)
  return endings[ending]
}

/** Starts the task and prints events until the session has come to rest. */
async function follow(session: Session, task: string, json: boolean): Promise<Ending> {
  const over = new AbortController()
  const narrator = new Narrator(json, process.stdout.isTTY === true)
  const { promise, resolve } = Promise.withResolvers<Ending>()
  const onSignal = (): void => {
    const args = { agent_state: 'stopped', thought: '' } as const
    session
      .dispatch({ kind: 'act', draft: { action: 'change_agent_state', source: 'user', args } })
      .catch(error => process.stderr.write(`openhands: ${messageOf(error)}\n`))
  }
  process.once('SIGINT', onSignal)
  process.once('SIGTERM', onSignal)
  const terminal: Connection = {
    wantsDeltas: false,
    sendEvent(kept: Kept) {
      narrator.event(kept)
      const ending = endingOf(session.stream.state)
      if (ending && kept.id === session.stream.state.next - 1) resolve(ending)
    },
    sendFrame: (frame: ErrorFrame | StatusFrame | DeltaFrame) => narrator.frame(frame),
    room: () => Promise.resolve(),
    ready: () => Promise.resolve(),
    close: () => resolve('internal'),
  }
  const attached = session.attach(terminal, 0, over.signal)
  const refused = await session.dispatch({ kind: 'start', task })
  if (refused) throw new ConfigError(refused.message)
  try {
    return await Promise.race([promise, attached.then(() => 'internal' as const)])
  } catch (error) {
    process.stderr.write(`openhands: ${messageOf(error)}\n`)
    return 'internal'
  } finally {
    over.abort()
    process.off('SIGINT', onSignal)
    process.off('SIGTERM', onSignal)
  }
}

/** How a session that has come to rest has ended; undefined while it works. */
export function endingOf(state: Conversation): Ending | undefined {
  switch (state.agentState) {
    case 'finished':
    case 'rejected':
    case 'stopped':
      return state.agentState
    case 'awaiting_user_input':
      return 'input_needed'
    case 'awaiting_user_confirmation':
      return 'approval_needed'
    case 'paused':
    case 'error':
      return troubleOf(state.trouble ?? '')
    default:
      return undefined
  }
}

function troubleOf(code: string): Ending {
  if (code === 'max_iterations' || code === 'max_budget' || code === 'stuck') return code
  if (code.startsWith('llm_') || code.startsWith('STATUS$ERROR_LLM') || code === 'context_overflow') return 'model'
  return code === 'STATUS$ERROR_RUNTIME_DISCONNECTED' ? 'sandbox' : 'internal'
}
