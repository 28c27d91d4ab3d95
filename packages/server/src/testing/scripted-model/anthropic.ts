import { anthropicEvents, anthropicWhole } from './anthropic-answer.ts'
import { anthropicChecks } from './anthropic-checks.ts'
import { bearerKey, checkMap, type Dialect, namedEvent, typeFor } from './dialect.ts'
import type { FoundImage } from './image.ts'
import { isObject, type JsonObject, list, objects, str, textOf } from './json.ts'
import { type CallView, type MessageView, message, type RequestParts, type ResultView } from './request.ts'
import type { Failure } from './script.ts'

const errorTypes = new Map([
  [400, 'invalid_request_error'],
  [401, 'authentication_error'],
  [402, 'billing_error'],
  [403, 'permission_error'],
  [404, 'not_found_error'],
  [413, 'request_too_large'],
  [429, 'rate_limit_error'],
  [504, 'timeout_error'],
  [529, 'overloaded_error'],
])

function error(failure: Failure): JsonObject {
  const type =
    failure.type ?? typeFor(failure.status, errorTypes, failure.status < 500 ? 'invalid_request_error' : 'api_error')
  return { type: 'error', error: { type, message: failure.message } }
}

/** The blocks of a message, a plain string being one text block. */
export function blocksOf(content: unknown): readonly JsonObject[] {
  return typeof content === 'string' ? [{ type: 'text', text: content }] : objects(content)
}

function joinText(blocks: readonly JsonObject[], type: string, field: string): string {
  return blocks
    .filter(block => block['type'] === type)
    .map(block => str(block[field]))
    .join('')
}

function resultOf(block: JsonObject): ResultView {
  return { callId: str(block['tool_use_id']), text: textOf(block['content']), isError: block['is_error'] === true }
}

function callOf(block: JsonObject): CallView {
  const args = block['input']
  return { id: str(block['id']), name: str(block['name']), argumentsText: JSON.stringify(args) ?? '', args }
}

function userViews(blocks: readonly JsonObject[]): readonly MessageView[] {
  const toolResults = blocks.filter(block => block['type'] === 'tool_result').map(resultOf)
  const images = blocks.filter(block => block['type'] === 'image').length
  const text = joinText(blocks, 'text', 'text')
  const results = toolResults.length > 0 ? [message('tool', { toolResults })] : []
  return text !== '' || images > 0 ? [...results, message('user', { text, images })] : results
}

function assistantView(blocks: readonly JsonObject[]): MessageView {
  return message('assistant', {
    text: joinText(blocks, 'text', 'text'),
    reasoning: joinText(blocks, 'thinking', 'thinking'),
    toolCalls: blocks.filter(block => block['type'] === 'tool_use').map(callOf),
  })
}

function read(body: JsonObject): RequestParts {
  const metadata = body['metadata']
  return {
    system: textOf(body['system']),
    messages: objects(body['messages']).flatMap(each => {
      const blocks = blocksOf(each['content'])
      return each['role'] === 'assistant' ? [assistantView(blocks)] : userViews(blocks)
    }),
    tools: objects(body['tools']).map(tool => ({
      name: str(tool['name']),
      description: str(tool['description']),
      schema: tool['input_schema'],
    })),
    hint: isObject(metadata) ? str(metadata['user_id']) : '',
  }
}

function imageIn(block: JsonObject, path: string): readonly FoundImage[] {
  const source = block['source']
  if (block['type'] !== 'image' || !isObject(source) || source['type'] !== 'base64') return []
  return [{ path: `${path}.image.source.base64`, mediaType: str(source['media_type']), base64: str(source['data']) }]
}

function images(body: JsonObject): readonly FoundImage[] {
  const found: FoundImage[] = []
  for (const [at, each] of list(body['messages']).entries()) {
    if (!isObject(each) || typeof each['content'] === 'string') continue
    for (const [index, block] of objects(each['content']).entries()) {
      const path = `messages.${at}.content.${index}`
      found.push(...imageIn(block, path))
      if (block['type'] !== 'tool_result') continue
      for (const [inner, part] of objects(block['content']).entries()) {
        found.push(...imageIn(part, `${path}.tool_result.content.${inner}`))
      }
    }
  }
  return found
}

/** The Messages API of Anthropic, version 2023-06-01. */
export const anthropic: Dialect = {
  name: 'anthropic',
  checks: checkMap(anthropicChecks),
  key(headers) {
    const key = headers['x-api-key']
    return typeof key === 'string' ? key : bearerKey(headers)
  },
  wrongKey: key => ({ status: 401, message: key === undefined ? 'x-api-key header is required' : 'invalid x-api-key' }),
  unknownModel: model => ({ status: 404, message: `model: ${model}` }),
  read,
  images,
  error,
  errorEvent: failure => namedEvent('error', error(failure)),
  whole: anthropicWhole,
  events: anthropicEvents,
}
