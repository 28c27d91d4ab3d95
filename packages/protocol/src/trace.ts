import { encode } from './dialect.ts'
import { type Event, isAction } from './event.ts'

/** What loop detection remembers of an event: enough to compare it with another, whatever its size. */
export interface Trace {
  /** `message`: words that change nothing, to the user or to itself. `malformed`: a call that could not be understood. */
  readonly kind: 'action' | 'observation' | 'message' | 'malformed'
  /** Equal keys: the events say the same, ids and times aside. */
  readonly key: string
  readonly error: boolean
  /** Which syntax error a Python cell died of, if it did, with what must be equal for it to be the same one. */
  readonly syntax?: string
}

/** How many traces a conversation keeps; the longest pattern looked for spans twelve. */
export const TRACES = 16

/** The trace of what an agent did or was told; undefined for everything else (wire A8.5). */
export function traceOf(event: Event): Trace | undefined {
  if (isAction(event)) {
    if (event.source !== 'agent') return undefined
    if (event.action === 'message') return { kind: 'message', key: digest(event.args.content), error: false }
    if (event.action === 'think') return { kind: 'message', key: digest(event.args.thought), error: false }
    if (event.action === 'plan') return { kind: 'message', key: digest(JSON.stringify(event.args.items)), error: false }
    if (event.action === 'null' || event.action === 'change_agent_state') return undefined
    return { kind: 'action', key: actionKey(event), error: false }
  }
  if (event.observation === 'null' || event.observation === 'agent_state_changed') return undefined
  if (event.observation === 'condense') return undefined
  const error = event.observation === 'error'
  if (error && event.cause === undefined)
    return event.source === 'agent' ? { kind: 'malformed', key: digest(event.content), error } : undefined
  if (event.source === 'user') return undefined
  const key = digest(JSON.stringify([event.observation, event.content, encode(event, 'memory').extras]))
  const syntax = event.observation === 'run_ipython' ? syntaxError(event.content) : undefined
  return { kind: 'observation', key, error, ...(syntax === undefined ? {} : { syntax }) }
}

function actionKey(event: Extract<Event, { action: unknown }>): string {
  if (event.action === 'run_ipython' && event.args.code.includes('edit_file_by_replace(')) {
    const lines = event.args.code.split('\n')
    if (lines.length > 2) return digest(lines.slice(0, 3).join('\n'))
  }
  return digest(JSON.stringify([event.action, encode(event, 'memory').args]))
}

const unterminated = 'SyntaxError: unterminated string literal (detected at line'
const otherSyntaxErrors = ['SyntaxError: invalid syntax. Perhaps you forgot a comma?', 'SyntaxError: incomplete input']

function syntaxError(content: string): string | undefined {
  const lines = content.trimEnd().split('\n')
  const third = lines.at(-3) ?? ''
  const footer =
    lines.at(-2)?.startsWith('[Jupyter current working directory:') &&
    lines.at(-1)?.startsWith('[Jupyter Python interpreter:')
  if (!footer) return undefined
  if (third.startsWith(unterminated)) return unterminated
  const found = otherSyntaxErrors.find(error => third === error)
  const first = lines[0] ?? ''
  return found && lines.length >= 6 && first.startsWith('Cell In[1], line') ? `${found}\n${first}` : undefined
}

/** 53 bits of a text and its length: two different events with one digest are not to be expected in a lifetime. */
function digest(text: string): string {
  let h1 = 0xdeadbeef
  let h2 = 0x41c6ce57
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    h1 = Math.imul(h1 ^ unit, 2654435761)
    h2 = Math.imul(h2 ^ unit, 1597334677)
  }
  h1 = Math.imul(h1 ^ (h1 >>> 16), 2246822507) ^ Math.imul(h2 ^ (h2 >>> 13), 3266489909)
  h2 = Math.imul(h2 ^ (h2 >>> 16), 2246822507) ^ Math.imul(h1 ^ (h1 >>> 13), 3266489909)
  return `${(4294967296 * (2097151 & h2) + (h1 >>> 0)).toString(36)}.${text.length}`
}
