import { type Answer, dataEvent, type EventStreamText } from './dialect.ts'
import { isObject, type JsonObject } from './json.ts'
import { freshId } from './memory.ts'
import type { Part } from './script.ts'

function finishReason(answer: Answer): string {
  if (answer.stop === 'length') return 'length'
  if (answer.stop === 'filter') return 'content_filter'
  return answer.parts.some(part => part.type === 'call') ? 'tool_calls' : 'stop'
}

function usageOf({ usage, cost }: Answer): JsonObject {
  return {
    prompt_tokens: usage.input,
    completion_tokens: usage.output,
    total_tokens: usage.input + usage.output,
    prompt_tokens_details: {
      cached_tokens: usage.cached,
      ...(usage.cacheWrite > 0 && { cache_write_tokens: usage.cacheWrite }),
    },
    completion_tokens_details: { reasoning_tokens: usage.reasoning },
    ...(cost !== undefined && { cost }),
  }
}

function textOfParts(answer: Answer, type: 'text' | 'thinking'): string {
  return answer.parts.flatMap(part => (part.type === type && !isHidden(part) ? part.deltas : [])).join('')
}

/** Chat Completions have no way to hand out reasoning that cannot be read. */
function isHidden(part: Part): boolean {
  return part.type === 'thinking' && part.redacted
}

function noteReasoning(answer: Answer): string {
  const reasoning = textOfParts(answer, 'thinking')
  if (reasoning !== '') answer.memory.noteReasoning(answer.model, reasoning)
  return reasoning
}

function toolCall(part: Part & { readonly type: 'call' }, argumentsText: string): JsonObject {
  const id = part.id ?? freshId('call_')
  return { id, type: 'function', function: { name: part.name, arguments: argumentsText } }
}

function shell(answer: Answer, object: string): JsonObject {
  const created = Math.floor(Date.now() / 1000)
  return { id: freshId('chatcmpl-'), object, created, model: answer.model, system_fingerprint: 'fp_scripted' }
}

/** The answer to a request without `stream`. */
export function chatWhole(answer: Answer): JsonObject {
  const reasoning = noteReasoning(answer)
  const calls = answer.parts.flatMap(part => (part.type === 'call' ? [toolCall(part, part.deltas.join(''))] : []))
  const words = textOfParts(answer, 'text')
  const hasText = answer.parts.some(part => part.type === 'text')
  const message = {
    role: 'assistant',
    content: hasText ? words : null,
    refusal: null,
    ...(reasoning !== '' && { reasoning_content: reasoning }),
    ...(calls.length > 0 && { tool_calls: calls }),
  }
  const choice = { index: 0, message, logprobs: null, finish_reason: finishReason(answer) }
  return { ...shell(answer, 'chat.completion'), choices: [choice], usage: usageOf(answer) }
}

function deltasOf(part: Part, callIndex: number): readonly JsonObject[] {
  switch (part.type) {
    case 'text':
      return part.deltas.map(content => ({ content }))
    case 'thinking':
      return isHidden(part) ? [] : part.deltas.map(piece => ({ reasoning_content: piece }))
    case 'call':
      return [
        { tool_calls: [{ index: callIndex, ...toolCall(part, '') }] },
        ...part.deltas.map(piece => ({ tool_calls: [{ index: callIndex, function: { arguments: piece } }] })),
      ]
  }
}

/** The answer to a request with `stream`; usage comes only when `stream_options.include_usage` asks for it. */
export function chatEvents(answer: Answer): EventStreamText {
  noteReasoning(answer)
  const options = answer.request['stream_options']
  const withUsage = isObject(options) && options['include_usage'] === true
  const head = { ...shell(answer, 'chat.completion.chunk'), ...(withUsage && { usage: null }) }
  const chunk = (delta: JsonObject, reason: string | null): string =>
    dataEvent({ ...head, choices: [{ index: 0, delta, logprobs: null, finish_reason: reason }] })
  let calls = 0
  const deltas = answer.parts.flatMap(part => deltasOf(part, part.type === 'call' ? calls++ : 0))
  const last = withUsage ? [dataEvent({ ...head, choices: [], usage: usageOf(answer) })] : []
  return {
    content: [
      chunk({ role: 'assistant', content: '', refusal: null }, null),
      ...deltas.map(delta => chunk(delta, null)),
    ],
    finish: [chunk({}, finishReason(answer)), ...last],
    done: ['data: [DONE]\n\n'],
  }
}
