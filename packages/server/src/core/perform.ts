import type { ActionOf, Draft, Observation, ObservationExtras, RunnableAction, SessionId } from '@openhands/protocol'
import { messageOf } from '../lib/errors.ts'
import { unreachable } from '../lib/never.ts'
import { attach } from './attachment.ts'
import {
  type Blobs,
  type CommandResult,
  type EditRequest,
  type Outcome,
  type PageView,
  type Runtime,
  RuntimeError,
} from './ports.ts'

/** Longer files are not repeated whole in an observation: no event is too big to be sent at once (P39). */
const MAX_CONTENT_CHARACTERS = 100_000

export interface PerformOptions {
  readonly session: SessionId
  readonly blobs: Blobs
  readonly signal: AbortSignal
  readonly defaultTimeoutMs: number
  readonly onOutput: (text: string) => void
}

/**
 * Carries one action out and says what came of it. Failures of the action, an interruption and the loss of the sandbox
 * are observations too: every action is answered. Throws only when the sandbox cannot be had at all.
 */
export async function perform(
  action: RunnableAction,
  runtime: Runtime,
  options: PerformOptions,
): Promise<Draft<Observation>> {
  try {
    return await carryOut(action, runtime, options)
  } catch (error) {
    if (options.signal.aborted)
      return errorOn(action, `Interrupted. ${messageOf(options.signal.reason)}`, 'interrupted')
    if (error instanceof RuntimeError && error.kind === 'lost') {
      const lost = `The sandbox ended while this action was under way; whether it took effect is not known.\n${error.message}`
      return errorOn(action, lost, 'STATUS$ERROR_RUNTIME_DISCONNECTED')
    }
    throw error
  }
}

/** The error observation that answers an action. */
export function errorOn(action: RunnableAction, content: string, error_id: string): Draft<Observation> {
  return { ...answering(action), observation: 'error', content, extras: { error_id } }
}

async function carryOut(action: RunnableAction, runtime: Runtime, o: PerformOptions): Promise<Draft<Observation>> {
  switch (action.action) {
    case 'run':
      return await run(action, runtime, o)
    case 'read':
      return await read(action, runtime, o)
    case 'write':
      return await write(action, runtime, o)
    case 'edit':
      return await edit(action, runtime, o)
    case 'run_ipython':
      return await runCell(action, runtime, o)
    case 'browse':
      return await browsed(action, await runtime.browser.open(action.args.url, o.signal), o)
    case 'browse_interactive':
      return await browsed(action, await runtime.browser.act(action.args.browser_actions, o.signal), o)
    case 'delegate': {
      const message = `Action ${action.action} is not supported in the current runtime.`
      return errorOn(action, message, 'AGENT_ERROR$BAD_ACTION')
    }
    default:
      return unreachable(action)
  }
}

function answering(action: RunnableAction): Pick<Observation, 'source' | 'cause' | 'tool_call_metadata'> {
  const { source, tool_call_metadata } = action
  return { source, cause: action.id, ...(tool_call_metadata ? { tool_call_metadata } : {}) }
}

async function run(action: ActionOf<'run'>, runtime: Runtime, o: PerformOptions): Promise<Draft<Observation>> {
  const { command, is_input, hidden } = action.args
  const timeoutMs = action.timeout === undefined ? o.defaultTimeoutMs : action.timeout * 1000
  const result = await runtime.run({ command, isInput: is_input, timeoutMs }, o.signal, o.onOutput)
  return {
    ...answering(action),
    observation: 'run',
    content: result.output,
    extras: runExtras(command, hidden, result),
    success: result.exitCode === 0,
  }
}

function runExtras(command: string, hidden: boolean, result: CommandResult): ObservationExtras<'run'> {
  const { exitCode: exit_code, directory: working_dir } = result
  const unknown = { pid: -1, username: null, hostname: null, py_interpreter_path: null, prefix: '', suffix: '' }
  const metadata = { exit_code, working_dir, ...unknown }
  const whole = result.whole && { whole_output: { ...result.whole } }
  return { command_id: -1, command, exit_code, hidden, interpreter_details: '', metadata, ...whole }
}

