import {
  checkCallWithoutResult,
  checkDuplicateCall,
  checkDuplicateResult,
  checkResultNotFirst,
  checkResultWithoutCall,
  eachBlock,
  messagesOf,
} from './anthropic-pairing.ts'
import { betaHeader, extraParameters, parameters } from './anthropic-parameters.ts'
import { imageBytes, longestSide, tooLarge, unreadable } from './image.ts'
import { isObject, type JsonObject, list, objects, str } from './json.ts'
import { opensFor, sealOf } from './memory.ts'
import type { Failure } from './script.ts'
import { bad, type ChecksOf, firstDuplicate, firstFailure, firstUnknown, type Incoming } from './strict.ts'

const blockTypes: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  ['user', new Set(['text', 'image', 'document', 'tool_result', 'search_result'])],
  ['assistant', new Set(['text', 'thinking', 'redacted_thinking', 'tool_use'])],
  ['system', new Set(['text'])],
])

function checkContent(request: Incoming): Failure | undefined {
  return firstFailure(messagesOf(request), (message, at) => {
    const content = message['content']
    if (typeof content === 'string') return undefined
    if (!Array.isArray(content)) return bad(`messages.${at}.content: Input should be a valid list`)
    return firstFailure(content, (block: unknown, index) => {
      const path = `messages.${at}.content.${index}`
      if (!isObject(block)) return bad(`${path}: Input should be a valid dictionary or object`)
      const type = str(block['type'])
      const allowed = blockTypes.get(str(message['role']))
      if (!allowed?.has(type))
        return bad(`${path}: Input tag '${type}' found using 'type' does not match any of the expected tags`)
      if (type === 'text' && typeof block['text'] !== 'string')
        return bad(`${path}.text.text: Input should be a valid string`)
      return undefined
    })
  })
}

function blankText(text: string, where: string): Failure | undefined {
  if (text === '') return bad(`${where}: text content blocks must be non-empty`)
  return text.trim() === '' ? bad(`${where}: text content blocks must contain non-whitespace text`) : undefined
}

function blankBlock(block: JsonObject, path: string): Failure | undefined {
  if (block['type'] === 'text') return blankText(str(block['text']), 'messages')
  if (block['type'] !== 'tool_result') return undefined
  const content = block['content'] ?? ''
  const isEmpty = content === '' || (Array.isArray(content) && content.length === 0)
  if (isEmpty && block['is_error'] === true)
    return bad(`${path}.tool_result: content cannot be empty if \`is_error\` is true`)
  const texts = objects(content).filter(part => part['type'] === 'text')
  return firstFailure(texts, part => blankText(str(part['text']), 'messages'))
}

function checkEmptyText(request: Incoming): Failure | undefined {
  const messages = messagesOf(request)
  const system = objects(request.body['system'])
  return (
    firstFailure(system, block => blankText(str(block['text']), 'system')) ??
    firstFailure(messages, (message, at) => {
      const content = message['content']
      const isLastAnswer = at === messages.length - 1 && message['role'] === 'assistant'
      if (isLastAnswer) return undefined
      if (typeof content === 'string') return blankText(content, 'messages')
      if (list(content).length > 0 || message['role'] === 'system') return undefined
      return bad(
        `messages.${at}: all messages must have non-empty content except for the optional final assistant message`,
      )
    }) ??
    eachBlock(request, blankBlock)
  )
}

function checkTrailingSpace(request: Incoming): Failure | undefined {
  const last = messagesOf(request).at(-1)
  if (last?.['role'] !== 'assistant') return undefined
  const block = objects(last['content']).at(-1)
  const text = typeof last['content'] === 'string' ? last['content'] : str(block?.['text'])
  return text === text.trimEnd()
    ? undefined
    : bad('messages: final assistant content cannot end with trailing whitespace')
}

