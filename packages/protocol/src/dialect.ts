import type { ActionName } from './action.ts'
import type { LooseEvent } from './event.ts'

/** A version of the OpenHands wire; `memory` is the form that two events are compared in (wire part C). */
export type Dialect = '0.13.1' | '0.20.0' | '0.21.1' | 'memory'

/** What no version of the original knows, of any action. */
const ours = ['security_reason', 'remembered', 'remember']
const unconfirmed = ['confirmation_state', ...ours]
const editorFields = ['command', 'file_text', 'old_str', 'new_str', 'insert_line', ...unconfirmed]
const since020 = ['impl_source', 'translated_ipython_code']

/** Arguments that a dialect's pages do not know, by action. */
const droppedArgs: Record<Dialect, Partial<Record<ActionName, readonly string[]>>> = {
  '0.13.1': {
    run: ['is_input', ...ours],
    read: [...since020, 'view_range', ...unconfirmed],
    edit: [...since020, ...editorFields],
  },
  '0.20.0': {
    run: ['keep_prompt', 'is_input', ...ours],
    read: ['view_range', ...unconfirmed],
    edit: editorFields,
  },
  '0.21.1': { run: ['keep_prompt', ...ours], read: ['view_range', ...unconfirmed], edit: editorFields },
  memory: {
    run: ['blocking', 'keep_prompt', 'confirmation_state', 'is_input', ...ours],
    run_ipython: unconfirmed,
  },
}
const since020Extras = {
  run: ['command_id', 'exit_code', 'interpreter_details', 'whole_output'],
  browse: ['screenshot_url'],
  condense: ['forget_before', 'kept_size'],
  error: ['quarantined'],
}
const droppedExtras: Record<Dialect, Partial<Record<string, readonly string[]>>> = {
  '0.13.1': {
    run: ['metadata', 'whole_output'],
    browse: ['trigger_by_action', 'screenshot_url'],
    read: ['impl_source'],
    edit: ['impl_source', 'formatted_output_and_error'],
    condense: ['forget_before', 'kept_size'],
    error: ['quarantined'],
  },
  '0.20.0': since020Extras,
  '0.21.1': since020Extras,
  memory: { run: ['metadata', 'whole_output'], error: ['quarantined'] },
}

/** The JSON of an event as one version of the original serialises it: its fields, in its order, absent ones left out. */
export function encode(event: LooseEvent, dialect: Dialect): Record<string, unknown> {
  const remembered = dialect === 'memory'
  const head = remembered
    ? { source: event.source }
    : {
        id: event.id,
        timestamp: event.timestamp,
        source: event.source,
        message: sentence(event, dialect),
        cause: event.cause,
      }
  const tool_call_metadata = remembered ? undefined : event.tool_call_metadata
  if ('action' in event) {
    const dropped = droppedArgs[dialect][event.action] ?? unconfirmedUnless(event.action)
    const body = {
      action: event.action,
      tool_call_metadata,
      args: without(event.args, dropped),
      timeout: event.timeout,
    }
    return withoutAbsent({ ...head, ...body })
  }
  const extras = without(inOrder(event), droppedExtras[dialect][event.observation] ?? [])
  const judged = event.observation === 'run' || event.observation === 'run_ipython'
  const success = judged && (dialect === '0.20.0' || dialect === '0.21.1') ? (event.success ?? true) : undefined
  return withoutAbsent({
    ...head,
    observation: event.observation,
    tool_call_metadata,
    content: event.content,
    extras,
    success,
  })
}

/** The extras of a run in an order that is right for every version, which differ in where the metadata stands. */
function inOrder(event: Extract<LooseEvent, { observation: unknown }>): object {
  if (event.observation !== 'run') return event.extras
  const { hidden, interpreter_details, ...first } = event.extras
  return { ...first, hidden, interpreter_details }
}

function unconfirmedUnless(action: ActionName): readonly string[] {
  return action === 'run' || action === 'run_ipython' ? ours : unconfirmed
}

function sentence(event: LooseEvent, dialect: Dialect): string | undefined {
  return dialect === '0.13.1' && 'action' in event && event.action === 'browse'
    ? `Browsing URL: ${event.args.url}`
    : event.message
}

function without(fields: object, dropped: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).filter(([name, value]) => value !== undefined && !dropped.includes(name)),
  )
}

function withoutAbsent(fields: Record<string, unknown>): Record<string, unknown> {
  return without(fields, [])
}
