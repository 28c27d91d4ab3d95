import { type Answer, type EventStreamText, namedEvent } from './dialect.ts'
import { type JsonObject, list } from './json.ts'
import { freshId, opaqueSeal } from './memory.ts'
import type { Part } from './script.ts'

function usageOf({ usage }: Answer): JsonObject {
  return {
    input_tokens: usage.input,
    input_tokens_details: {
      cached_tokens: usage.cached,
      ...(usage.cacheWrite > 0 && { cache_write_tokens: usage.cacheWrite }),
    },
    output_tokens: usage.output,
    output_tokens_details: { reasoning_tokens: usage.reasoning },
    total_tokens: usage.input + usage.output,
  }
}

function ending(answer: Answer): JsonObject {
  if (answer.stop === 'auto') return { status: 'completed', incomplete_details: null }
  const reason = answer.stop === 'length' ? 'max_output_tokens' : 'content_filter'
  return { status: 'incomplete', incomplete_details: { reason } }
}

interface Item {
  readonly part: Part
  readonly id: string
  /** The item as it stands at the end; at the start its text is missing. */
  readonly whole: JsonObject
}

function itemOf(answer: Answer, part: Part): Item {
  const text = part.deltas.join('')
  switch (part.type) {
    case 'text': {
      const id = freshId('msg_')
      const content = [{ type: 'output_text', text, annotations: [], logprobs: [] }]
      return { part, id, whole: { type: 'message', id, status: 'completed', role: 'assistant', content } }
    }
    case 'thinking': {
      const id = freshId('rs_')
      const summary = part.redacted || text === '' ? [] : [{ type: 'summary_text', text }]
      const sealed = list(answer.request['include']).includes('reasoning.encrypted_content')
      return {
        part,
        id,
        whole: { type: 'reasoning', id, summary, ...(sealed && { encrypted_content: opaqueSeal(answer.model) }) },
      }
    }
    case 'call': {
      const id = freshId('fc_')
      const call_id = part.id ?? freshId('call_')
      return {
        part,
        id,
        whole: { type: 'function_call', id, call_id, name: part.name, arguments: text, status: 'completed' },
      }
    }
  }
}

/** The items of an answer, kept for later references unless the client asked not to store them. */
function itemsOfAnswer(answer: Answer): readonly Item[] {
  const items = answer.parts.map(part => itemOf(answer, part))
  if (answer.request['store'] === false) return items
  for (const [at, { id, whole }] of items.entries()) {
    const before = items[at - 1]
    const reasoningId = before?.part.type === 'thinking' ? before.id : undefined
    answer.memory.keepItem(id, { item: whole, model: answer.model, reasoningId })
  }
  return items
}

function shell(answer: Answer): JsonObject {
  return {
    id: freshId('resp_'),
    object: 'response',
    created_at: Math.floor(Date.now() / 1000),
    model: answer.model,
    error: null,
    store: answer.request['store'] !== false,
  }
}

/** The answer to a request without `stream`. */
export function responsesWhole(answer: Answer): JsonObject {
  const output = itemsOfAnswer(answer).map(item => item.whole)
  return { ...shell(answer), ...ending(answer), output, usage: usageOf(answer) }
}

type Emit = (type: string, data: JsonObject) => void

function textEvents(emit: Emit, { part, id, whole }: Item, output_index: number): void {
  const place = { item_id: id, output_index, content_index: 0 }
  const text = part.deltas.join('')
  emit('response.output_item.added', { output_index, item: { ...whole, status: 'in_progress', content: [] } })
  emit('response.content_part.added', { ...place, part: { type: 'output_text', text: '', annotations: [] } })
  for (const delta of part.deltas) emit('response.output_text.delta', { ...place, delta, logprobs: [] })
  emit('response.output_text.done', { ...place, text, logprobs: [] })
  emit('response.content_part.done', { ...place, part: { type: 'output_text', text, annotations: [] } })
}

function reasoningEvents(emit: Emit, { part, id, whole }: Item, output_index: number): void {
  const place = { item_id: id, output_index, summary_index: 0 }
  const text = part.deltas.join('')
  emit('response.output_item.added', { output_index, item: { ...whole, summary: [] } })
  if (list(whole['summary']).length === 0) return
  emit('response.reasoning_summary_part.added', { ...place, part: { type: 'summary_text', text: '' } })
  for (const delta of part.deltas) emit('response.reasoning_summary_text.delta', { ...place, delta })
  emit('response.reasoning_summary_text.done', { ...place, text })
  emit('response.reasoning_summary_part.done', { ...place, part: { type: 'summary_text', text } })
}

function callEvents(emit: Emit, { part, id, whole }: Item, output_index: number): void {
  const place = { item_id: id, output_index }
  emit('response.output_item.added', { output_index, item: { ...whole, status: 'in_progress', arguments: '' } })
  for (const delta of part.deltas) emit('response.function_call_arguments.delta', { ...place, delta })
  emit('response.function_call_arguments.done', { ...place, arguments: part.deltas.join('') })
}

const eventsOf = { text: textEvents, thinking: reasoningEvents, call: callEvents }

/** The answer to a request with `stream`. */
export function responsesEvents(answer: Answer): EventStreamText {
  const events: string[] = []
  let sequence_number = 0
  const emit: Emit = (type, data) => events.push(namedEvent(type, { sequence_number: sequence_number++, ...data }))
  const items = itemsOfAnswer(answer)
  const begun = shell(answer)
  const fresh = { ...begun, status: 'in_progress', incomplete_details: null, output: [], usage: null }
  emit('response.created', { response: fresh })
  emit('response.in_progress', { response: fresh })
  for (const [output_index, item] of items.entries()) {
    eventsOf[item.part.type](emit, item, output_index)
    emit('response.output_item.done', { output_index, item: item.whole })
  }
  const content = events.splice(0)
  const output = items.map(item => item.whole)
  const response = { ...begun, ...ending(answer), output, usage: usageOf(answer) }
  emit(answer.stop === 'auto' ? 'response.completed' : 'response.incomplete', { response })
  return { content, finish: [], done: events }
}
