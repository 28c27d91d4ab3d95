/** A JSON object as a client sent it: nothing about its fields is known yet. */
export type JsonObject = Readonly<Record<string, unknown>>

/** True for a JSON object; arrays and null are none. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The value when it is an array, otherwise an empty one. */
export function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

/** The objects of an array; whatever else stands in it is left out. */
export function objects(value: unknown): readonly JsonObject[] {
  const items = list(value)
  return items.every(isObject) ? items : items.filter(isObject)
}

/** The value when it is a string, otherwise ''. */
export function str(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

/** The text of a content field in any of the providers' shapes: a string, or an array of parts with a `text`. */
export function textOf(content: unknown): string {
  if (typeof content === 'string') return content
  return objects(content)
    .map(part => str(part['text']))
    .join('')
}

/**
 * The offset of the first escaped surrogate without its other half in a JSON text, or -1. `JSON.parse` accepts such
 * text, the providers' parsers do not. Raw surrogates cannot stand in text that was decoded from valid UTF-8.
 */
export function loneSurrogateAt(json: string): number {
  if (!json.includes('\\ud') && !json.includes('\\uD')) return -1
  const escapes = /\\(?:u([0-9a-fA-F]{4})|.)/gs
  let high: { readonly at: number; readonly end: number } | undefined
  for (let match = escapes.exec(json); match; match = escapes.exec(json)) {
    const unit = match[1] === undefined ? 0 : Number.parseInt(match[1], 16)
    const isLow = unit >= 0xdc00 && unit <= 0xdfff
    if (high) {
      if (!isLow || match.index !== high.end) return high.at
      high = undefined
    } else if (isLow) {
      return match.index
    } else if (unit >= 0xd800 && unit <= 0xdbff) {
      high = { at: match.index, end: escapes.lastIndex }
    }
  }
  return high ? high.at : -1
}
