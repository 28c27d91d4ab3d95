import * as z from 'zod'
import { type ActionArgs, type ActionName, actionArgs, isActionName, type RunnableName } from './action.ts'
import { isObservationName, type ObservationExtras, type ObservationName, observationExtras } from './observation.ts'

/** Position of an event in its session's log, dense from 0. It is also the cursor of a reader. */
export type EventId = number

export const EventSource = z.enum(['user', 'agent', 'environment'])
export type EventSource = z.infer<typeof EventSource>

/** A session's name: at least 122 random bits as lower-case hex or UUID text. Only parsing makes one. */
export const SessionId = z
  .string()
  .regex(
    /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/,
    'a session id is 32 hex digits or a UUID',
  )
  .brand<'SessionId'>()
export type SessionId = z.infer<typeof SessionId>

/** Which call of a model an event belongs to: enough to show any provider the same call again. */
export const ToolCallMetadata = z.looseObject({
  function_name: z.string(),
  tool_call_id: z.string(),
  total_calls_in_response: z.int().default(1),
  /** Names the answer that held the call: calls with the same id were made together. */
  model_response: z.looseObject({ id: z.string(), model: z.string() }).optional(),
  /** The arguments as the model wrote them; kept only where no action could be made of them. */
  arguments: z.string().optional(),
})
export type ToolCallMetadata = z.infer<typeof ToolCallMetadata>

/** What one answer of a model cost; `cost` is in US dollars and null when the price is not known. */
export const LlmMetrics = z.strictObject({
  model: z.string(),
  response_id: z.string(),
  cost: z.number().nullable(),
  prompt_tokens: z.int(),
  completion_tokens: z.int(),
  cache_read_tokens: z.int().default(0),
  cache_write_tokens: z.int().default(0),
})
export type LlmMetrics = z.infer<typeof LlmMetrics>

/** A model's reasoning, with whatever its provider wants to see again; shown only to the model that wrote it. */
export const Reasoning = z.strictObject({
  model: z.string(),
  text: z.string(),
  provider: z.record(z.string(), z.unknown()).optional(),
})
export type Reasoning = z.infer<typeof Reasoning>

/** The fields of the envelope as clients and older logs write them: each may be missing. */
export const envelopeShape = {
  id: z.int().nonnegative().optional(),
  timestamp: z.string().optional(),
  source: EventSource.optional(),
  message: z.string().optional(),
  cause: z.int().nonnegative().optional(),
  tool_call_metadata: ToolCallMetadata.optional(),
  llm_metrics: LlmMetrics.optional(),
  reasoning: z.array(Reasoning).optional(),
  seen: z.int().min(-1).optional(),
  timeout: z.number().positive().optional(),
  checkpoint: z.string().optional(),
  client_id: z.string().optional(),
}

/** What every event carries, whatever it is about. */
export interface Envelope {
  readonly id: EventId
  /** UTC, ISO 8601. */
  readonly timestamp: string
  readonly source: EventSource
  /** A sentence for the chat log: `describe(event)`. */
  readonly message: string
  /** The action that this event answers. */
  readonly cause?: EventId
  readonly tool_call_metadata?: ToolCallMetadata
  /** On the first event of a model's answer only. */
  readonly llm_metrics?: LlmMetrics
  readonly reasoning?: readonly Reasoning[]
  /** On what an agent's step wrote: the newest event that the model had been shown. */
  readonly seen?: EventId
  /** Seconds that carrying out this action may take. */
  readonly timeout?: number
  /** On an observation: the state of the workspace before the action that it answers. */
  readonly checkpoint?: string
  /** The name that a client gave to what it sent: sent again, it is taken once (P30). */
  readonly client_id?: string
}

export type ActionOf<N extends ActionName> = {
  [K in N]: Envelope & { readonly action: K; readonly args: ActionArgs<K> }
}[N]
export type ObservationOf<N extends ObservationName> = {
  [K in N]: Envelope & {
    readonly observation: K
    readonly content: string
    readonly extras: ObservationExtras<K>
    readonly success?: boolean
  }
}[N]
export type Action = ActionOf<ActionName>
export type Observation = ObservationOf<ObservationName>
/** One entry of a session's log: the same shape on the wire, on disk and in memory. */
export type Event = Action | Observation
export type RunnableAction = ActionOf<RunnableName>
/** An event before the log gave it an id, a time and a sentence. */
export type Draft<E extends Event = Event> = E extends Event ? Omit<E, 'id' | 'timestamp' | 'message'> : never

export function isAction(event: Event): event is Action {
  return 'action' in event
}

/** An event as a client or an older log wrote it: the envelope may be missing in part. */
export type LooseEvent = Draft & Partial<Pick<Envelope, 'id' | 'timestamp' | 'message'>>

const fields = z.record(z.string(), z.unknown())
const withExitCode = z.looseObject({ exit_code: z.unknown() })

/** Reads what older versions wrote: renamed arguments, and an exit code that had not yet moved into the metadata. */
function upgrade(record: Record<string, unknown>): Record<string, unknown> {
  const args = fields.safeParse(record.args)
  if (args.success) {
    const { images_urls, is_confirmed, ...rest } = args.data
    const renamed = {
      ...(images_urls === undefined ? {} : { image_urls: images_urls }),
      ...(is_confirmed === undefined ? {} : { confirmation_state: is_confirmed }),
    }
    return { ...record, args: { ...rest, ...renamed } }
  }
  const extras = fields.safeParse(record.extras)
  if (record.observation !== 'run' || !extras.success) return record
  const legacy = extras.data
  const given = withExitCode.safeParse(legacy.metadata)
  const exit_code = legacy.exit_code ?? (given.success ? given.data.exit_code : undefined) ?? -1
  const metadata = legacy.metadata ?? { exit_code, pid: legacy.command_id ?? -1 }
  return { ...record, extras: { ...legacy, exit_code, metadata }, success: exit_code === 0 }
}

/** Parses one event's JSON, filling defaults in. Throws a `ZodError` whose paths name the wrong fields. */
export function parseEvent(json: unknown): LooseEvent {
  const record = upgrade(fields.parse(json))
  if (isActionName(record.action)) return actionSchema(record.action).parse(record) as LooseEvent // this union's member
  if (isObservationName(record.observation)) return observationSchema(record.observation).parse(record) as LooseEvent // as above
  const path = 'observation' in record ? ['observation'] : ['action']
  throw new z.ZodError([{ code: 'custom', path, message: 'not a known name', input: record[path[0] ?? ''] }])
}

const actionSchema = madeOnce((action: ActionName) =>
  z.strictObject({ ...envelopeShape, action: z.literal(action), args: actionArgs[action] }),
)
const observationSchema = madeOnce((observation: ObservationName) =>
  z.strictObject({
    ...envelopeShape,
    observation: z.literal(observation),
    content: z.string().default(''),
    extras: observationExtras[observation],
    success: z.boolean().optional(),
  }),
)

/** Schemas are dear to make, and most processes meet few kinds of events. */
function madeOnce<N extends string>(make: (name: N) => z.ZodType): (name: N) => z.ZodType {
  const made = new Map<N, z.ZodType>()
  return name => {
    const schema = made.get(name) ?? make(name)
    made.set(name, schema)
    return schema
  }
}
