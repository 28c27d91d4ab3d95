import { ModelError, type ModelErrorKind } from '../core/ports.ts'
import { messageOf } from '../lib/errors.ts'
import { type Endpoint, masked, whoIs } from './endpoint.ts'
import { kindOf } from './error-kinds.ts'
import { ProviderFailure } from './failure.ts'
import { type Words, wordsIn, wordsInText } from './provider-words.ts'
import { retryAfterMs } from './retry-after.ts'

/** An answer that is no stream of a model's words. */
export interface RefusedAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  /** As much of it as was read. */
  readonly body: string
}

/** The failure that an HTTP answer means. */
export function httpFailure(endpoint: Endpoint, answer: RefusedAnswer, now: Date): ProviderFailure {
  const { status, headers } = answer
  const isPage = /^\s*</.test(answer.body) || String(headers['content-type'] ?? '').includes('html')
  if (status >= 300 && status < 400) return redirected(endpoint, answer)
  if (status < 300) return noStream(endpoint, answer, isPage)
  const words = isPage ? undefined : wordsInText(answer.body)
  const said = words?.message ?? (isPage ? 'a web page' : answer.body)
  const kind = kindOf(status, words)
  const message = explain(kind, endpoint, { status, said, words })
  return new ProviderFailure(kind, message, { retryAfterMs: retryAfterMs(headers, now) ?? words?.retryAfterMs })
}

function redirected(endpoint: Endpoint, { status, headers }: RefusedAnswer): ProviderFailure {
  const location = masked(String(headers.location ?? 'nowhere'), endpoint)
  const what = `${whoIs(endpoint)} redirects to ${location} (HTTP ${status}), and a key is not carried elsewhere.`
  return new ProviderFailure('configuration', `${what} Set LLM_BASE_URL to the final address if you trust it.`)
}

/** Status 200, but JSON or a web page where a stream was asked for. */
function noStream(endpoint: Endpoint, { status, body }: RefusedAnswer, isPage: boolean): ProviderFailure {
  if (isPage) {
    const what = `${whoIs(endpoint)} answers with a web page, not as a model.`
    return new ProviderFailure('configuration', `${what} ${pathHint(endpoint)}`)
  }
  const words = wordsInText(body)
  if (words) return saidInStream(endpoint, words)
  const what = `${whoIs(endpoint)} answered without streaming (HTTP ${status}): "${masked(body, endpoint)}".`
  return new ProviderFailure('bad_response', `${what} Use a server that streams.`, { retryable: false })
}

/** The failure behind whatever a provider's library threw or reported in the middle of a stream. */
export function failureOf(endpoint: Endpoint, thrown: unknown): ModelError {
  for (let error = thrown, depth = 0; error instanceof Error && depth < 8; error = error.cause, depth++) {
    if (error instanceof ModelError) return error
    if ('code' in error && typeof error.code === 'string' && /^E[A-Z]+$/.test(error.code))
      return brokenOff(endpoint, error)
  }
  const words = wordsIn(dataOf(thrown)) ?? (thrown instanceof Error ? undefined : wordsIn(thrown))
  if (words) return saidInStream(endpoint, words)
  const said = masked(messageOf(thrown), endpoint)
  return new ProviderFailure('bad_response', `${whoIs(endpoint)} sent an answer that cannot be read: "${said}".`, {
    cause: thrown,
  })
}

/** What a provider's library keeps of an error as it came over the wire. */
function dataOf(thrown: unknown): unknown {
  return typeof thrown === 'object' && thrown !== null && 'data' in thrown ? thrown.data : undefined
}

function saidInStream(endpoint: Endpoint, words: Words): ProviderFailure {
  const kind = kindOf(undefined, words)
  const message = explain(kind, endpoint, { said: words.message, words })
  return new ProviderFailure(kind, message, { retryAfterMs: words.retryAfterMs })
}

/** An answer that ended before it was complete. */
export function brokenOff(endpoint: Endpoint, cause?: unknown): ProviderFailure {
  const what = `The answer of ${whoIs(endpoint)} broke off in the middle.`
  const why = cause instanceof Error ? ` (${masked(cause.message, endpoint)})` : ''
  return new ProviderFailure('bad_response', `${what}${why}`, { cause })
}

