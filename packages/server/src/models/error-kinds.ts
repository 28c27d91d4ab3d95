import type { ModelErrorKind } from '../core/ports.ts'
import type { Words } from './provider-words.ts'

/** Names that say more than a status does; they come from the providers' documentation of their errors. */
const preciseCodes: ReadonlyMap<string, ModelErrorKind> = new Map([
  ['insufficient_quota', 'payment'],
  ['billing_hard_limit_reached', 'payment'],
  ['billing_not_active', 'payment'],
  ['billing_error', 'payment'],
  ['payment_required', 'payment'],
  ['insufficient_balance', 'payment'],
  ['spending_limit', 'payment'],
  ['spending_limit_reached', 'payment'],
  ['context_length_exceeded', 'context_overflow'],
  ['exceed_context_size_error', 'context_overflow'],
  ['context_window_exceeded', 'context_overflow'],
  ['contextwindowexceedederror', 'context_overflow'],
  ['request_too_large', 'context_overflow'],
  ['invalid_api_key', 'auth'],
  ['api_key_invalid', 'auth'],
  ['authentication_error', 'auth'],
  ['model_not_found', 'not_found'],
  ['rate_limit_error', 'rate_limit'],
  ['rate_limit_exceeded', 'rate_limit'],
  ['overloaded_error', 'overloaded'],
])

/** Names that count only where there is no status: in the middle of a stream. */
const generalCodes: ReadonlyMap<string, ModelErrorKind> = new Map([
  ['permission_error', 'auth'],
  ['permission_denied', 'auth'],
  ['unauthenticated', 'auth'],
  ['not_found_error', 'not_found'],
  ['not_found', 'not_found'],
  ['resource_exhausted', 'rate_limit'],
  ['too_many_requests', 'rate_limit'],
  ['invalid_request_error', 'bad_request'],
  ['invalid_argument', 'bad_request'],
  ['api_error', 'overloaded'],
  ['server_error', 'overloaded'],
  ['internal', 'overloaded'],
  ['internal_server_error', 'overloaded'],
  ['service_unavailable', 'overloaded'],
  ['unavailable', 'overloaded'],
  ['timeout_error', 'overloaded'],
  ['deadline_exceeded', 'overloaded'],
])

const statuses: ReadonlyMap<number, ModelErrorKind> = new Map([
  [401, 'auth'],
  [402, 'payment'],
  [403, 'auth'],
  [404, 'not_found'],
  [405, 'not_found'],
  [408, 'timeout'],
  [409, 'overloaded'],
  [410, 'not_found'],
  [413, 'context_overflow'],
  [425, 'overloaded'],
  [429, 'rate_limit'],
])

/**
 * How providers without a code for it say that the prompt does not fit. This table is the only place where the words
 * of an error decide anything, and it is asked only about a request that was refused as wrong.
 */
const overflowWords: readonly RegExp[] = [
  /prompt is too long/i, // Anthropic
  /input length and `?max_tokens`? exceed context limit/i, // Anthropic
  /input token count .*exceeds the maximum/i, // Google
  /maximum context length/i, // vLLM, OpenRouter, DeepSeek
  /context (length|window|size) (of|limit|exceeded|is)/i, // LM Studio, llama.cpp
  /exceeds? the (available|model's)? ?context/i, // llama.cpp, LiteLLM
]

/** The kind of a failure from the provider's codes, then its status, then (only for an overflow) its words. */
export function kindOf(status: number | undefined, words: Words | undefined): ModelErrorKind {
  const precise = firstKnown(words, preciseCodes)
  if (precise) return precise
  const kind = status === undefined ? firstKnown(words, generalCodes) : kindOfStatus(status)
  const refused = kind === undefined || kind === 'bad_request'
  if (refused && overflowWords.some(each => each.test(words?.message ?? ''))) return 'context_overflow'
  return kind ?? 'bad_response'
}

function kindOfStatus(status: number): ModelErrorKind {
  const known = statuses.get(status)
  if (known) return known
  if (status >= 500) return 'overloaded'
  return status >= 400 ? 'bad_request' : 'configuration'
}

function firstKnown(words: Words | undefined, table: ReadonlyMap<string, ModelErrorKind>): ModelErrorKind | undefined {
  return words?.codes.map(code => table.get(code)).find(kind => kind !== undefined)
}
