import * as z from 'zod'
import { type ActionName, actionArgs, actionNames, isActionName, type SessionSettings } from './action.ts'
import type { Action, Draft, Event, EventId } from './event.ts'
import { nearest } from './nearest.ts'

/** What a client wants, once its frame has been understood. */
export type ClientFrame =
  | { readonly kind: 'initialize'; readonly settings: SessionSettings; readonly apiKey?: string }
  | { readonly kind: 'start'; readonly task: string; readonly clientId?: string }
  | { readonly kind: 'act'; readonly draft: Draft<Action> }
  | { readonly kind: 'retry_now' }

/** Why a frame was not understood or not obeyed; the connection and the session live on. */
export interface ErrorFrame {
  readonly error: true
  /** From a closed set, for programs. */
  readonly code: ErrorCode
  /** Where in the frame the fault lies: `args.task`. */
  readonly field?: string
  /** For people: what is wrong and what to do about it. */
  readonly message: string
  /** The name that the client gave to the frame that is refused; absent where it gave none that could be read. */
  readonly client_id?: string
}
export type ErrorCode =
  | 'invalid_json'
  | 'invalid_frame'
  | 'frame_too_large'
  | 'binary_frame'
  | 'cursor_ahead'
  | 'directory_refused'
  | 'images_refused'
  | 'no_effect'
  | 'not_accepted'
  | 'shutting_down'
  | 'internal'

/** Names the session to a client that shook hands: the token opens this session and no other (wire A1.2). */
export interface TokenFrame {
  readonly token: string
  readonly status: 'ok'
}

/** Progress and troubles that are not part of the log (wire A3.5). */
export interface StatusFrame {
  readonly status_update: true
  readonly type: 'info' | 'error'
  readonly id: string
  readonly message: string
}

/** Live text that the log does not keep: a model's words or a command's output while they come. */
export interface DeltaFrame {
  readonly delta: {
    readonly of: 'text' | 'reasoning' | 'output'
    /** For words: the newest event that the model has seen. For output: the action that it comes from. */
    readonly cause: EventId
    readonly text: string
    /** True where what came before for this `of` and `cause` is void: the model starts its answer anew. */
    readonly restart?: true
  }
}

export type TransientFrame = StatusFrame | DeltaFrame
export type ServerFrame = Event | TokenFrame | ErrorFrame | TransientFrame

export type Parsed =
  | { readonly ok: true; readonly frame: ClientFrame }
  | { readonly ok: false; readonly error: ErrorFrame }

/** Understands one frame of a client, or says which field is wrong and what would be right. Never throws. */
export function parseClientFrame(json: unknown): Parsed {
  const shape = frameShape.safeParse(json)
  if (!shape.success) return refusal(shape.error)
  const parsed = parseShaped(shape.data)
  const { client_id } = shape.data
  return parsed.ok ? parsed : { ok: false, error: { ...parsed.error, ...present({ client_id }) } }
}

/** The name that a client gave to what it sent. */
export function clientIdOf(frame: ClientFrame): string | undefined {
  if (frame.kind === 'start') return frame.clientId
  return frame.kind === 'act' ? frame.draft.client_id : undefined
}

function parseShaped({ action, args, timeout, client_id, cause }: z.infer<typeof frameShape>): Parsed {
  if (action === 'retry_now') return { ok: true, frame: { kind: 'retry_now' } }
  if (!isActionName(action)) return refuse('action', `"${shortened(action)}" is not an action; ${remedyFor(action)}`)
  if (notForClients.has(action)) return refuse('action', `"${action}" is not for clients to send.`)
  if (action === 'initialize') {
    const parsed = initializeArgs.safeParse(args)
    return parsed.success ? { ok: true, frame: parsed.data } : refusal(parsed.error, 'args')
  }
  const { timestamp: _, images_urls, is_confirmed, ...rest } = args
  const renamed = {
    ...rest,
    ...(images_urls === undefined ? {} : { image_urls: images_urls }),
    ...(is_confirmed === undefined ? {} : { confirmation_state: is_confirmed }),
  }
  const parsed = actionArgs[action].safeParse(renamed)
  if (!parsed.success) return refusal(parsed.error, 'args')
  if (action === 'start') {
    const { task } = actionArgs.start.parse(parsed.data)
    return { ok: true, frame: { kind: 'start', task, ...present({ clientId: client_id }) } }
  }
  if ('remember' in parsed.data && parsed.data.remember !== undefined && cause === undefined)
    return refuse('cause', 'cause: an approval that is to be remembered names the action that it is for.')
  const answered = action === 'change_agent_state' ? { cause } : {}
  const draft = { action, args: parsed.data, source: 'user', ...present({ timeout, client_id, ...answered }) }
  return { ok: true, frame: { kind: 'act', draft: draft as Draft<Action> } } // the schema of this very action made the args
}

