import { type Answer, type EventStreamText, namedEvent } from './dialect.ts'
import type { JsonObject } from './json.ts'
import { freshId, opaqueSeal, sealOf } from './memory.ts'
import type { Part } from './script.ts'

function stopReason(answer: Answer): string {
  if (answer.stop === 'length') return 'max_tokens'
  if (answer.stop === 'filter') return 'refusal'
  return answer.parts.some(part => part.type === 'call') ? 'tool_use' : 'end_turn'
}

function usageOf({ usage }: Answer): JsonObject {
  return {
    input_tokens: usage.input - usage.cached - usage.cacheWrite,
    cache_creation_input_tokens: usage.cacheWrite,
    cache_read_input_tokens: usage.cached,
    output_tokens: usage.output,
    ...(usage.reasoning > 0 && { output_tokens_details: { thinking_tokens: usage.reasoning } }),
    service_tier: 'standard',
  }
}

function shell(answer: Answer): JsonObject {
  return { id: freshId('msg_01'), type: 'message', role: 'assistant', model: answer.model, stop_sequence: null }
}

/** The arguments as the object that they stand for; text that is no JSON stays text, as nothing else could carry it. */
function inputOf(argumentsText: string): unknown {
  try {
    return JSON.parse(argumentsText)
  } catch {
    return argumentsText
  }
}

function block(part: Part, model: string): JsonObject {
  const text = part.deltas.join('')
  switch (part.type) {
    case 'text':
      return { type: 'text', text }
    case 'thinking':
      if (part.redacted) return { type: 'redacted_thinking', data: opaqueSeal(model) }
      return { type: 'thinking', thinking: text, signature: sealOf(model, text) }
    case 'call':
      return { type: 'tool_use', id: part.id ?? freshId('toolu_01'), name: part.name, input: inputOf(text) }
  }
}

/** The answer to a request without `stream`. */
export function anthropicWhole(answer: Answer): JsonObject {
  return {
    ...shell(answer),
    content: answer.parts.map(part => block(part, answer.model)),
    stop_reason: stopReason(answer),
    usage: usageOf(answer),
  }
}

function opening(part: Part, model: string): JsonObject {
  switch (part.type) {
    case 'text':
      return { type: 'text', text: '' }
    case 'thinking':
      return part.redacted ? block(part, model) : { type: 'thinking', thinking: '', signature: '' }
    case 'call':
      return { type: 'tool_use', id: part.id ?? freshId('toolu_01'), name: part.name, input: {} }
  }
}

function delta(part: Part, piece: string): JsonObject {
  switch (part.type) {
    case 'text':
      return { type: 'text_delta', text: piece }
    case 'thinking':
      return { type: 'thinking_delta', thinking: piece }
    case 'call':
      return { type: 'input_json_delta', partial_json: piece }
  }
}

function blockEvents(part: Part, index: number, model: string): readonly string[] {
  const events = [namedEvent('content_block_start', { index, content_block: opening(part, model) })]
  if (index === 0) events.push(namedEvent('ping', {}))
  const hidden = part.type === 'thinking' && part.redacted
  if (!hidden)
    for (const piece of part.deltas)
      events.push(namedEvent('content_block_delta', { index, delta: delta(part, piece) }))
  if (part.type === 'thinking' && !hidden) {
    const signature = sealOf(model, part.deltas.join(''))
    events.push(namedEvent('content_block_delta', { index, delta: { type: 'signature_delta', signature } }))
  }
  events.push(namedEvent('content_block_stop', { index }))
  return events
}

/** The answer to a request with `stream`. */
export function anthropicEvents(answer: Answer): EventStreamText {
  const usage = { ...usageOf(answer), output_tokens: 1 }
  const start = namedEvent('message_start', { message: { ...shell(answer), content: [], stop_reason: null, usage } })
  const stop = { stop_reason: stopReason(answer), stop_sequence: null }
  return {
    content: [start, ...answer.parts.flatMap((part, index) => blockEvents(part, index, answer.model))],
    finish: [namedEvent('message_delta', { delta: stop, usage: usageOf(answer) })],
    done: [namedEvent('message_stop', {})],
  }
}
