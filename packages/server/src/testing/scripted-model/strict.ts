import type { IncomingHttpHeaders } from 'node:http'
import type { FoundImage } from './image.ts'
import type { JsonObject } from './json.ts'
import type { Memory } from './memory.ts'
import type { DialectName } from './request.ts'
import type { Failure } from './script.ts'

interface StrictRule {
  /** Where the rule applies. */
  readonly on: readonly DialectName[]
  /** 'door' rules are checked by the server before a body is looked into, the others by the dialect. */
  readonly by: 'door' | 'dialect'
  readonly says: string
}

const everywhere = ['anthropic', 'chat', 'responses', 'google'] as const
const idsMatter = ['anthropic', 'chat', 'responses'] as const

/** Everything that this server refuses, each with the sentence that a test proves. */
export const strictRules = {
  path: { on: everywhere, by: 'door', says: 'an unknown path is not found' },
  'api-key': { on: everywhere, by: 'door', says: 'the key must be there and be the right one' },
  version: { on: ['anthropic'], by: 'door', says: 'the anthropic-version header must be there' },
  'content-type': { on: everywhere, by: 'door', says: 'the content type must be application/json' },
  'body-size': { on: everywhere, by: 'door', says: 'a body may have 32 MiB' },
  'utf-8': { on: everywhere, by: 'door', says: 'the body must be valid UTF-8' },
  json: { on: everywhere, by: 'door', says: 'the body must be a JSON object' },
  unicode: { on: everywhere, by: 'door', says: 'no escaped surrogate may stand alone' },
  model: { on: everywhere, by: 'door', says: 'the model must be named and, where a list is configured, be on it' },
  parameter: { on: everywhere, by: 'dialect', says: 'unknown parameters are refused' },
  'max-tokens': {
    on: ['anthropic', 'chat', 'responses'],
    by: 'dialect',
    says: 'the output limit must be given as the provider wants it',
  },
  sampling: {
    on: ['anthropic', 'chat', 'responses'],
    by: 'dialect',
    says: 'temperature must be one that the model takes',
  },
  'stream-options': { on: ['chat'], by: 'dialect', says: 'stream_options needs stream' },
  include: { on: ['responses'], by: 'dialect', says: 'include takes known values only' },
  'no-messages': { on: everywhere, by: 'dialect', says: 'there must be a message' },
  role: { on: everywhere, by: 'dialect', says: 'roles and item types must be known' },
  content: { on: everywhere, by: 'dialect', says: 'content must be of the kinds that its role takes' },
  'first-message': { on: ['anthropic', 'google'], by: 'dialect', says: 'the first message must be the user’s' },
  'empty-text': { on: ['anthropic'], by: 'dialect', says: 'no message may be empty and no text block may be blank' },
  'trailing-space': {
    on: ['anthropic'],
    by: 'dialect',
    says: 'a final message of the assistant may not end in white space',
  },
  'call-id': { on: idsMatter, by: 'dialect', says: 'ids of tool calls must be spelled as the provider wants them' },
  'tool-input': {
    on: everywhere,
    by: 'dialect',
    says: 'the input of a call must be an object, or a string for OpenAI',
  },
  'duplicate-call': { on: idsMatter, by: 'dialect', says: 'no two tool calls may share an id' },
  'result-not-first': {
    on: ['anthropic'],
    by: 'dialect',
    says: 'results must come before anything else in their message',
  },
  'call-without-result': {
    on: everywhere,
    by: 'dialect',
    says: 'every tool call must have its result directly after it',
  },
  'result-without-call': {
    on: everywhere,
    by: 'dialect',
    says: 'every result must belong to a tool call directly before it',
  },
  'duplicate-result': { on: idsMatter, by: 'dialect', says: 'a tool call may have one result only' },
  tools: { on: ['anthropic', 'chat'], by: 'dialect', says: 'tools must be given where the request needs them' },
  'tool-name': { on: everywhere, by: 'dialect', says: 'tool names must match the provider’s pattern' },
  'tool-schema': { on: everywhere, by: 'dialect', says: 'the schema of a tool must describe an object' },
  'duplicate-tool': { on: ['anthropic', 'google'], by: 'dialect', says: 'no two tools may share a name' },
  'tools-unsupported': { on: ['chat'], by: 'dialect', says: 'a model without tools is not offered any' },
  'cache-marks': { on: ['anthropic'], by: 'dialect', says: 'at most four cache marks' },
  'item-id': {
    on: ['responses'],
    by: 'dialect',
    says: 'ids of items must be of OpenAI’s spelling, and kept items must exist',
  },
  'reasoning-order': {
    on: ['responses'],
    by: 'dialect',
    says: 'reasoning and the item that followed it stay together',
  },
  'foreign-reasoning': { on: everywhere, by: 'dialect', says: 'reasoning must be what this model was heard to say' },
  image: { on: everywhere, by: 'dialect', says: 'an image must be readable and of the type that is claimed' },
  'image-limit': { on: everywhere, by: 'dialect', says: 'an image may not be over the limits' },
  'context-limit': { on: everywhere, by: 'dialect', says: 'the prompt must fit into the context' },
} as const satisfies Record<string, StrictRule>

/** The name of a rule, as it appears in `outcome` and `refusals()`. */
export type RuleName = keyof typeof strictRules

type RulesBy<By extends string, D extends DialectName> = {
  [R in RuleName]: (typeof strictRules)[R] extends { by: By; on: readonly (infer On)[] }
    ? D extends On
      ? R
      : never
    : never
}[RuleName]

/** What the checks of one dialect look at. */
export interface Incoming {
  readonly body: JsonObject
  readonly headers: IncomingHttpHeaders
  readonly model: string
  readonly promptTokens: number
  readonly images: readonly FoundImage[]
  readonly memory: Memory
  readonly limits: Limits
}

/** The limits of the scripted provider; what is left out is the real provider's. */
export interface Limits {
  /** Tokens of a prompt. */
  readonly context: number
  /** Bytes of one decoded image. */
  readonly image: number | undefined
  readonly takesTools: (model: string) => boolean
}

/** One rule in one dialect: says what is wrong, in the provider's words. */
export type Check = (request: Incoming) => Failure | undefined

/** A dialect must have exactly the checks that the table claims for it; they run in the order of their definition. */
export type ChecksOf<D extends DialectName> = Readonly<Record<RulesBy<'dialect', D>, Check>>

/** A request that is refused: which rule, and the provider's own answer. */
export interface Refusal {
  readonly rule: RuleName
  readonly failure: Failure
}

/** A failure with status 400. */
export function bad(text: string, more: Partial<Failure> = {}): Failure {
  return { status: 400, message: text, ...more }
}

/** The first of a list that is not allowed, if any. */
export function firstUnknown(names: Iterable<string>, allowed: ReadonlySet<string>): string | undefined {
  for (const name of names) if (!allowed.has(name)) return name
  return undefined
}

/** The first value that stands in the list a second time, if any. */
export function firstDuplicate<T>(values: Iterable<T>): T | undefined {
  const seen = new Set<T>()
  for (const value of values) {
    if (seen.has(value)) return value
    seen.add(value)
  }
  return undefined
}

/** The first failure that a function finds in a list, if any. */
export function firstFailure<T>(
  items: readonly T[],
  find: (item: T, at: number) => Failure | undefined,
): Failure | undefined {
  let at = 0
  for (const item of items) {
    const failure = find(item, at++)
    if (failure) return failure
  }
  return undefined
}
