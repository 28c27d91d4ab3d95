import {
  type Action,
  type ActionArgs,
  type ActionOf,
  actionArgs,
  type Draft,
  MOST_PLAN_ITEMS,
  MOST_PLAN_TEXT,
  planStates,
} from '@openhands/protocol'
import * as z from 'zod'
import type { ToolSpec } from '../core/ports.ts'
import { promptText } from './prompt-text.ts'

/** A tool that the model may call, and the way from its calls to actions and back. */
export interface Tool {
  readonly spec: ToolSpec
  /** Makes an action of arguments, or says which of them is wrong. Total. */
  read(args: Readonly<Record<string, unknown>>): Understood
  /** The arguments that stand for an action; undefined where the action is not this tool's. */
  toCall(action: Action): Record<string, unknown> | undefined
}

export type Understood =
  | {
      readonly ok: true /** The words before the call go into the action where it has room for them. */
      act(thought: string): Draft<Action>
    }
  | { readonly ok: false; readonly fault: string }

/** Longest code, in characters, that is kept a second time in an editor action for pages that show it (wire B5). */
const SHOWN_CODE = 1_000
const keys = new Map([
  ['c-c', 'C-c'],
  ['c-d', 'C-d'],
  ['c-z', 'C-z'],
  ['ctrl+c', 'C-c'],
  ['ctrl+d', 'C-d'],
  ['ctrl+z', 'C-z'],
])

const flag = z.union([z.enum(['true', 'false']), z.boolean()], 'must be the text "true" or "false"')
const path = z.string().min(1, 'must not be empty').describe('The file or folder.')

const bashArgs = z.strictObject({
  command: z.string().describe('The command. May be empty to wait for more output of a running command.'),
  is_input: flag.optional().describe('"true" to type the command into the program that is running; default "false".'),
  timeout: z.number().positive().optional().describe('Seconds after which the command is ended.'),
})

const cellArgs = z.strictObject({
  code: z.string().describe('The code of the cell.'),
  timeout: z.number().positive().optional().describe('Seconds after which the cell is ended.'),
})

const editorArgs = z
  .strictObject({
    command: z.enum(['view', 'create', 'str_replace', 'insert', 'undo_edit']).describe('What to do.'),
    path,
    file_text: z.string().optional().describe('`create`: the whole text of the file.'),
    old_str: z.string().optional().describe('`str_replace`: the text to replace.'),
    new_str: z.string().optional().describe('`str_replace`: the text in its place. `insert`: the text to insert.'),
    insert_line: z.int().nonnegative().optional().describe('`insert`: the line after which the text goes.'),
    view_range: z.array(z.int()).length(2).optional().describe('`view`: the first and the last line to show.'),
  })
  .superRefine((args, context) => {
    for (const field of needed[args.command])
      if (args[field] === undefined)
        context.addIssue({ code: 'custom', path: [field], message: `is needed by the command ${args.command}` })
  })
type EditorArgs = z.output<typeof editorArgs>

const overLong = `is too long: at most ${MOST_PLAN_TEXT} characters`
const tooMany = `has too many steps: at most ${MOST_PLAN_ITEMS}; put small ones together`
const planItem = z.strictObject({
  text: z.string().trim().min(1, 'must not be empty').max(MOST_PLAN_TEXT, overLong).describe('What is to be done.'),
  state: z.enum(planStates).describe('How far it is.'),
})
const planArgs = z.strictObject({
  items: z.array(planItem).max(MOST_PLAN_ITEMS, tooMany).describe('All steps, in order; empty to drop the plan.'),
})

const needed = {
  view: [],
  create: ['file_text'],
  str_replace: ['old_str'],
  insert: ['insert_line', 'new_str'],
  undo_edit: [],
} as const satisfies Record<string, readonly string[]>

