import { checkMap, type Dialect, dataEvent, typeFor } from './dialect.ts'
import { googleEvents, googleWhole } from './google-answer.ts'
import { googleChecks } from './google-checks.ts'
import type { FoundImage } from './image.ts'
import { isObject, type JsonObject, objects, str, textOf } from './json.ts'
import { placed } from './openai.ts'
import { type CallView, type MessageView, message, type RequestParts, type ResultView } from './request.ts'
import type { Failure } from './script.ts'

const statuses = new Map([
  [400, 'INVALID_ARGUMENT'],
  [401, 'UNAUTHENTICATED'],
  [403, 'PERMISSION_DENIED'],
  [404, 'NOT_FOUND'],
  [429, 'RESOURCE_EXHAUSTED'],
  [503, 'UNAVAILABLE'],
  [504, 'DEADLINE_EXCEEDED'],
])

function error(failure: Failure): JsonObject {
  const status =
    failure.type ?? typeFor(failure.status, statuses, failure.status < 500 ? 'INVALID_ARGUMENT' : 'INTERNAL')
  return { error: { code: failure.status, message: failure.message, status } }
}

function callsIn(parts: readonly JsonObject[]): readonly CallView[] {
  return parts.flatMap(part => {
    const call = part['functionCall']
    if (!isObject(call)) return []
    return [
      {
        id: str(call['id']),
        name: str(call['name']),
        argumentsText: JSON.stringify(call['args']) ?? '',
        args: call['args'],
      },
    ]
  })
}

function resultsIn(parts: readonly JsonObject[]): readonly ResultView[] {
  return parts.flatMap(part => {
    const result = part['functionResponse']
    if (!isObject(result)) return []
    const response = isObject(result['response']) ? (result['response']['content'] ?? result['response']) : ''
    const text = typeof response === 'string' ? response : JSON.stringify(response)
    return [{ callId: str(result['id']) || str(result['name']), text, isError: false }]
  })
}

function views(content: JsonObject): readonly MessageView[] {
  const parts = objects(content['parts'])
  const text = textOf(parts.filter(part => part['thought'] !== true))
  if (content['role'] === 'model') {
    const reasoning = textOf(parts.filter(part => part['thought'] === true))
    return [message('assistant', { text, reasoning, toolCalls: callsIn(parts) })]
  }
  const toolResults = resultsIn(parts)
  const images = parts.filter(part => isObject(part['inlineData'])).length
  const results = toolResults.length > 0 ? [message('tool', { toolResults })] : []
  return text !== '' || images > 0 ? [...results, message('user', { text, images })] : results
}

function read(body: JsonObject): RequestParts {
  const system = body['systemInstruction']
  return {
    system: isObject(system) ? textOf(system['parts']) : '',
    messages: objects(body['contents']).flatMap(views),
    tools: objects(body['tools'])
      .flatMap(tool => objects(tool['functionDeclarations']))
      .map(tool => ({
        name: str(tool['name']),
        description: str(tool['description']),
        schema: tool['parametersJsonSchema'] ?? tool['parameters'],
      })),
    hint: '',
  }
}

function images(body: JsonObject): readonly FoundImage[] {
  const found: FoundImage[] = []
  for (const [at, content] of placed(body['contents'])) {
    for (const [index, part] of placed(content['parts'])) {
      const data = part['inlineData']
      if (!isObject(data) || !str(data['mimeType']).startsWith('image/')) continue
      found.push({
        path: `contents[${at}].parts[${index}]`,
        mediaType: str(data['mimeType']),
        base64: str(data['data']),
      })
    }
  }
  return found
}

/** Google's Gemini API, v1beta. */
export const google: Dialect = {
  name: 'google',
  checks: checkMap(googleChecks),
  key(headers) {
    const key = headers['x-goog-api-key']
    return typeof key === 'string' ? key : undefined
  },
  wrongKey: key =>
    key === undefined
      ? {
          status: 403,
          message:
            "Method doesn't allow unregistered callers. Please use API Key or other form of API consumer identity to call this API.",
        }
      : { status: 400, message: 'API key not valid. Please pass a valid API key.' },
  unknownModel: model => ({
    status: 404,
    message: `models/${model} is not found for API version v1beta, or is not supported for generateContent.`,
  }),
  read,
  images,
  error,
  errorEvent: failure => dataEvent(error(failure)),
  whole: googleWhole,
  events: googleEvents,
}