/** Actions of the log that no client may send. */
export const notForClients: ReadonlySet<ActionName> = new Set<ActionName>(['null', 'summarize', 'restore', 'plan'])

/** What every frame of a client has. */
export const frameShape = z.looseObject({
  action: z.string('a frame needs the name of an action, as in {"action":"message","args":{"content":"…"}}'),
  args: z.record(z.string(), z.unknown(), 'args is an object').default({}),
  timeout: z.number('timeout is a number of seconds').positive().optional(),
  /** A name that the client makes up for what it sends: sent again after a lost connection, it is taken once. */
  client_id: z.string('client_id is a text of 1 to 100 characters').min(1).max(100).optional(),
  /** With a yes or no: the id of the action that it is for. It then counts for no other that waits meanwhile (S33). */
  cause: z.int('cause is the id of an event').min(0).optional(),
})

const text = z
  .string()
  .transform(value => value.trim() || undefined)
  .optional()

/** Both spellings of `initialize`: the seed's lower-case names and the upper-case ones of 0.13.1. Empty text counts as absent. */
export const initializeArgs = z
  .object({
    model: text,
    directory: text,
    agent_cls: text,
    LLM_MODEL: text,
    LLM_API_KEY: text,
    LLM_BASE_URL: text,
    AGENT: text,
    LANGUAGE: text,
    CONFIRMATION_MODE: z.boolean().optional(),
    SECURITY_ANALYZER: text,
    MAX_ITERATIONS: z.int().positive().optional(),
    confirmation: z.enum(['never', 'risky', 'cautious', 'always']).optional(),
    max_budget: z.number().positive().optional(),
  })
  .transform((args): ClientFrame => {
    const settings: SessionSettings = present({
      model: args.model ?? args.LLM_MODEL,
      base_url: args.LLM_BASE_URL,
      agent_cls: args.agent_cls ?? args.AGENT,
      directory: args.directory,
      language: args.LANGUAGE,
      security_analyzer: args.SECURITY_ANALYZER,
      max_iterations: args.MAX_ITERATIONS,
      max_budget: args.max_budget,
      confirmation: args.confirmation ?? confirmationOf(args.CONFIRMATION_MODE, args.SECURITY_ANALYZER),
    })
    return { kind: 'initialize', settings, ...present({ apiKey: args.LLM_API_KEY }) }
  })

/** The page's switch: with an analyzer actions of medium risk and more are asked about, without one every action is (wire A8.8). */
function confirmationOf(mode: boolean | undefined, analyzer: string | undefined): SessionSettings['confirmation'] {
  if (mode === undefined) return undefined
  if (!mode) return 'never'
  return analyzer ? 'cautious' : 'always'
}

type Present<T> = { [K in keyof T]?: Exclude<T[K], undefined> }

function present<T extends object>(fields: T): Present<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Present<T> // absent ones are gone
}

function refuse(field: string, message: string): Parsed {
  return { ok: false, error: { error: true, code: 'invalid_frame', field, message } }
}

function refusal(error: z.ZodError, inside?: string): Parsed {
  const issue = error.issues[0]
  const unknown = issue?.code === 'unrecognized_keys' ? issue.keys[0] : undefined
  const path = [...(inside ? [inside] : []), ...(issue?.path ?? []), ...(unknown ? [unknown] : [])].map(String)
  const what = unknown ? 'this action has no such argument; leave it out' : (issue?.message ?? 'not a frame')
  const field = shortened(path.join('.') || 'frame')
  return refuse(field, `${field}: ${what}`)
}

/** What a client wrote is repeated to it, but not at any length. */
function shortened(text: string): string {
  return text.length > 100 ? `${text.slice(0, 100).toWellFormed()}…` : text
}

function remedyFor(name: string): string {
  const near = nearest(name, actionNames)
  const offered = [...actionNames.filter(known => !notForClients.has(known)), 'retry_now'].join(', ')
  return near ? `did you mean "${near}"?` : `use one of ${offered}.`
}