function checkTools(request: Incoming): Failure | undefined {
  if (list(request.body['tools']).length > 0) {
    return undefined
  }
  if (isObject(request.body['tool_choice']))
    return bad('tool_choice: `tool_choice` may only be specified while providing `tools`')
  const uses = eachBlock(request, block =>
    block['type'] === 'tool_use' || block['type'] === 'tool_result' ? bad('') : undefined,
  )
  return uses && bad('Requests which include `tool_use` or `tool_result` blocks must define tools')
}

function checkToolSchema(request: Incoming): Failure | undefined {
  return firstFailure(objects(request.body['tools']), (tool, at) => {
    const schema = tool['input_schema']
    if (!isObject(schema)) return bad(`tools.${at}.custom.input_schema: Field required`)
    if (schema['type'] === undefined) return bad(`tools.${at}.custom.input_schema.type: Field required`)
    return schema['type'] === 'object'
      ? undefined
      : bad(`tools.${at}.custom.input_schema.type: Input should be 'object'`)
  })
}

function checkToolName(request: Incoming): Failure | undefined {
  return firstFailure(objects(request.body['tools']), (tool, at) => {
    if (/^[a-zA-Z0-9_-]{1,128}$/.test(str(tool['name']))) return undefined
    return bad(`tools.${at}.custom.name: String should match pattern '^[a-zA-Z0-9_-]{1,128}$'`)
  })
}

function marksIn(value: unknown): number {
  return objects(value).reduce(
    (sum, each) => sum + (isObject(each['cache_control']) ? 1 : 0) + marksIn(each['content']),
    0,
  )
}

function checkCacheMarks(request: Incoming): Failure | undefined {
  const { system, tools, messages, cache_control } = request.body
  const marks = marksIn(system) + marksIn(tools) + marksIn(messages) + (isObject(cache_control) ? 1 : 0)
  return marks <= 4 ? undefined : bad(`A maximum of 4 blocks with cache_control may be provided. Found ${marks}.`)
}

function checkReasoning(request: Incoming): Failure | undefined {
  return eachBlock(request, (block, path) => {
    if (block['type'] === 'thinking' && str(block['signature']) !== sealOf(request.model, str(block['thinking']))) {
      return bad(`${path}: Invalid \`signature\` in \`thinking\` block`)
    }
    if (block['type'] === 'redacted_thinking' && !opensFor(request.model, str(block['data']))) {
      return bad(`${path}: Invalid \`data\` in \`redacted_thinking\` block`)
    }
    return undefined
  })
}

function checkImageLimit({ images, limits }: Incoming): Failure | undefined {
  if (images.length > 100) return bad(`messages: too many images: ${images.length} > 100 maximum`)
  const most = limits.image ?? 5 * 1024 * 1024
  const large = tooLarge(
    images,
    most,
    (image, bytes) =>
      `${image.path}: image exceeds ${Math.round(most / 1024 / 1024)} MB maximum: ${bytes} bytes > ${most} bytes`,
  )
  const side = images.length > 20 ? 2000 : 8000
  const wide = images.find(image => imageBytes(image) <= most && longestSide(image) > side)
  return (
    large ?? (wide && bad(`${wide.path}: At least one of the image dimensions exceed max allowed size: ${side} pixels`))
  )
}

function checkParameter(request: Incoming): Failure | undefined {
  const extra = extraParameters(betaHeader(request.headers))
  const unknown = Object.keys(request.body).find(name => !parameters.has(name) && !extra.has(name))
  if (unknown !== undefined) return bad(`${unknown}: Extra inputs are not permitted`)
  return firstFailure(messagesOf(request), (message, at) => {
    const field = firstUnknown(Object.keys(message), new Set(['role', 'content', 'clear_at', 'output_config']))
    return field === undefined ? undefined : bad(`messages.${at}.${field}: Extra inputs are not permitted`)
  })
}

