import { isObject, type JsonObject, list, objects, str } from './json.ts'
import { opensFor } from './memory.ts'
import { badImage, badToolName, badToolSchema, overImageLimit, placed, reasons } from './openai.ts'
import { itemsOf, kindOf } from './responses-items.ts'
import type { Failure } from './script.ts'
import { bad, type ChecksOf, firstDuplicate, firstFailure, firstUnknown, type Incoming } from './strict.ts'

const parameters: ReadonlySet<string> = new Set(
  (
    'model input instructions stream stream_options store include tools tool_choice parallel_tool_calls max_tool_calls ' +
    'max_output_tokens temperature top_p top_logprobs reasoning text truncation metadata previous_response_id ' +
    'conversation background prompt prompt_cache_key prompt_cache_options prompt_cache_retention safety_identifier ' +
    'service_tier user context_management'
  ).split(' '),
)

const includes: ReadonlySet<string> = new Set(
  (
    'reasoning.encrypted_content message.input_image.image_url message.output_text.logprobs file_search_call.results ' +
    'web_search_call.results web_search_call.action.sources code_interpreter_call.outputs ' +
    'computer_call_output.output.image_url'
  ).split(' '),
)

const kinds: ReadonlySet<string> = new Set(
  'message function_call function_call_output reasoning item_reference'.split(' '),
)
const roles: ReadonlySet<string> = new Set('user assistant system developer'.split(' '))
const givenParts: ReadonlySet<string> = new Set('input_text input_image input_file'.split(' '))
const spokenParts: ReadonlySet<string> = new Set('output_text refusal'.split(' '))

const prefixes: ReadonlyMap<string, string> = new Map([
  ['message', 'msg'],
  ['function_call', 'fc'],
  ['reasoning', 'rs'],
])

function resolved(request: Incoming): readonly JsonObject[] {
  return itemsOf(request.body, id => request.memory.item(id)?.item)
}

function callIds(request: Incoming, kind: string): readonly string[] {
  return resolved(request)
    .filter(item => item['type'] === kind)
    .map(item => str(item['call_id']))
}

function eachItem(
  request: Incoming,
  kind: string,
  check: (item: JsonObject, path: string) => Failure | undefined,
): Failure | undefined {
  return firstFailure(placed(request.body['input']), ([at, item]) =>
    kindOf(item) === kind ? check(item, `input[${at}]`) : undefined,
  )
}

function unsupported(value: string, allowed: ReadonlySet<string>, param: string): Failure {
  const supported = [...allowed].map(each => `'${each}'`).join(', ')
  return bad(`Invalid value: '${value}'. Supported values are: ${supported}.`, { param, code: 'invalid_value' })
}

function checkRole(request: Incoming): Failure | undefined {
  const { input } = request.body
  if (typeof input === 'string') return undefined
  return firstFailure(list(input), (item, at) => {
    const kind = isObject(item) ? kindOf(item) : ''
    if (!kinds.has(kind)) return unsupported(kind, kinds, `input[${at}]`)
    const role = isObject(item) ? str(item['role']) : ''
    return kind === 'message' && !roles.has(role) ? unsupported(role, roles, `input[${at}].role`) : undefined
  })
}

function checkParts(content: unknown, allowed: ReadonlySet<string>, param: string): Failure | undefined {
  if (typeof content === 'string') return undefined
  if (!Array.isArray(content)) {
    return bad(`Invalid type for '${param}': expected one of an array of objects or string.`, {
      param,
      code: 'invalid_type',
    })
  }
  return firstFailure(placed(content), ([index, part]) => {
    const type = str(part['type'])
    if (!allowed.has(type)) return unsupported(type, allowed, `${param}[${index}]`)
    if (!type.endsWith('_text') || typeof part['text'] === 'string') return undefined
    return bad(`Missing required parameter: '${param}[${index}].text'.`, {
      param: `${param}[${index}].text`,
      code: 'missing_required_parameter',
    })
  })
}

