/** The text as every provider takes it: well-formed Unicode without NUL. The same string where nothing is wrong. */
export function clean(text: string): string {
  const wellFormed = text.isWellFormed() ? text : text.toWellFormed()
  return wellFormed.includes('\0') ? wellFormed.replaceAll('\0', '') : wellFormed
}

/** A parsed JSON value of which every string, also the names of fields, is clean. */
export function cleanJson(value: unknown): unknown {
  if (typeof value === 'string') return clean(value)
  if (Array.isArray(value)) return value.map(cleanJson)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [clean(name), cleanJson(each)]))
}

/** Escapes in JSON text that stand for what `clean` takes out, or for a half of a pair that may be whole. */
const suspiciousEscape = /\\u(?:0000|[dD][89abAB][0-9a-fA-F]{2}|[dD][c-fC-F][0-9a-fA-F]{2})/

/** A call's arguments: the model's own text where that is a clean JSON object, otherwise an object that says what it was. */
export function cleanArguments(text: string): {
  readonly text?: string
  readonly object: Readonly<Record<string, unknown>>
} {
  const parsed = parseObject(text)
  if (!parsed) return { object: text.trim() === '' ? {} : { invalid_arguments: clean(text) } }
  const isClean = !suspiciousEscape.test(text) && text.isWellFormed() && !forbiddenName.test(text)
  return isClean ? { text, object: parsed } : { object: asObject(cleanJson(parsed)) ?? {} }
}

/** Names that the providers' libraries refuse to parse; they have no business in arguments. */
const forbiddenName = /"(?:__proto__|constructor)"|\\u00/

function parseObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    return asObject(JSON.parse(text))
  } catch {
    return undefined
  }
}

function asObject(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined
}
