/** Text as any provider takes it: well-formed, without terminal escapes and control characters; CR LF stays. */
export function cleanText(text: string): string {
  return text.toWellFormed().replace(ESCAPES, '').replace(CONTROLS, '')
}

const ESCAPES = /\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]{0,4096}(?:\x07|\x1b\\)?|[@-Z\\-_])/g
const CONTROLS = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f]/g

/** True where a model would see nothing. */
export function isBlank(text: string): boolean {
  return cleanText(text).trim() === ''
}

const MARKER = '\n[... Observation truncated due to length ...]\n'

/** At most `max` UTF-16 units: the beginning and the end of the text, with a line between that says so (wire A8.3). */
export function cutMiddle(text: string, max: number): string {
  if (text.length <= max) return text
  const kept = max - MARKER.length
  const head = Math.ceil(kept / 2)
  return withoutHalves(text.slice(0, head)) + MARKER + withoutHalves(text.slice(text.length - (kept - head)))
}

/** The first `max` UTF-16 units of a text, well-formed. */
export function cutEnd(text: string, max: number): string {
  return (text.length <= max ? text : withoutHalves(text.slice(0, max))).toWellFormed()
}

/** A cut may part the two halves of a character; the half that is left goes too. */
function withoutHalves(text: string): string {
  return text.replace(/^[\udc00-\udfff]|[\ud800-\udbff]$/g, '')
}

/** Shows where an image was, in place of its bytes (wire C7). */
export function withoutImages(text: string): string {
  if (!text.includes(';base64,')) return text
  return text
    .replace(/!\[[^\]\n]{0,200}\]\(data:([\w.+-]+\/[\w.+-]+);base64,[^)\s]*\)/g, (_, type: string) => {
      return `![image](data:${type};base64, ...) already displayed to user`
    })
    .replace(/data:([\w.+-]+\/[\w.+-]+);base64,[\w+/=-]{64,}/g, 'data:$1;base64, ...')
}

/** A value as JSON that any provider parses: no half characters and no NUL in it, however they were written. */
export function safeJson(value: unknown): string {
  return JSON.stringify(value, (_, one: unknown) =>
    typeof one === 'string' ? one.toWellFormed().replaceAll('\0', '\ufffd') : one,
  )
}

/** JSON text, perhaps not valid, with halves of characters replaced, also where they are spelled as escapes. */
export function safeJsonText(text: string): string {
  return text.toWellFormed().replace(LONE_ESCAPES, '\\ufffd')
}

const LONE_ESCAPES =
  /\\u[dD][89abAB][\da-fA-F]{2}(?!\\u[dD][c-fC-F][\da-fA-F]{2})|(?<!\\u[dD][89abAB][\da-fA-F]{2})\\u[dD][c-fC-F][\da-fA-F]{2}/g