function checkContent(request: Incoming): Failure | undefined {
  return (
    eachItem(request, 'message', (item, path) =>
      checkParts(item['content'], item['role'] === 'assistant' ? spokenParts : givenParts, `${path}.content`),
    ) ??
    eachItem(request, 'function_call_output', (item, path) => checkParts(item['output'], givenParts, `${path}.output`))
  )
}

function checkCallId(request: Incoming): Failure | undefined {
  const check = (item: JsonObject, path: string): Failure | undefined => {
    const param = `${path}.call_id`
    const id = str(item['call_id'])
    if (id === '') return bad(`Missing required parameter: '${param}'.`, { param, code: 'missing_required_parameter' })
    if (id.length <= 64) return undefined
    return bad(
      `Invalid '${param}': string too long. Expected a string with maximum length 64, but got a string with length ${id.length} instead.`,
      { param, code: 'string_above_max_length' },
    )
  }
  return eachItem(request, 'function_call', check) ?? eachItem(request, 'function_call_output', check)
}

/** A result that stands before its call answers nothing, so both are looked for in their order. */
function unmatched(request: Incoming): { readonly calls: ReadonlySet<string>; readonly results: readonly string[] } {
  const open = new Set<string>()
  const answered = new Set<string>()
  const results: string[] = []
  for (const item of resolved(request)) {
    const id = str(item['call_id'])
    if (item['type'] === 'function_call') open.add(id)
    if (item['type'] !== 'function_call_output' || answered.has(id)) continue
    if (open.delete(id)) answered.add(id)
    else results.push(id)
  }
  return { calls: open, results }
}

function checkItemId(request: Incoming): Failure | undefined {
  if (typeof request.body['previous_response_id'] === 'string') {
    const id = request.body['previous_response_id']
    return bad(`Previous response with id '${id}' not found.`, {
      param: 'previous_response_id',
      code: 'previous_response_not_found',
    })
  }
  return firstFailure(placed(request.body['input']), ([at, item]) => {
    const kind = kindOf(item)
    const id = item['id']
    const isGone = typeof id === 'string' && !request.memory.item(id)
    if (
      isGone &&
      (kind === 'item_reference' || (kind === 'reasoning' && typeof item['encrypted_content'] !== 'string'))
    ) {
      const hint =
        'Items are not persisted when `store` is set to false. Try again with `store` set to true, or remove this item from your input.'
      return { status: 404, message: `Item with id '${id}' not found. ${hint}`, param: 'input', code: null }
    }
    const prefix = prefixes.get(kind)
    if (typeof id !== 'string' || prefix === undefined || id.startsWith(prefix)) return undefined
    const param = `input[${at}].id`
    return bad(`Invalid '${param}': '${id}'. Expected an ID that begins with '${prefix}'.`, {
      param,
      code: 'invalid_value',
    })
  })
}

function mustFollow(item: JsonObject, next: JsonObject | undefined): Failure | undefined {
  if (kindOf(item) !== 'reasoning') return undefined
  const kind = next ? kindOf(next) : ''
  if (kind === 'function_call' || kind === 'reasoning' || (kind === 'message' && next?.['role'] === 'assistant'))
    return undefined
  return bad(`Item '${str(item['id'])}' of type 'reasoning' was provided without its required following item.`, {
    param: 'input',
  })
}

function checkReasoningOrder(request: Incoming): Failure | undefined {
  const items = resolved(request)
  return firstFailure(items, (item, at) => {
    const id = str(item['id'])
    const needed = request.memory.item(id)?.reasoningId
    if (needed !== undefined && str(items[at - 1]?.['id']) !== needed) {
      return bad(
        `Item '${id}' of type '${kindOf(item)}' was provided without its required 'reasoning' item: '${needed}'.`,
        { param: 'input' },
      )
    }
    return mustFollow(item, items[at + 1])
  })
}

function checkForeignReasoning(request: Incoming): Failure | undefined {
  return firstFailure(resolved(request), item => {
    if (kindOf(item) !== 'reasoning') return undefined
    const id = str(item['id'])
    const sealed = item['encrypted_content']
    const isOwn =
      typeof sealed === 'string' ? opensFor(request.model, sealed) : request.memory.item(id)?.model === request.model
    return isOwn
      ? undefined
      : bad(`The encrypted content for item ${id} could not be verified.`, { code: 'invalid_encrypted_content' })
  })
}

