import { isObject, type JsonObject, list, objects, str } from './json.ts'
import { badImage, badToolName, badToolSchema, overImageLimit, placed, reasons } from './openai.ts'
import type { Failure } from './script.ts'
import { bad, type ChecksOf, firstDuplicate, firstFailure, firstUnknown, type Incoming } from './strict.ts'

const parameters: ReadonlySet<string> = new Set(
  (
    'model messages stream stream_options temperature top_p n stop max_tokens max_completion_tokens presence_penalty ' +
    'frequency_penalty logit_bias logprobs top_logprobs user seed tools tool_choice parallel_tool_calls functions ' +
    'function_call response_format reasoning_effort verbosity metadata modalities audio prediction service_tier store ' +
    'prompt_cache_key prompt_cache_options prompt_cache_retention safety_identifier web_search_options'
  ).split(' '),
)

// reasoning_content is DeepSeek's; the imitators of this API share it.
const fields: ReadonlySet<string> = new Set(
  'role content name tool_calls tool_call_id refusal audio function_call reasoning_content'.split(' '),
)

const roles: ReadonlySet<string> = new Set(['system', 'developer', 'user', 'assistant', 'tool'])

const partTypes: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  ['system', new Set(['text'])],
  ['developer', new Set(['text'])],
  ['user', new Set(['text', 'image_url', 'input_audio', 'file'])],
  ['assistant', new Set(['text', 'refusal'])],
  ['tool', new Set(['text'])],
])

function messagesOf(request: Incoming): readonly JsonObject[] {
  return objects(request.body['messages'])
}

function callsOf(message: JsonObject | undefined): readonly JsonObject[] {
  return objects(message?.['tool_calls'])
}

function eachCall(
  request: Incoming,
  check: (call: JsonObject, path: string) => Failure | undefined,
): Failure | undefined {
  return firstFailure(messagesOf(request), (message, at) =>
    firstFailure(callsOf(message), (call, index) => check(call, `messages[${at}].tool_calls[${index}]`)),
  )
}

function checkParameter(request: Incoming): Failure | undefined {
  const name = firstUnknown(Object.keys(request.body), parameters)
  if (name !== undefined) return bad(`Unrecognized request argument supplied: ${name}`)
  return firstFailure(messagesOf(request), (message, at) => {
    const field = firstUnknown(Object.keys(message), fields)
    const param = `messages[${at}].${field}`
    return field === undefined ? undefined : bad(`Unknown parameter: '${param}'.`, { param, code: 'unknown_parameter' })
  })
}

function checkPart(part: JsonObject, role: string, param: string): Failure | undefined {
  const type = str(part['type'])
  const allowed = partTypes.get(role) ?? new Set<string>()
  if (type === 'image_url' && role !== 'user') {
    return bad(
      `Invalid '${param}'. Image URLs are only allowed for messages with role 'user', but this message with role '${role}' contains an image URL.`,
      { param, code: 'invalid_value' },
    )
  }
  if (!allowed.has(type)) {
    const supported = [...allowed].map(each => `'${each}'`).join(', ')
    return bad(`Invalid value: '${type}'. Supported values are: ${supported}.`, { param, code: 'invalid_value' })
  }
  if (type !== 'text' || typeof part['text'] === 'string') return undefined
  return bad(`Missing required parameter: '${param}.text'.`, { param, code: 'missing_required_parameter' })
}

function checkContent(request: Incoming): Failure | undefined {
  return firstFailure(messagesOf(request), (message, at) => {
    const { content, tool_calls } = message
    const param = `messages[${at}].content`
    if (Array.isArray(tool_calls) && tool_calls.length === 0) {
      return bad(
        `Invalid 'messages[${at}].tool_calls': empty array. Expected an array with minimum length 1, but got an empty array instead.`,
        { param: `messages[${at}].tool_calls`, code: 'empty_array' },
      )
    }
    if (typeof content === 'string') return undefined
    if (content === null || content === undefined) {
      if (message['role'] === 'assistant' && (callsOf(message).length > 0 || typeof message['refusal'] === 'string'))
        return undefined
      return bad(`Invalid value for 'content': expected a string, got null.`, { param })
    }
    if (!Array.isArray(content) || content.length === 0) {
      return bad(`Invalid type for '${param}': expected one of a string or array of objects.`, {
        param,
        code: 'invalid_type',
      })
    }
    return firstFailure(placed(content), ([index, part]) => checkPart(part, str(message['role']), `${param}[${index}]`))
  })
}