const tools: readonly Tool[] = [
  tool('execute_bash', bashArgs, {
    act: ({ command, is_input, timeout }, thought): Draft<ActionOf<'run'>> => {
      const key = keys.get(command.trim().toLowerCase())
      const isInput = is_input === true || is_input === 'true' || key !== undefined || command === ''
      const args = actionArgs.run.parse({ command: key ?? command, is_input: isInput, thought })
      return { action: 'run', source: 'agent', args, ...(timeout === undefined ? {} : { timeout }) }
    },
    toCall: action => {
      if (action.action !== 'run') return undefined
      const { command, is_input } = action.args
      const { timeout } = action
      return { command, ...(is_input ? { is_input: 'true' } : {}), ...(timeout === undefined ? {} : { timeout }) }
    },
  }),
  tool('finish', z.strictObject({ message: z.string().optional().describe('The summary for the user.') }), {
    act: ({ message }, thought): Draft<ActionOf<'finish'>> => {
      return { action: 'finish', source: 'agent', args: { outputs: {}, thought: message?.trim() ? message : thought } }
    },
    toCall: action => {
      if (action.action !== 'finish') return undefined
      return action.args.thought ? { message: action.args.thought } : {}
    },
  }),
  tool(
    'web_read',
    z.strictObject({ url: z.string().min(1, 'must not be empty').describe('The address of the page.') }),
    {
      act: ({ url }, thought): Draft<ActionOf<'browse'>> => {
        return { action: 'browse', source: 'agent', args: { url, thought } }
      },
      toCall: action => (action.action === 'browse' ? { url: action.args.url } : undefined),
    },
  ),
  tool('browser', z.strictObject({ code: z.string().min(1, 'must not be empty').describe('The calls, in order.') }), {
    act: ({ code }, thought): Draft<ActionOf<'browse_interactive'>> => {
      const args = actionArgs.browse_interactive.parse({ browser_actions: code, thought })
      return { action: 'browse_interactive', source: 'agent', args }
    },
    toCall: action => (action.action === 'browse_interactive' ? { code: action.args.browser_actions } : undefined),
  }),
  tool('execute_ipython_cell', cellArgs, {
    act: ({ code, timeout }, thought): Draft<ActionOf<'run_ipython'>> => {
      const args = actionArgs.run_ipython.parse({ code, thought })
      return { action: 'run_ipython', source: 'agent', args, ...(timeout === undefined ? {} : { timeout }) }
    },
    toCall: action => {
      if (action.action !== 'run_ipython') return undefined
      return { code: action.args.code, ...present({ timeout: action.timeout }) }
    },
  }),
  tool('str_replace_editor', editorArgs, { act: editorAction, toCall: editorCall }),
  tool('think', z.strictObject({ thought: z.string().describe('The thought.') }), {
    act: (args): Draft<ActionOf<'think'>> => ({ action: 'think', source: 'agent', args }),
    toCall: action => (action.action === 'think' ? { thought: action.args.thought } : undefined),
  }),
  tool('plan', planArgs, {
    act: (args): Draft<ActionOf<'plan'>> => ({ action: 'plan', source: 'agent', args }),
    toCall: action => (action.action === 'plan' ? { items: action.args.items } : undefined),
  }),
]

const byName: ReadonlyMap<string, Tool> = new Map(tools.map(one => [one.spec.name, one]))

/** What the model is told about the tools, in the order of wire A8.2. */
export const toolSpecs: readonly ToolSpec[] = tools.map(one => one.spec)

/** The tool of that name. */
export function findTool(name: string): Tool | undefined {
  return byName.get(name)
}

/** How an action is shown to a model: as the call that makes it, whichever tool or older version wrote it. */
export function callOf(action: Action): { readonly name: string; readonly args: Record<string, unknown> } {
  for (const one of tools) {
    const args = one.toCall(action)
    if (args) return { name: one.spec.name, args }
  }
  return { name: action.action, args: ownArgs(action.args) }
}

const notTheModels = new Set(['thought', 'confirmation_state', 'security_risk', 'security_reason', 'remembered'])

