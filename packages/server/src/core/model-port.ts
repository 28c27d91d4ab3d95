import type { LlmMetrics, Reasoning, SessionId } from '@openhands/protocol'
import type { Hurry } from './hurry.ts'

export type UserPart =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'image' /** A `data:` URL. */; readonly url: string }
export interface ToolCall {
  readonly id: string
  readonly name: string
  /** The arguments as JSON text, exactly as the model wrote them; perhaps not valid. */
  readonly arguments: string
}
export interface ToolResult {
  readonly callId: string
  readonly name: string
  readonly output: string
  readonly isError: boolean
}
/** One message of a prompt, in no provider's dialect. Every tool call is answered in the very next message. */
export type ModelMessage =
  | { readonly role: 'system'; readonly text: string }
  | { readonly role: 'user'; readonly parts: readonly UserPart[] }
  | {
      readonly role: 'assistant'
      readonly text: string
      readonly reasoning: readonly Reasoning[]
      readonly calls: readonly ToolCall[]
    }
  | { readonly role: 'tool'; readonly results: readonly ToolResult[] }

export interface ToolSpec {
  readonly name: string
  readonly description: string
  /** JSON Schema of the arguments, an object. */
  readonly parameters: Readonly<Record<string, unknown>>
}

export interface ModelRequest {
  /** Names the conversation, for recording and for a provider's cache routing. */
  readonly session: SessionId
  readonly messages: readonly ModelMessage[]
  readonly tools: readonly ToolSpec[]
  /** Ends waits between tries of this request. */
  readonly hurry?: Pick<Hurry, 'listen'>
}

export type FinishReason = 'stop' | 'length' | 'tool-calls' | 'content-filter' | 'other'

/** One piece of an answer. Calls arrive whole. After `restart` everything before it is void: the answer begins anew. */
export type ModelChunk =
  | { readonly type: 'text'; readonly delta: string }
  | { readonly type: 'reasoning'; readonly delta: string }
  | { readonly type: 'reasoning-end'; readonly reasoning: Reasoning }
  | { readonly type: 'tool-call'; readonly call: ToolCall }
  | { readonly type: 'retry'; readonly retry: Retry }
  | { readonly type: 'restart' }
  | { readonly type: 'finish'; readonly reason: FinishReason; readonly metrics: LlmMetrics }

/** A call to a model failed and will be tried again; sent once a second while the wait lasts, so that it can be seen. */
export interface Retry {
  readonly kind: ModelErrorKind
  /** What the provider said, keys masked. */
  readonly reason: string
  /** Which try comes next, counted from 1, of how many at most. */
  readonly attempt: number
  readonly attempts: number
  readonly secondsLeft: number
}

/** What went wrong with a model, by what can be done about it. */
export type ModelErrorKind =
  | 'auth'
  | 'payment'
  | 'not_found'
  | 'rate_limit'
  | 'overloaded'
  | 'context_overflow'
  | 'bad_request'
  | 'bad_response'
  | 'timeout'
  | 'network'
  | 'configuration'

/** Thrown by `Model.stream` and `Models.resolve` when no retry is left or none would help. */
export class ModelError extends Error {
  override readonly name = 'ModelError'
  readonly kind: ModelErrorKind
  /** `message` says what happened in the provider's own words, keys masked, and what to do about it. */
  constructor(kind: ModelErrorKind, message: string, options?: ErrorOptions) {
    super(message, options)
    this.kind = kind
  }
}

/** A language model: one streaming method; everything else is computed from its chunks. */
export interface Model {
  /** `provider/model`, as people write it. */
  readonly name: string
  /** Tokens that a prompt may have. */
  readonly contextTokens: number
  readonly acceptsImages: boolean
  /** Something that users must be told before the first answer, such as that no model is configured. */
  readonly notice?: string
  /** Ends with exactly one `finish` chunk or throws `ModelError`, or the signal's reason when it is aborted. */
  stream(request: ModelRequest, signal: AbortSignal): AsyncIterable<ModelChunk>
}

/** Finds the model that settings name. */
export interface Models {
  /** Throws `ModelError` of kind `configuration` that names the wrong setting. An absent field means the server's default. */
  resolve(settings: { model?: string; baseUrl?: string; apiKey?: string }): Model
}
