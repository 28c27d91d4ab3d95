import * as z from 'zod'
import { AgentState } from './action.ts'

/** What a command left behind, as 0.20 and later pages read it; unknown values are null. */
export const CommandMetadata = z.strictObject({
  exit_code: z.int().default(-1),
  pid: z.int().default(-1),
  username: z.string().nullable().default(null),
  hostname: z.string().nullable().default(null),
  working_dir: z.string().nullable().default(null),
  py_interpreter_path: z.string().nullable().default(null),
  prefix: z.string().default(''),
  suffix: z.string().default(''),
})
export type CommandMetadata = z.infer<typeof CommandMetadata>

/** An event, or only its pictures, that prompts hold no more. */
export const Quarantined = z.strictObject({ event: z.int().nonnegative(), what: z.enum(['pictures', 'all']) })
export type Quarantined = z.infer<typeof Quarantined>

/** The extras of every observation, by its name on the wire (0.13.1, 0.21.1 and the seed). */
export const observationExtras = {
  run: z.strictObject({
    command_id: z.int().default(-1),
    command: z.string(),
    exit_code: z.int(),
    hidden: z.boolean().default(false),
    interpreter_details: z.string().default(''),
    metadata: CommandMetadata,
    /** Where the whole output can be read as long as the sandbox keeps it, when some of it is left out in `content`. */
    whole_output: z.strictObject({ name: z.string(), bytes: z.int().nonnegative() }).optional(),
  }),
  run_ipython: z.strictObject({ code: z.string() }),
  browse: z.strictObject({
    url: z.string(),
    trigger_by_action: z.string().default('browse'),
    /** What a page shows at once: a small picture as a `data:` URL. */
    screenshot: z.string().default(''),
    /** Where the whole picture is, by HTTP. */
    screenshot_url: z.string().optional(),
    error: z.boolean().default(false),
    open_pages_urls: z.array(z.string()).default([]),
    active_page_index: z.int().default(-1),
    dom_object: z.record(z.string(), z.unknown()).default({}),
    axtree_object: z.record(z.string(), z.unknown()).default({}),
    extra_element_properties: z.record(z.string(), z.unknown()).default({}),
    last_browser_action: z.string().default(''),
    last_browser_action_error: z.string().default(''),
    focused_element_bid: z.string().default(''),
  }),
  read: z.strictObject({ path: z.string(), impl_source: z.string().default('default') }),
  write: z.strictObject({ path: z.string() }),
  edit: z.strictObject({
    path: z.string(),
    prev_exist: z.boolean(),
    old_content: z.string(),
    new_content: z.string(),
    impl_source: z.string().default('llm_based_edit'),
    formatted_output_and_error: z.string().default(''),
  }),
  delegate: z.strictObject({ outputs: z.record(z.string(), z.unknown()) }),
  success: z.strictObject({}),
  /**
   * `error_id` says which kind of failure, from a closed set per part; its headline is the page's affair. What is
   * `quarantined` the model is not shown any more, because its provider refuses it (P16).
   */
  error: z.strictObject({ error_id: z.string().default(''), quarantined: z.array(Quarantined).optional() }),
  agent_state_changed: z.strictObject({ agent_state: AgentState }),
  user_rejected: z.strictObject({}),
  /** The model is shown nothing older than `forget_before`, but the task; what it is shown has about `kept_size` characters. */
  condense: z.strictObject({ forget_before: z.int().optional(), kept_size: z.int().optional() }),
  chat: z.strictObject({}),
  null: z.strictObject({}),
} as const

export type ObservationName = keyof typeof observationExtras
export type ObservationExtras<N extends ObservationName> = Readonly<z.output<(typeof observationExtras)[N]>>

export const observationNames = Object.keys(observationExtras) as readonly ObservationName[] // the table's own keys
export function isObservationName(name: unknown): name is ObservationName {
  return typeof name === 'string' && Object.hasOwn(observationExtras, name)
}
