import { type ErrorFrame, type Parsed, parseClientFrame } from '@openhands/protocol'
import type { RawData } from 'ws'

/** Frames of clients may be this long; longer ones are answered, and far longer ones end the connection (1009). */
export const MAX_FRAME_BYTES = 8 * 1024 * 1024
/** Levels of lists and objects in a frame; whoever needs more has something else in mind. */
const MAX_DEPTH = 100
/** Characters of a refusal that may repeat what the client wrote. */
const MAX_REFUSAL = 500

/** Understands one frame as it came from the socket, or says what is wrong with it (wire D2.1). Never throws. */
export function readFrame(data: RawData, isBinary: boolean): Parsed {
  if (isBinary) return bad('binary_frame', 'Send frames as text: this one is binary.')
  const bytes = data as Buffer // `ws` gives whole messages as one buffer unless told otherwise
  if (bytes.length > MAX_FRAME_BYTES)
    return bad('frame_too_large', `A frame may have ${MAX_FRAME_BYTES} bytes at most.`)
  const json = jsonOf(bytes.toString('utf8'))
  if (json === undefined) return bad('invalid_json', 'Invalid JSON')
  const deep = tooDeep(json)
  if (deep !== undefined) return bad('invalid_frame', `${deep}: nested deeper than ${MAX_DEPTH} levels.`, deep)
  const parsed = parseClientFrame(json)
  return parsed.ok ? parsed : { ok: false, error: shortened(parsed.error) }
}

/**
 * Undefined for what is no JSON. Nobody reads the stack of that failure, and looking for it takes the longer the more
 * frames wait behind this one: ten thousand bad frames at once took the server 40 seconds.
 */
function jsonOf(text: string): unknown {
  const { stackTraceLimit } = Error
  Error.stackTraceLimit = 0
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  } finally {
    Error.stackTraceLimit = stackTraceLimit
  }
}

function bad(code: ErrorFrame['code'], message: string, field?: string): Parsed {
  return { ok: false, error: shortened({ error: true, code, message, ...(field === undefined ? {} : { field }) }) }
}

/** A refusal is not as long as what it refuses. */
function shortened(error: ErrorFrame): ErrorFrame {
  const { field } = error
  return { ...error, message: clip(error.message), ...(field === undefined ? {} : { field: clip(field) }) }
}

function clip(text: string): string {
  return text.length > MAX_REFUSAL ? `${text.slice(0, MAX_REFUSAL).toWellFormed()}…` : text
}

/** The field that is nested too deeply: writing it down again would take more stack than there is. */
function tooDeep(json: unknown): string | undefined {
  if (typeof json !== 'object' || json === null) return undefined
  if (Array.isArray(json)) return depthExceeds(json) ? 'frame' : undefined
  return Object.entries(json).find(([, value]) => depthExceeds(value))?.[0]
}

/** Level by level, because the stack is what has to be protected. */
function depthExceeds(value: unknown): boolean {
  let level = [value].filter(isNested)
  for (let depth = 1; level.length > 0; depth++) {
    if (depth > MAX_DEPTH) return true
    level = level.flatMap(each => Object.values(each).filter(isNested))
  }
  return false
}

function isNested(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}