/** The ids of the tool messages that follow directly after the message at this place. */
function answersAfter(messages: readonly JsonObject[], at: number): readonly string[] {
  const ids: string[] = []
  for (let next = messages[at + 1]; next?.['role'] === 'tool'; next = messages[at + 1 + ids.length])
    ids.push(str(next['tool_call_id']))
  return ids
}

function checkCallWithoutResult(request: Incoming): Failure | undefined {
  const messages = messagesOf(request)
  return firstFailure(messages, (message, at) => {
    if (callsOf(message).length === 0) return undefined
    const answered = new Set(answersAfter(messages, at))
    const missing = callsOf(message)
      .map(call => str(call['id']))
      .filter(id => !answered.has(id))
    if (missing.length === 0) return undefined
    const must =
      "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'."
    const found = `The following tool_call_ids did not have response messages: ${missing.join(', ')}`
    return bad(`${must} ${found}`, { param: `messages.[${at + 1}].role` })
  })
}

function checkResultWithoutCall(request: Incoming): Failure | undefined {
  let open: ReadonlySet<string> = new Set()
  return firstFailure(messagesOf(request), (message, at) => {
    if (message['role'] !== 'tool') {
      open = new Set(callsOf(message).map(call => str(call['id'])))
      return undefined
    }
    const id = str(message['tool_call_id'])
    if (open.has(id)) return undefined
    if (open.size === 0) {
      return bad(
        "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with 'tool_calls'.",
        { param: `messages.[${at}].role` },
      )
    }
    return bad(`Invalid parameter: 'tool_call_id' of '${id}' not found in 'tool_calls' of previous message.`, {
      param: `messages.[${at}].tool_call_id`,
    })
  })
}

function checkDuplicateResult(request: Incoming): Failure | undefined {
  const messages = messagesOf(request)
  return firstFailure(messages, (message, at) => {
    const id = callsOf(message).length === 0 ? undefined : firstDuplicate(answersAfter(messages, at))
    return id === undefined
      ? undefined
      : bad(`Duplicate value for 'tool_call_id' of '${id}' in messages after messages[${at}].`, { param: 'messages' })
  })
}

function checkTools({ body }: Incoming): Failure | undefined {
  const { tools } = body
  if (Array.isArray(tools) && tools.length === 0) {
    return bad(
      "Invalid 'tools': empty array. Expected an array with minimum length 1, but got an empty array instead.",
      { param: 'tools', code: 'empty_array' },
    )
  }
  const needy = ['tool_choice', 'parallel_tool_calls'].find(name => tools === undefined && body[name] !== undefined)
  if (needy === undefined) return undefined
  return bad(`Invalid value for '${needy}': '${needy}' is only allowed when 'tools' are specified.`, { param: needy })
}

function functionsOf(request: Incoming): readonly JsonObject[] {
  return objects(request.body['tools']).map(tool => (isObject(tool['function']) ? tool['function'] : {}))
}

function checkSampling({ body, model }: Incoming): Failure | undefined {
  const { temperature } = body
  if (temperature === undefined || temperature === null) return undefined
  if (typeof temperature !== 'number' || temperature < 0 || temperature > 2) {
    return bad("Invalid 'temperature': expected a number between 0 and 2.", {
      param: 'temperature',
      code: 'decimal_above_max_value',
    })
  }
  if (!reasons(model) || temperature === 1) return undefined
  return bad(
    `Unsupported value: 'temperature' does not support ${temperature} with this model. Only the default (1) value is supported.`,
    { param: 'temperature', code: 'unsupported_value' },
  )
}