async function runCell(
  action: ActionOf<'run_ipython'>,
  runtime: Runtime,
  o: PerformOptions,
): Promise<Draft<Observation>> {
  const { code, kernel_init_code } = action.args
  const timeoutMs = action.timeout === undefined ? o.defaultTimeoutMs : action.timeout * 1000
  const cell = kernel_init_code === '' ? code : `${kernel_init_code}\n${code}`
  const outcome = await runtime.python.run(cell, timeoutMs, o.signal, o.onOutput)
  if (!outcome.ok) return errorOn(action, outcome.message, 'AGENT_ERROR$BAD_ACTION')
  const pictures = await Promise.all(
    outcome.images.map(({ bytes, mediaType }) => attach(o.blobs, o.session, bytes, mediaType)),
  )
  // Pages show a line of this form as a picture (wire A7.3), and know the last two (wire A3.4).
  const lines = pictures.map(({ inline, url }) => `![image](${inline || url})`)
  const extra = [
    `[Jupyter current working directory: ${outcome.directory}]`,
    `[Jupyter Python interpreter: ${outcome.interpreter}]`,
  ]
  const parts = [bounded(outcome.text.replace(/\n$/, '')), ...lines, ...(action.args.include_extra ? extra : [])]
  const content = parts.filter(part => part !== '').join('\n')
  return { ...answering(action), observation: 'run_ipython', content, extras: { code }, success: outcome.succeeded }
}

async function browsed(
  action: ActionOf<'browse' | 'browse_interactive'>,
  outcome: Outcome<{ page: PageView }>,
  o: PerformOptions,
): Promise<Draft<Observation>> {
  if (!outcome.ok) return errorOn(action, outcome.message, '')
  const { page } = outcome
  const picture = page.screenshot && (await attach(o.blobs, o.session, page.screenshot, 'image/jpeg'))
  const extras: ObservationExtras<'browse'> = {
    url: page.url,
    trigger_by_action: action.action,
    screenshot: picture?.inline ?? '',
    ...(picture ? { screenshot_url: picture.url } : {}),
    error: page.error !== '',
    open_pages_urls: [...page.tabs],
    active_page_index: page.activeTab,
    dom_object: {},
    axtree_object: {},
    extra_element_properties: {},
    last_browser_action: action.action === 'browse' ? `goto(${JSON.stringify(page.url)})` : action.args.browser_actions,
    last_browser_action_error: page.error,
    focused_element_bid: page.focused,
  }
  return { ...answering(action), observation: 'browse', content: bounded(pageText(action, page)), extras }
}

/** Whoever reads gets the text; whoever acts needs the ids more, so they come first. */
function pageText(action: ActionOf<'browse' | 'browse_interactive'>, page: PageView): string {
  const title = page.title === '' ? '' : `# ${page.title}`
  const notes = page.notes.map(note => `[${note}]`).join('\n')
  const reads = action.action === 'browse' || page.tree === ''
  const shown = reads ? page.text : `Elements, with the ids that actions take:\n${page.tree}\n\nText:\n${page.text}`
  return [title, notes, shown].filter(part => part !== '').join('\n\n')
}

async function read(action: ActionOf<'read'>, runtime: Runtime, o: PerformOptions): Promise<Draft<Observation>> {
  const { path, impl_source, view_range } = action.args
  const numbered = impl_source === 'oh_aci'
  const [start, end] = view_range ?? []
  const range = start === undefined || end === undefined ? undefined : ([start, end] as const)
  const outcome = numbered ? await runtime.view(path, range, o.signal) : await runtime.read(path, o.signal)
  if (!outcome.ok) return errorOn(action, outcome.message, '')
  const text = numbered ? outcome.text : linesOf(outcome.text, action.args.start, action.args.end)
  return { ...answering(action), observation: 'read', content: bounded(text), extras: { path, impl_source } }
}

