import * as z from 'zod'

/** Every state that an agent can be in; pages of OpenHands know no others (0.13.1 knows all but `rate_limited`). */
export const agentStates = [
  'loading',
  'init',
  'running',
  'awaiting_user_input',
  'paused',
  'stopped',
  'finished',
  'rejected',
  'error',
  'awaiting_user_confirmation',
  'user_confirmed',
  'user_rejected',
  'rate_limited',
] as const
export const AgentState = z.enum(agentStates)
export type AgentState = z.infer<typeof AgentState>

/** How much harm an action could do: -1 unknown, 0 low, 1 medium, 2 high. */
export const SecurityRisk = z.union([z.literal(-1), z.literal(0), z.literal(1), z.literal(2)])
export type SecurityRisk = z.infer<typeof SecurityRisk>

const thought = z.string().default('')
const confirmation = z.enum(['confirmed', 'rejected', 'awaiting_confirmation']).default('confirmed')
const judged = { security_risk: SecurityRisk.optional(), security_reason: z.string().optional() }
/** `remembered`: nobody was asked, because of what this approval, an event of the same session, said. */
const passed = { ...judged, remembered: z.int().nonnegative().optional() }
const wholeFile = { start: z.int().default(0), end: z.int().default(-1) }

/**
 * How far an approval reaches beyond its action, within its session. `exactly`: this very action again. `kind`: actions
 * of its kind that are judged no riskier.
 */
export const RememberScope = z.enum(['exactly', 'kind'], 'this is "exactly" or "kind"; leave it out to approve once')
export type RememberScope = z.infer<typeof RememberScope>

/** Settings of a session that its log keeps; a key never belongs here. */
export const SessionSettings = z.strictObject({
  model: z.string().optional(),
  base_url: z.string().optional(),
  agent_cls: z.string().optional(),
  directory: z.string().optional(),
  confirmation: z.enum(['never', 'risky', 'cautious', 'always']).optional(),
  security_analyzer: z.string().optional(),
  /** The rules of an analyzer that takes them from people; absent: its own. */
  security_policy: z.string().optional(),
  max_iterations: z.int().positive().optional(),
  max_budget: z.number().positive().optional(),
  language: z.string().optional(),
  /** `owner/name` on the code host that the session works on. */
  selected_repository: z.string().optional(),
})
export type SessionSettings = z.infer<typeof SessionSettings>

/** So many steps a plan may have, and so many characters each of them. */
export const MOST_PLAN_ITEMS = 50
export const MOST_PLAN_TEXT = 500
export const planStates = ['open', 'doing', 'done'] as const

/** One step of an agent's plan. */
export const PlanItem = z.strictObject({
  text: z.string().trim().min(1).max(MOST_PLAN_TEXT),
  state: z.enum(planStates),
})
export type PlanItem = Readonly<z.infer<typeof PlanItem>>

/**
 * The arguments of every action, by its name on the wire: those of OpenHands 0.13.1 and 0.21.1 and of the seed.
 * Optional fields that neither knows (`command` of `edit`, `view_range` of `read`, …) carry the editor tool.
 */
