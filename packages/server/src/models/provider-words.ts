/** What a provider said about a failure, in no provider's shape. */
export interface Words {
  readonly message: string
  /** Every name from a closed set that it gave: type, code, status, reasons; lower case. */
  readonly codes: readonly string[]
  /** The request's field that it complains of. */
  readonly parameter: string | undefined
  /** How long it asks to wait, where it says so in the body. */
  readonly retryAfterMs: number | undefined
}

type Fields = Readonly<Record<string, unknown>>

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** Reads an error in any of the providers' shapes; undefined where it is none of them. */
export function wordsIn(body: unknown): Words | undefined {
  const outer = Array.isArray(body) ? body[0] : body
  if (!isFields(outer)) return undefined
  if (isFields(outer.response) && isFields(outer.response.error)) return wordsIn(outer.response)
  if (text(outer.error))
    return { message: text(outer.error) ?? '', codes: [], parameter: undefined, retryAfterMs: undefined }
  const error = isFields(outer.error) ? outer.error : outer
  const message = text(error.message) ?? text(error.detail) ?? validationMessage(error.detail)
  if (message === undefined) return undefined
  const details = Array.isArray(error.details) ? error.details.filter(isFields) : []
  const named = [error.type, error.code, error.status, ...details.map(each => each.reason)]
  const delay = details.map(each => text(each.retryDelay)).find(each => each !== undefined)
  return {
    message: upstream(error) ?? message,
    codes: named.filter(each => typeof each === 'string').map(each => each.toLowerCase()),
    parameter: text(error.param),
    retryAfterMs: delay && /^\d+(\.\d+)?s$/.test(delay) ? Number.parseFloat(delay) * 1000 : undefined,
  }
}

/** Routers put the words of the provider behind them into `metadata.raw`. */
function upstream(error: Fields): string | undefined {
  const raw = isFields(error.metadata) ? text(error.metadata.raw) : undefined
  return raw === undefined ? undefined : `${text(error.message) ?? ''} (${raw})`
}

/** FastAPI lists what is wrong with a body: the first entry's place and message. */
function validationMessage(detail: unknown): string | undefined {
  const first = Array.isArray(detail) ? detail.find(isFields) : undefined
  const place = Array.isArray(first?.loc) ? first.loc.join('.') : ''
  return first && text(first.msg) ? `${place}: ${text(first.msg)}` : undefined
}

/** `wordsIn` a text that may be JSON. */
export function wordsInText(body: string): Words | undefined {
  try {
    return wordsIn(JSON.parse(body))
  } catch {
    return undefined
  }
}