/** What OpenAI's Chat Completions refuse, in OpenAI's words. */
export const chatChecks: ChecksOf<'chat'> = {
  parameter: checkParameter,
  'max-tokens': ({ body, model }) => {
    if (body['max_tokens'] === undefined || !reasons(model)) return undefined
    return bad(
      "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
      { param: 'max_tokens', code: 'unsupported_parameter' },
    )
  },
  sampling: checkSampling,
  'stream-options': ({ body }) => {
    if (body['stream_options'] === undefined || body['stream'] === true) return undefined
    return bad("The 'stream_options' parameter is only allowed when 'stream' is enabled.", { param: 'stream_options' })
  },
  'no-messages': ({ body }) => {
    if (!Array.isArray(body['messages']))
      return bad("Missing required parameter: 'messages'.", { param: 'messages', code: 'missing_required_parameter' })
    if (body['messages'].length > 0) return undefined
    return bad(
      "Invalid 'messages': empty array. Expected an array with minimum length 1, but got an empty array instead.",
      { param: 'messages', code: 'empty_array' },
    )
  },
  role: request =>
    firstFailure(list(request.body['messages']), (message, at) => {
      const role = isObject(message) ? str(message['role']) : ''
      if (roles.has(role)) return undefined
      const param = `messages[${at}].role`
      return bad(
        `Invalid value: '${role}'. Supported values are: 'system', 'assistant', 'user', 'tool', and 'developer'.`,
        { param, code: 'invalid_value' },
      )
    }),
  content: checkContent,
  'call-id': request =>
    eachCall(request, (call, path) => {
      const id = str(call['id'])
      if (id === '')
        return bad(`Missing required parameter: '${path}.id'.`, {
          param: `${path}.id`,
          code: 'missing_required_parameter',
        })
      if (id.length <= 40) return undefined
      return bad(
        `Invalid '${path}.id': string too long. Expected a string with maximum length 40, but got a string with length ${id.length} instead.`,
        { param: `${path}.id`, code: 'string_above_max_length' },
      )
    }),
  'tool-input': request =>
    eachCall(request, (call, path) => {
      const use = isObject(call['function']) ? call['function'] : {}
      if (typeof use['arguments'] === 'string' && typeof use['name'] === 'string') return undefined
      const param = `${path}.function.arguments`
      return bad(
        `Invalid type for '${param}': expected a string, but got ${isObject(use['arguments']) ? 'an object' : 'something else'} instead.`,
        { param, code: 'invalid_type' },
      )
    }),
  'duplicate-call': request => {
    const id = firstDuplicate(messagesOf(request).flatMap(message => callsOf(message).map(call => call['id'])))
    return id === undefined
      ? undefined
      : bad(`Duplicate value for 'id' of tool call '${String(id)}'.`, { param: 'messages' })
  },
  'call-without-result': checkCallWithoutResult,
  'result-without-call': checkResultWithoutCall,
  'duplicate-result': checkDuplicateResult,
  tools: checkTools,
  'tool-name': request =>
    badToolName(
      functionsOf(request),
      at => `tools[${at}].function.name`,
      use => use['name'],
    ),
  'tool-schema': request =>
    firstFailure(functionsOf(request), (use, at) =>
      badToolSchema(str(use['name']), use['parameters'], `tools[${at}].function.parameters`),
    ),
  'tools-unsupported': ({ body, model, limits }) =>
    list(body['tools']).length > 0 && !limits.takesTools(model) ? bad(`${model} does not support tools`) : undefined,
  'foreign-reasoning': request =>
    firstFailure(messagesOf(request), (message, at) => {
      const text = str(message['reasoning_content'])
      if (text === '' || request.memory.knowsReasoning(request.model, text)) return undefined
      const param = `messages[${at}].reasoning_content`
      return bad(`Invalid '${param}': this reasoning does not come from the model '${request.model}'.`, { param })
    }),
  image: badImage,
  'image-limit': overImageLimit,
  'context-limit': ({ promptTokens, limits }) => {
    if (promptTokens <= limits.context) return undefined
    const found = `This model's maximum context length is ${limits.context} tokens. However, your messages resulted in ${promptTokens} tokens.`
    return bad(`${found} Please reduce the length of the messages.`, {
      param: 'messages',
      code: 'context_length_exceeded',
    })
  },
}