export const actionArgs = {
  initialize: SessionSettings,
  start: z.strictObject({ task: z.string().min(1) }),
  message: z.strictObject({
    content: z.string(),
    image_urls: z.array(z.string()).nullable().default(null),
    wait_for_response: z.boolean().default(false),
    ...judged,
  }),
  run: z.strictObject({
    command: z.string(),
    is_input: z.boolean().default(false),
    thought,
    blocking: z.boolean().default(false),
    keep_prompt: z.boolean().default(true),
    hidden: z.boolean().default(false),
    confirmation_state: confirmation,
    ...passed,
  }),
  run_ipython: z.strictObject({
    code: z.string(),
    thought,
    include_extra: z.boolean().default(true),
    confirmation_state: confirmation,
    ...passed,
    kernel_init_code: z.string().default(''),
  }),
  browse: z.strictObject({ url: z.string(), thought, confirmation_state: confirmation.optional(), ...passed }),
  browse_interactive: z.strictObject({
    browser_actions: z.string(),
    thought,
    browsergym_send_msg_to_user: z.string().default(''),
    confirmation_state: confirmation.optional(),
    ...passed,
  }),
  read: z.strictObject({
    path: z.string(),
    ...wholeFile,
    thought,
    impl_source: z.string().default('default'),
    translated_ipython_code: z.string().default(''),
    view_range: z.array(z.int()).length(2).optional(),
    confirmation_state: confirmation.optional(),
    ...passed,
  }),
  write: z.strictObject({
    path: z.string(),
    content: z.string(),
    ...wholeFile,
    thought,
    confirmation_state: confirmation.optional(),
    ...passed,
  }),
  edit: z.strictObject({
    path: z.string(),
    content: z.string().default(''),
    start: z.int().default(1),
    end: z.int().default(-1),
    thought,
    impl_source: z.string().default('llm_based_edit'),
    translated_ipython_code: z.string().default(''),
    command: z.enum(['create', 'str_replace', 'insert', 'undo_edit']).optional(),
    file_text: z.string().optional(),
    old_str: z.string().optional(),
    new_str: z.string().optional(),
    insert_line: z.int().optional(),
    confirmation_state: confirmation.optional(),
    ...passed,
  }),
  think: z.strictObject({ thought: z.string() }),
  /** The agent's whole plan as it is now, in the place of the one before; without items there is none any more. */
  plan: z.strictObject({ items: z.array(PlanItem).max(MOST_PLAN_ITEMS) }),
  finish: z.strictObject({ outputs: z.record(z.string(), z.unknown()).default({}), thought }),
  reject: z.strictObject({ outputs: z.record(z.string(), z.unknown()).default({}), thought }),
  delegate: z.strictObject({
    agent: z.string(),
    inputs: z.record(z.string(), z.unknown()),
    thought,
    confirmation_state: confirmation.optional(),
    ...passed,
  }),
  add_task: z.strictObject({
    parent: z.string(),
    goal: z.string(),
    subtasks: z.array(z.unknown()).default([]),
    thought,
  }),
  modify_task: z.strictObject({ task_id: z.union([z.string(), z.int()]), state: z.string(), thought }),
  change_agent_state: z
    .strictObject({ agent_state: AgentState, thought, remember: RememberScope.optional() })
    .refine(({ agent_state, remember }) => remember === undefined || agent_state === 'user_confirmed', {
      path: ['remember'],
      message: 'only an approval, "user_confirmed", can be remembered; leave it out',
    }),
  /** Gives the session another title than its task has. */
  rename: z.strictObject({ title: z.string().min(1).max(200) }),
  /** The workspace was brought back to a checkpoint; `before` is one of what was given up. Written once it is done. */
  restore: z.strictObject({ checkpoint: z.string(), label: z.string().default(''), before: z.string() }),
  /** What an approval let be remembered is asked about again, from the next action on; null: whatever is remembered. */
  forget: z.strictObject({
    approval: z.int('this is the id of an approval, or null for all').nonnegative().nullable(),
  }),
  /** Changes a message that waits for the model to read it; null takes it back. */
  amend: z.strictObject({ message: z.int().nonnegative(), content: z.string().min(1).nullable() }),
  summarize: z.strictObject({ summary: z.string() }),
  null: z.strictObject({}),
} as const

export type ActionName = keyof typeof actionArgs
export type ActionArgs<N extends ActionName> = Readonly<z.output<(typeof actionArgs)[N]>>

export const actionNames = Object.keys(actionArgs) as readonly ActionName[] // the keys of the table are its names
export function isActionName(name: unknown): name is ActionName {
  return typeof name === 'string' && Object.hasOwn(actionArgs, name)
}

/**
 * What carrying out an action does to the world. `none`: the action is complete when it is in the log. `pure`: it only
 * looks, so it may run again after a crash. `effectful`: it must never run twice without somebody being asked.
 */
export const actionEffects = {
  initialize: 'none',
  start: 'none',
  message: 'none',
  run: 'effectful',
  run_ipython: 'effectful',
  browse: 'pure',
  browse_interactive: 'effectful',
  read: 'pure',
  write: 'effectful',
  edit: 'effectful',
  think: 'none',
  plan: 'none',
  finish: 'none',
  reject: 'none',
  delegate: 'effectful',
  add_task: 'none',
  modify_task: 'none',
  change_agent_state: 'none',
  rename: 'none',
  restore: 'none',
  amend: 'none',
  forget: 'none',
  summarize: 'none',
  null: 'none',
} as const satisfies Record<ActionName, 'none' | 'pure' | 'effectful'>

/** The actions that a runtime carries out and that an observation answers. */
export type RunnableName = {
  [N in ActionName]: (typeof actionEffects)[N] extends 'none' ? never : N
}[ActionName]