function checkMaxTokens({ body }: Incoming): Failure | undefined {
  const most = body['max_tokens']
  if (most === undefined) return bad('max_tokens: Field required')
  if (typeof most !== 'number' || !Number.isInteger(most)) return bad('max_tokens: Input should be a valid integer')
  if (most < 1) return bad('max_tokens: Input should be greater than or equal to 1')
  const thinking = isObject(body['thinking']) ? body['thinking'] : {}
  const budget = thinking['type'] === 'enabled' ? Number(thinking['budget_tokens']) : undefined
  if (budget === undefined) return undefined
  if (!(budget >= 1024)) return bad('thinking.enabled.budget_tokens: Input should be greater than or equal to 1024')
  return budget < most ? undefined : bad('`max_tokens` must be greater than `thinking.budget_tokens`')
}

function checkSampling({ body }: Incoming): Failure | undefined {
  const temperature = body['temperature']
  if (temperature === undefined) return undefined
  if (typeof temperature !== 'number' || temperature < 0 || temperature > 1) return bad('temperature: range: 0..1')
  const thinks = isObject(body['thinking']) && body['thinking']['type'] === 'enabled'
  return thinks && temperature !== 1 ? bad('`temperature` may only be set to 1 when thinking is enabled.') : undefined
}

function checkRole(request: Incoming): Failure | undefined {
  const mayTurnSystem = betaHeader(request.headers).includes('mid-conversation-system')
  return firstFailure(messagesOf(request), ({ role }, at) => {
    if (role === 'user' || role === 'assistant' || (role === 'system' && mayTurnSystem)) return undefined
    if (role !== 'system') return bad(`messages.${at}.role: Input should be 'user' or 'assistant'`)
    return bad(
      'messages: Unexpected role "system". The Messages API accepts a top-level `system` parameter, not "system" as an input message role.',
    )
  })
}

/** What Anthropic refuses, in Anthropic's words. */
export const anthropicChecks: ChecksOf<'anthropic'> = {
  parameter: checkParameter,
  'max-tokens': checkMaxTokens,
  sampling: checkSampling,
  'no-messages': ({ body }) => {
    if (!Array.isArray(body['messages'])) return bad('messages: Field required')
    return body['messages'].length === 0 ? bad('messages: at least one message is required') : undefined
  },
  role: checkRole,
  content: checkContent,
  'first-message': request => {
    const isUser = messagesOf(request)[0]?.['role'] === 'user'
    return isUser ? undefined : bad('messages: first message must use the "user" role')
  },
  'empty-text': checkEmptyText,
  'trailing-space': checkTrailingSpace,
  'call-id': request =>
    eachBlock(request, (block, path) => {
      if (block['type'] !== 'tool_use' || /^[a-zA-Z0-9_-]+$/.test(str(block['id']))) return undefined
      return bad(`${path}.tool_use.id: String should match pattern '^[a-zA-Z0-9_-]+$'`)
    }),
  'tool-input': request =>
    eachBlock(request, (block, path) => {
      if (block['type'] !== 'tool_use' || isObject(block['input'])) return undefined
      return bad(`${path}.tool_use.input: Input should be a valid dictionary`)
    }),
  'duplicate-call': checkDuplicateCall,
  'result-not-first': checkResultNotFirst,
  'call-without-result': checkCallWithoutResult,
  'result-without-call': checkResultWithoutCall,
  'duplicate-result': checkDuplicateResult,
  tools: checkTools,
  'tool-name': checkToolName,
  'tool-schema': checkToolSchema,
  'duplicate-tool': ({ body }) => {
    const name = firstDuplicate(objects(body['tools']).map(tool => tool['name']))
    return name === undefined ? undefined : bad('tools: Tool names must be unique.')
  },
  'cache-marks': checkCacheMarks,
  'foreign-reasoning': checkReasoning,
  image: ({ images }) =>
    unreadable(images, (image, claimed) =>
      bad(
        claimed
          ? `${image.path}: The image was specified using the ${image.mediaType} media type, but does not appear to be a ${image.mediaType} image`
          : `${image.path}: Could not process image`,
      ),
    ),
  'image-limit': checkImageLimit,
  'context-limit': ({ promptTokens, limits }) =>
    promptTokens > limits.context
      ? bad(`prompt is too long: ${promptTokens} tokens > ${limits.context} maximum`)
      : undefined,
}
