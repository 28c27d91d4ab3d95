import { randomUUID } from 'node:crypto'
import {
  type ActionArgs,
  type ActionName,
  actionArgs,
  type Draft,
  type Event,
  type EventId,
  nothing,
  SessionId,
} from '@openhands/protocol'
import { stamp } from '../core/event-stream.ts'

type Envelope = Partial<Omit<Event, 'id' | 'timestamp' | 'message'>>

/** A draft of an action, with the arguments' defaults filled in. */
export function action<N extends ActionName>(name: N, args: Partial<ActionArgs<N>>, envelope: Envelope = {}): Draft {
  const parsed = actionArgs[name].parse(args)
  return { source: 'agent', action: name, args: parsed, ...envelope } as unknown as Draft // parsed by the table's own schema
}

/** A draft of what a user says. */
export function userSays(content: string): Draft {
  return action('message', { content }, { source: 'user' })
}

/** A draft of a change of state that somebody asks for. */
export function becomes(agent_state: ActionArgs<'change_agent_state'>['agent_state'], envelope: Envelope = {}): Draft {
  return action('change_agent_state', { agent_state }, { source: 'user', ...envelope })
}

/** A draft of a `run` observation. */
export function ran(cause: EventId, content: string, exit_code = 0): Draft {
  const metadata = { exit_code, pid: -1, username: null, hostname: null, working_dir: '/workspace' }
  const nowhere = { py_interpreter_path: null, prefix: '', suffix: '' }
  const extras = { command_id: -1, command: '', exit_code, hidden: false, interpreter_details: '' }
  return {
    source: 'agent',
    observation: 'run',
    cause,
    content,
    extras: { ...extras, metadata: { ...metadata, ...nowhere } },
    success: exit_code === 0,
  }
}

/** What the model's first event of an answer carries. */
export function metrics(response_id: string): NonNullable<Event['llm_metrics']> {
  const tokens = { prompt_tokens: 10, completion_tokens: 5, cache_read_tokens: 0, cache_write_tokens: 0 }
  return { model: 'test/model', response_id, cost: 0.01, ...tokens }
}

/** A log made of drafts, announcements of the agent's state included, as the event stream would keep it. */
export function logOf(...drafts: readonly Draft[]): ReturnType<typeof stamp> {
  return stamp(nothing, drafts, '2026-01-01T00:00:00.000Z')
}

/** The drafts that begin every session: settings, the world is ready, the task. */
export const begun: readonly Draft[] = [
  action('initialize', {}, { source: 'user' }),
  becomes('init', { source: 'environment' }),
  userSays('do it'),
]

export function newSessionId(): SessionId {
  return SessionId.parse(randomUUID())
}