function functionsOf(request: Incoming): readonly JsonObject[] {
  return objects(request.body['tools']).filter(tool => tool['type'] === 'function')
}

/** What OpenAI's Responses API refuses, in OpenAI's words. */
export const responsesChecks: ChecksOf<'responses'> = {
  parameter: ({ body }) => {
    const param = firstUnknown(Object.keys(body), parameters)
    return param === undefined ? undefined : bad(`Unknown parameter: '${param}'.`, { param, code: 'unknown_parameter' })
  },
  'max-tokens': ({ body }) => {
    const most = body['max_output_tokens']
    if (typeof most !== 'number' || most >= 16) return undefined
    const param = 'max_output_tokens'
    return bad(`Invalid '${param}': integer below minimum value. Expected a value >= 16, but got ${most} instead.`, {
      param,
      code: 'integer_below_min_value',
    })
  },
  sampling: ({ body, model }) => {
    if (body['temperature'] === undefined || !reasons(model)) return undefined
    return bad("Unsupported parameter: 'temperature' is not supported with this model.", { param: 'temperature' })
  },
  include: ({ body }) => {
    const values = list(body['include'])
    const unknown = firstUnknown(values.map(String), includes)
    return unknown === undefined ? undefined : unsupported(unknown, includes, 'include')
  },
  'no-messages': ({ body }) => {
    if (typeof body['input'] === 'string' && body['input'] !== '') return undefined
    if (Array.isArray(body['input']) && body['input'].length > 0) return undefined
    return bad("One of 'input' or 'previous_response_id' or 'prompt' or 'conversation_id' must be provided.", {
      param: 'input',
      code: 'missing_required_parameter',
    })
  },
  role: checkRole,
  content: checkContent,
  'call-id': checkCallId,
  'tool-input': request =>
    eachItem(request, 'function_call', (item, path) => {
      if (typeof item['arguments'] === 'string') return undefined
      const param = `${path}.arguments`
      return bad(
        `Invalid type for '${param}': expected a string, but got ${isObject(item['arguments']) ? 'an object' : 'something else'} instead.`,
        { param, code: 'invalid_type' },
      )
    }),
  'duplicate-call': request => {
    const id = firstDuplicate(callIds(request, 'function_call'))
    return id === undefined
      ? undefined
      : bad(`Duplicate item found with call_id ${id}. Remove duplicate items from your input and try again.`, {
          param: 'input',
        })
  },
  'call-without-result': request => {
    const [id] = unmatched(request).calls
    return id === undefined ? undefined : bad(`No tool output found for function call ${id}.`, { param: 'input' })
  },
  'result-without-call': request => {
    const [id] = unmatched(request).results
    return id === undefined
      ? undefined
      : bad(`No tool call found for function call output with call_id ${id}.`, { param: 'input' })
  },
  'duplicate-result': request => {
    const id = firstDuplicate(callIds(request, 'function_call_output'))
    return id === undefined ? undefined : bad(`Multiple outputs found for function call ${id}.`, { param: 'input' })
  },
  'tool-name': request =>
    badToolName(
      functionsOf(request),
      at => `tools[${at}].name`,
      tool => tool['name'],
    ),
  'tool-schema': request =>
    firstFailure(functionsOf(request), (tool, at) =>
      badToolSchema(str(tool['name']), tool['parameters'], `tools[${at}].parameters`),
    ),
  'item-id': checkItemId,
  'reasoning-order': checkReasoningOrder,
  'foreign-reasoning': checkForeignReasoning,
  image: badImage,
  'image-limit': overImageLimit,
  'context-limit': ({ promptTokens, limits }) =>
    promptTokens > limits.context
      ? bad('Your input exceeds the context window of this model. Please adjust your input and try again.', {
          param: 'input',
          code: 'context_length_exceeded',
        })
      : undefined,
}
