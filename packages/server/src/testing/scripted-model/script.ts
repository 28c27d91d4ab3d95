import { type Gate, gateOf, newGate } from './gate.ts'
import type { NormalizedRequest } from './request.ts'
import type { Usage } from './usage.ts'

/** One piece of an answer; `deltas` are the pieces in which a stream hands it out. */
export type Part =
  | { readonly type: 'text'; readonly deltas: readonly string[] }
  | { readonly type: 'thinking'; readonly deltas: readonly string[]; readonly redacted: boolean }
  | {
      readonly type: 'call'
      readonly name: string
      readonly deltas: readonly string[]
      readonly id: string | undefined
    }

/** Why the model stopped; 'auto' means tool calls when there are any and a normal end otherwise. */
export type Stop = 'auto' | 'length' | 'filter'

/** A failure as a provider reports it; type and code default to what the dialect uses for the status. */
export interface Failure {
  readonly status: number
  readonly message: string
  readonly type?: string
  readonly code?: string | null
  readonly param?: string | null
}

/** What an answer says, before any mishap on its way. */
export type Content =
  | { readonly kind: 'answer'; readonly parts: readonly Part[]; readonly stop: Stop }
  | {
      readonly kind: 'http'
      readonly status: number
      readonly headers: Readonly<Record<string, string>>
      readonly body: unknown
    }
  | { readonly kind: 'raw'; readonly bytes: string | Uint8Array }
  | { readonly kind: 'silence' }

/** How an answer travels. Offsets count body bytes; `before` gates stand before the status line. */
export interface Delivery {
  readonly before: readonly Gate[]
  readonly gates: readonly { readonly after: number; readonly gate: Gate }[]
  readonly holdMs?: number
  readonly pause?: (chunk: number) => Promise<unknown> | number
  readonly cutAfter?: number
  readonly noDone?: boolean
  readonly duplicate?: number
  readonly streamError?: { readonly failure: Failure; readonly afterChunks: number }
}

/** One answer of the scripted model; made and bent by the functions of this file, never edited. */
export interface Reply {
  readonly content: Content
  readonly delivery: Delivery
  readonly usage: Partial<Usage>
}

/**
 * What the model says: a list that is consumed one reply for each accepted request (the test may push to it at any
 * time; when it is used up the model says 'Done.'), or a function of the request, which serves any number of sessions.
 */
export type Script = readonly Reply[] | ((request: NormalizedRequest) => Reply | Promise<Reply>)

const directly: Delivery = { before: [], gates: [] }

function reply(content: Content): Reply {
  return { content, delivery: directly, usage: {} }
}

function sent(given: Reply, delivery: Partial<Delivery>): Reply {
  return { ...given, delivery: { ...given.delivery, ...delivery } }
}

const deltaLength = 24

/** Pieces of a bounded length that never part a surrogate pair; given pieces stay as they are. */
function deltasOf(text: string | readonly string[]): readonly string[] {
  if (typeof text !== 'string') return text
  const deltas: string[] = []
  for (let from = 0; from < text.length; ) {
    let to = from + deltaLength
    const last = text.charCodeAt(to - 1)
    if (last >= 0xd800 && last <= 0xdbff) to++
    deltas.push(text.slice(from, to))
    from = to
  }
  return deltas
}

/** An answer of plain text; an array says exactly which deltas a stream sends. */
export function text(words: string | readonly string[], options: { readonly stop?: Stop } = {}): Reply {
  const parts: readonly Part[] = [{ type: 'text', deltas: deltasOf(words) }]
  return reply({ kind: 'answer', parts, stop: options.stop ?? 'auto' })
}

/** One call for `tools`. */
export interface ToolUse {
  readonly name: string
  readonly args: Readonly<Record<string, unknown>>
  readonly id?: string
}

/** One tool call, after a text if one is given; the id is fresh and in the provider's spelling unless given. */
export function tool(
  name: string,
  args: Readonly<Record<string, unknown>>,
  options: { readonly text?: string; readonly id?: string } = {},
): Reply {
  const use: ToolUse = options.id === undefined ? { name, args } : { name, args, id: options.id }
  return tools([use], options.text === undefined ? {} : { text: options.text })
}

/** Several tool calls in one answer, in parallel, after a text if one is given. */
export function tools(calls: readonly ToolUse[], options: { readonly text?: string } = {}): Reply {
  const before: readonly Part[] = options.text === undefined ? [] : [{ type: 'text', deltas: deltasOf(options.text) }]
  const uses = calls.map(use => callPart(use.name, JSON.stringify(use.args), use.id))
  return reply({ kind: 'answer', parts: [...before, ...uses], stop: 'auto' })
}