/** The failure that an error of the connection means, before there was an answer. */
export function connectionFailure(endpoint: Endpoint, error: Error): ProviderFailure {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  const who = whoIs(endpoint)
  const row = connectionErrors.find(each => each.codes.test(code))
  const message = row ? row.says(who, new URL(endpoint.address.baseUrl).host) : `The connection to ${who} failed.`
  const detail = masked(`${code} ${error.message}`, endpoint)
  return new ProviderFailure(row?.kind ?? 'network', `${message} (${detail})`, { cause: error })
}

interface ConnectionError {
  readonly codes: RegExp
  readonly kind: ModelErrorKind
  readonly says: (who: string, host: string) => string
}

const connectionErrors: readonly ConnectionError[] = [
  {
    codes: /^ECONNREFUSED$/,
    kind: 'network',
    says: who =>
      `Nothing listens: ${who} refused the connection. Start that server, or check host and port in LLM_BASE_URL.`,
  },
  {
    codes: /^(ENOTFOUND|EAI_AGAIN)$/,
    kind: 'network',
    says: (who, host) =>
      `The name ${host} is not found, so ${who} is not reached. Check LLM_BASE_URL and your network.`,
  },
  {
    codes: /^(EPROTO|ERR_SSL_.*)$/,
    kind: 'configuration',
    says: who => `${who} does not speak TLS there. Check LLM_BASE_URL: http:// instead of https://, or another port.`,
  },
  {
    codes: /^(CERT_.*|DEPTH_ZERO_.*|SELF_SIGNED_.*|UNABLE_TO_.*|ERR_TLS_.*)$/,
    kind: 'configuration',
    says: who =>
      `The certificate of ${who} is not trusted. Check LLM_BASE_URL, or name its authority in NODE_EXTRA_CA_CERTS.`,
  },
  {
    codes: /^HPE_/,
    kind: 'configuration',
    says: who => `${who} does not answer in HTTP. Check LLM_BASE_URL: https:// instead of http://, or another port.`,
  },
]

interface Said {
  readonly status?: number
  readonly said: string
  readonly words: Words | undefined
}

/** Which of base URL, key, model and parameter is wrong, the provider's words, and what to do. */
function explain(kind: ModelErrorKind, endpoint: Endpoint, { status, said, words }: Said): string {
  const who = whoIs(endpoint)
  const model = endpoint.address.model
  const quoted = masked(said, endpoint)
  const says = `${status === undefined ? '' : ` (HTTP ${status})`}${quoted === '' ? '' : `: "${quoted}"`}.`
  switch (kind) {
    case 'auth': {
      if (endpoint.key() === undefined) return `${who} wants a key${says} Set LLM_API_KEY.`
      return status === 403
        ? `${who} does not let this key use ${model}${says} Check LLM_API_KEY and what it may use.`
        : `${who} refused the key${says} Check LLM_API_KEY.`
    }
    case 'payment':
      return `The account at ${who} has no credit for this${says} Add credit there, or set LLM_API_KEY to another key.`
    case 'not_found':
      return isAboutModel(model, quoted, words)
        ? `${who} has no model "${model}"${says} Check LLM_MODEL.`
        : `${who} has nothing at that address${says} ${pathHint(endpoint)}`
    case 'rate_limit':
      return `${who} limits how much may be asked${says}`
    case 'overloaded':
      return `${who} is overloaded or in trouble${says}`
    case 'timeout':
      return `${who} gave up waiting${says}`
    case 'context_overflow':
      return `The conversation is too long for ${model} at ${who}${says}`
    case 'bad_request':
      return `${badRequest(who, model, words)}${says} ${words?.parameter ? 'Check LLM_MODEL and its settings.' : ''}`.trim()
    default:
      return `${who} failed${says}`
  }
}

function badRequest(who: string, model: string, words: Words | undefined): string {
  if (!words?.parameter) return `${who} refused the request`
  return `${who} does not accept the parameter "${words.parameter}" for ${model}`
}

/** A 404 is about the model where the code says so or the model is mentioned; otherwise the path is wrong. Only wording hangs on it. */
function isAboutModel(model: string, quoted: string, words: Words | undefined): boolean {
  return words?.codes.includes('model_not_found') || quoted.includes(model)
}

function pathHint({ address }: Endpoint): string {
  const hasVersion = /\/v\d/.test(new URL(address.baseUrl).pathname)
  return `Check LLM_BASE_URL${hasVersion ? '' : ': such addresses usually end in /v1'}.`
}