function ownArgs(args: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(args).filter(([name]) => !notTheModels.has(name)))
}

function editorAction(args: EditorArgs, thought: string): Draft<ActionOf<'read' | 'edit'>> {
  const { command, path, view_range } = args
  const given = Object.fromEntries(needed[command].map(field => [field, args[field]]))
  const replacement = command === 'str_replace' ? { new_str: args.new_str ?? '' } : {}
  const fields = command === 'view' ? present({ view_range }) : { ...given, ...replacement }
  const code = `print(file_editor(**${JSON.stringify({ command, path, ...fields })}))`
  const translated_ipython_code = code.length <= SHOWN_CODE ? code : ''
  const all = { path, thought, impl_source: 'oh_aci', translated_ipython_code, ...fields }
  return command === 'view'
    ? { action: 'read', source: 'agent', args: actionArgs.read.parse(all) }
    : { action: 'edit', source: 'agent', args: actionArgs.edit.parse({ ...all, command }) }
}

function editorCall(action: Action): Record<string, unknown> | undefined {
  if (action.action === 'read') {
    const { path, view_range } = action.args
    return { command: 'view', path, ...(view_range ? { view_range } : {}) }
  }
  if (action.action !== 'edit' || action.args.command === undefined) return undefined
  const { command, path, file_text, old_str, new_str, insert_line }: ActionArgs<'edit'> = action.args
  return present({ command, path, file_text, old_str, new_str, insert_line })
}

function present(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
}

interface Ways<T> {
  act(args: T, thought: string): Draft<Action>
  toCall(action: Action): Record<string, unknown> | undefined
}

function tool<S extends z.ZodType>(name: string, schema: S, { act, toCall }: Ways<z.output<S>>): Tool {
  return {
    spec: { name, description: promptText(name), parameters: parametersOf(schema) },
    read: args => {
      const parsed = schema.safeParse(args)
      return parsed.success
        ? { ok: true, act: thought => act(parsed.data, thought) }
        : { ok: false, fault: faultOf(parsed.error, args) }
    },
    toCall,
  }
}

/** The JSON Schema of arguments, in words that every provider knows. */
function parametersOf(schema: z.ZodType): Record<string, unknown> {
  const { $schema: _, ...parameters } = z.toJSONSchema(schema, {
    io: 'input',
    override: ({ zodSchema, jsonSchema }) => {
      if (jsonSchema.type === 'integer') {
        delete jsonSchema.minimum
        delete jsonSchema.maximum
      }
      delete jsonSchema.exclusiveMinimum
      if (zodSchema === flag) {
        delete jsonSchema.anyOf
        Object.assign(jsonSchema, { type: 'string', enum: ['true', 'false'] })
      }
    },
  })
  return parameters
}

/** Names every argument that is wrong, the first five at least, and says what would be right. */
function faultOf(error: z.ZodError, args: Readonly<Record<string, unknown>>): string {
  const faults = error.issues.flatMap(issue => {
    const { path } = issue
    const field = `\`${path.join('.')}\``
    if (issue.code === 'unrecognized_keys') {
      const where = path.length === 0 ? '' : ` in ${field}`
      return issue.keys.map(key => `there is no argument \`${key.slice(0, 100)}\`${where}`)
    }
    if (issue.code === 'invalid_type' && !isGiven(args, path)) return [`${field} is missing`]
    return [`${field} ${issue.message.replace(/^Invalid (?:input|option): /, 'is wrong: ')}`]
  })
  return `${faults.slice(0, 5).join('; ')}.`
}

function isGiven(args: unknown, path: readonly PropertyKey[]): boolean {
  const [field, ...rest] = path
  if (field === undefined) return args !== undefined
  const fields = new Map<PropertyKey, unknown>(typeof args === 'object' && args !== null ? Object.entries(args) : [])
  return isGiven(fields.get(String(field)), rest)
}