function callPart(name: string, argumentsText: string, id: string | undefined): Part {
  return { type: 'call', name, deltas: deltasOf(argumentsText), id }
}

/** A tool call with exactly this text as arguments, valid JSON or not, and this id, empty or repeated or not. */
export function rawToolCall(name: string, argumentsText: string, id?: string): Reply {
  return reply({ kind: 'answer', parts: [callPart(name, argumentsText, id)], stop: 'auto' })
}

/** Reasoning, then the parts of the given answer; redacted reasoning shows only its seal where the dialect can. */
export function thinking(words: string, then: Reply = empty(), options: { readonly redacted?: boolean } = {}): Reply {
  const part: Part = { type: 'thinking', deltas: deltasOf(words), redacted: options.redacted ?? false }
  return joined([reply({ kind: 'answer', parts: [part], stop: 'auto' }), then])
}

/** One answer made of the parts of several; delivery, usage and stop reason are those of the last. */
export function joined(replies: readonly Reply[]): Reply {
  const last = replies.at(-1) ?? empty()
  const parts = replies.flatMap(each => (each.content.kind === 'answer' ? each.content.parts : []))
  if (last.content.kind !== 'answer') throw new Error('only answers can be joined')
  return { ...last, content: { kind: 'answer', parts, stop: last.content.stop } }
}

/** An answer without any content that ends normally. */
export function empty(): Reply {
  return reply({ kind: 'answer', parts: [], stop: 'auto' })
}

/** Any HTTP answer: a string goes out as it is, an object as JSON, nothing as the provider's own error for the status. */
export function http(status: number, headers: Readonly<Record<string, string>> = {}, body?: unknown): Reply {
  return reply({ kind: 'http', status, headers, body })
}

/** Status 200 and exactly these bytes, typed as the stream or the JSON that the client asked for. */
export function raw(bytes: string | Uint8Array): Reply {
  return reply({ kind: 'raw', bytes })
}

/** Silence for so many seconds (for ever unless told), then the given answer, or the connection closes without one. */
export function hang(seconds = Number.POSITIVE_INFINITY, then: Reply = reply({ kind: 'silence' })): Reply {
  return seconds === Number.POSITIVE_INFINITY ? gate(newGate(), then) : sent(then, { holdMs: seconds * 1000 })
}

/** Destroys the connection after so many bytes of the body instead of ever ending the answer. */
export function cut(afterBytes: number, given: Reply): Reply {
  return sent(given, { cutAfter: afterBytes })
}

/** A pause between the chunks of a stream: milliseconds (0 is a turn of the event loop), or a promise for each chunk. */
export function drip(pause: number | ((chunk: number) => Promise<unknown>), given: Reply): Reply {
  return sent(given, { pause: typeof pause === 'number' ? () => pause : pause })
}

/** Holds the whole answer, status line included, until the gate opens or the promise settles. */
export function gate(until: Gate | PromiseLike<unknown>, given: Reply): Reply {
  return sent(given, { before: [...given.delivery.before, asGate(until)] })
}

/** Holds the rest of the answer after so many bytes of the body; past its length it holds only the end. */
export function gateAfter(bytes: number, until: Gate | PromiseLike<unknown>, given: Reply): Reply {
  const gates = [...given.delivery.gates, { after: bytes, gate: asGate(until) }].sort((a, b) => a.after - b.after)
  return sent(given, { gates })
}

/** Sends so many bytes of the body and then nothing more, with the connection left open. */
export function stall(afterBytes: number, given: Reply): Reply {
  return gateAfter(afterBytes, newGate(), given)
}

function asGate(until: Gate | PromiseLike<unknown>): Gate {
  return 'arrive' in until ? until : gateOf(until)
}

/**
 * Ends the stream with the provider's error event after so many of its content chunks (all unless told). Where no
 * stream was asked for the answer is that error with its status.
 */
export function sseError(given: Reply, failure: Failure, afterChunks = Number.POSITIVE_INFINITY): Reply {
  return sent(given, { streamError: { failure, afterChunks } })
}

/** Leaves out the event that ends the stream: [DONE], message_stop, response.completed, the finish reason. */
export function noDone(given: Reply): Reply {
  return sent(given, { noDone: true })
}

/** Sends one chunk of the stream, counted from 0, twice. */
export function duplicateChunk(index: number, given: Reply): Reply {
  return sent(given, { duplicate: index })
}

/** Reports these numbers as usage instead of the estimate. */
export function withUsage(usage: Partial<Usage>, given: Reply): Reply {
  return { ...given, usage: { ...given.usage, ...usage } }
}