/** The beginning and the end of a text that is too long, with what was left out between them said. */
function bounded(text: string): string {
  if (text.length <= MAX_CONTENT_CHARACTERS) return text
  const half = MAX_CONTENT_CHARACTERS / 2
  const note = `[${text.length - 2 * half} characters are left out here; read a part of the file to see them]`
  return `${text.slice(0, half)}\n${note}\n${text.slice(-half)}`.toWellFormed()
}

/** Lines from `start`, counted from 0, up to but not including `end`; -1 is the end of the file (wire A3.3). */
function linesOf(text: string, start: number, end: number): string {
  if (start === 0 && end === -1) return text
  const lines = text.split(/(?<=\n)/)
  return lines.slice(start, end === -1 ? undefined : end).join('')
}

async function write(action: ActionOf<'write'>, runtime: Runtime, o: PerformOptions): Promise<Draft<Observation>> {
  const { path, start, end } = action.args
  const text = await withLinesReplaced(action, runtime, o.signal)
  const outcome = text.ok ? await runtime.write(path, text.text, o.signal) : text
  if (!outcome.ok) return errorOn(action, outcome.message, '')
  const part = start === 0 && end === -1 ? '' : `Lines ${start} to ${end === -1 ? 'the end' : end} were replaced.`
  return { ...answering(action), observation: 'write', content: part, extras: { path } }
}

/** The file as it will be: all of it, or the old one with the lines from `start` up to `end` replaced. */
async function withLinesReplaced(
  action: ActionOf<'write'>,
  runtime: Runtime,
  signal: AbortSignal,
): Promise<Outcome<{ text: string }>> {
  const { path, content, start, end } = action.args
  if (start === 0 && end === -1) return { ok: true, text: content }
  const old = await runtime.read(path, signal)
  if (!old.ok) return old
  const lines = old.text.split(/(?<=\n)/)
  const after = end === -1 ? [] : lines.slice(end)
  const middle = content === '' || content.endsWith('\n') || after.length === 0 ? content : `${content}\n`
  return { ok: true, text: [...lines.slice(0, start), middle, ...after].join('') }
}

async function edit(action: ActionOf<'edit'>, runtime: Runtime, o: PerformOptions): Promise<Draft<Observation>> {
  const request = editRequest(action)
  if (!request.ok) return errorOn(action, request.message, 'AGENT_ERROR$BAD_ACTION')
  const outcome = await runtime.edit(request.edit, o.signal)
  if (!outcome.ok) return errorOn(action, outcome.message, '')
  const short = Math.max(outcome.before.length, outcome.after.length) <= MAX_CONTENT_CHARACTERS
  const extras = {
    path: action.args.path,
    prev_exist: outcome.existed,
    old_content: short ? outcome.before : '',
    new_content: short ? outcome.after : '',
    impl_source: action.args.impl_source,
    formatted_output_and_error: outcome.summary,
  }
  return { ...answering(action), observation: 'edit', content: outcome.summary, extras }
}

function editRequest(action: ActionOf<'edit'>): Outcome<{ edit: EditRequest }> {
  const { command, path, file_text, old_str, new_str, insert_line, content } = action.args
  const missing = (field: string): Outcome<never> => {
    return { ok: false, message: `The edit command ${command} needs the argument ${field}.` }
  }
  switch (command) {
    case undefined:
      if (action.args.start !== 1 || action.args.end !== -1)
        return { ok: false, message: 'To edit a part of a file, name the command str_replace or insert.' }
      return { ok: true, edit: { command: 'create', path, text: content } }
    case 'create':
      if (file_text === undefined) return missing('file_text')
      return { ok: true, edit: { command, path, text: file_text } }
    case 'str_replace':
      if (old_str === undefined) return missing('old_str')
      return { ok: true, edit: { command, path, oldText: old_str, newText: new_str ?? '' } }
    case 'insert':
      if (insert_line === undefined) return missing('insert_line')
      if (new_str === undefined) return missing('new_str')
      return { ok: true, edit: { command, path, line: insert_line, text: new_str } }
    case 'undo_edit':
      return { ok: true, edit: { command, path } }
    default:
      return unreachable(command)
  }
}
