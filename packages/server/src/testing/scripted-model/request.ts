import type { IncomingHttpHeaders } from 'node:http'
import type { RuleName } from './strict.ts'
import type { Usage } from './usage.ts'

/** The four ways in which providers are spoken to. */
export type DialectName = 'anthropic' | 'chat' | 'responses' | 'google'

/** A tool call as a client sent it back in the history; `args` is undefined where the text is no JSON. */
export interface CallView {
  readonly id: string
  readonly name: string
  readonly argumentsText: string
  readonly args: unknown
}

/** A tool result as a client sent it; the name is known where the dialect carries it. */
export interface ResultView {
  readonly callId: string
  readonly text: string
  readonly isError: boolean
}

/** One message, the same in every dialect; results of tools are messages of their own. */
export interface MessageView {
  readonly role: 'user' | 'assistant' | 'tool'
  readonly text: string
  readonly reasoning: string
  readonly images: number
  readonly toolCalls: readonly CallView[]
  readonly toolResults: readonly ResultView[]
}

/** A tool as it was offered to the model. */
export interface ToolView {
  readonly name: string
  readonly description: string
  readonly schema: unknown
}

/** A dialect-neutral view of one request: everything that a script needs to decide on its answer. */
export interface NormalizedRequest {
  readonly dialect: DialectName
  readonly model: string
  readonly stream: boolean
  readonly system: string
  /** Consecutive messages of the assistant are one. */
  readonly messages: readonly MessageView[]
  readonly tools: readonly ToolView[]
  /** How many messages of the assistant the history holds: 0 at the first request. */
  readonly turn: number
  readonly firstUserText: string
  readonly lastUserText: string
  /** The results that stand after the last message of the assistant. */
  readonly lastResults: readonly ResultView[]
  /** What tells one session from another: the user or cache key where the client sends one, else the first words. */
  readonly sessionHint: string
  readonly promptTokens: number
}

/** How a request ended. A cut is the script's own doing; 'aborted' means that the client went away. */
export type Outcome =
  | { readonly kind: 'pending' }
  | { readonly kind: 'served'; readonly status: number }
  | { readonly kind: 'cut' }
  | { readonly kind: 'refused'; readonly status: number; readonly rule: RuleName; readonly reason: string }
  | { readonly kind: 'aborted' }
  | { readonly kind: 'failed'; readonly reason: string }

/** One request as it arrived and ended; times are milliseconds of `performance.now()`. */
export interface RecordedRequest {
  readonly method: string
  readonly path: string
  /** Undefined where the path belongs to no dialect. */
  readonly dialect: DialectName | undefined
  readonly headers: IncomingHttpHeaders
  readonly bytes: number
  readonly arrivedAt: number
  /** The parsed body; undefined when it was not JSON or older than the `keepBodies` last ones. */
  readonly body: unknown
  readonly model: string | undefined
  readonly outcome: Outcome
  /** What the answer was billed as, also when it never arrived in full. */
  readonly usage: Usage | undefined
  readonly endedAt: number | undefined
  /** Resolves when the exchange is over, whoever ended it. */
  readonly closed: Promise<void>
}

/** A request that a dialect's reader has taken apart. */
export interface RequestParts {
  readonly system: string
  readonly messages: readonly MessageView[]
  readonly tools: readonly ToolView[]
  readonly hint: string
}

const nothing = { text: '', reasoning: '', images: 0, toolCalls: [], toolResults: [] }

/** A message with the given fields and nothing else. */
export function message(role: MessageView['role'], fields: Partial<MessageView>): MessageView {
  return { ...nothing, ...fields, role }
}

/** A tool call of the history from its arguments as text. */
export function callView(id: string, name: string, argumentsText: string): CallView {
  return { id, name, argumentsText, args: parsed(argumentsText) }
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    return undefined
  }
}

function mergeAssistants(messages: readonly MessageView[]): readonly MessageView[] {
  const merged: MessageView[] = []
  for (const next of messages) {
    const last = merged.at(-1)
    if (last?.role !== 'assistant' || next.role !== 'assistant') {
      merged.push(next)
      continue
    }
    merged[merged.length - 1] = message('assistant', {
      text: last.text + next.text,
      reasoning: last.reasoning + next.reasoning,
      toolCalls: [...last.toolCalls, ...next.toolCalls],
    })
  }
  return merged
}

/** The neutral view of a request, from what its dialect has read. */
export function normalized(
  parts: RequestParts,
  facts: Pick<NormalizedRequest, 'dialect' | 'model' | 'stream' | 'promptTokens'>,
): NormalizedRequest {
  const messages = mergeAssistants(parts.messages)
  const users = messages.filter(each => each.role === 'user')
  const lastAnswer = messages.findLastIndex(each => each.role === 'assistant')
  const firstUserText = users[0]?.text ?? ''
  return {
    ...facts,
    system: parts.system,
    messages,
    tools: parts.tools,
    turn: messages.filter(each => each.role === 'assistant').length,
    firstUserText,
    lastUserText: users.at(-1)?.text ?? '',
    lastResults: messages.slice(lastAnswer + 1).flatMap(each => each.toolResults),
    sessionHint: parts.hint === '' ? firstUserText : parts.hint,
  }
}
