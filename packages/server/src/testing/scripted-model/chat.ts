import { chatEvents, chatWhole } from './chat-answer.ts'
import { chatChecks } from './chat-checks.ts'
import { checkMap, type Dialect, dataEvent } from './dialect.ts'
import { dataImage, type FoundImage } from './image.ts'
import { isObject, type JsonObject, objects, str } from './json.ts'
import { openaiDoor, openaiErrorFields, openaiHint, partText, placed } from './openai.ts'
import { callView, type MessageView, message, type RequestParts } from './request.ts'

const textParts = new Set(['text', 'refusal'])
const systemRoles = new Set(['system', 'developer'])

function view(each: JsonObject): MessageView {
  const text = partText(each['content'], textParts)
  if (each['role'] === 'tool') {
    return message('tool', { toolResults: [{ callId: str(each['tool_call_id']), text, isError: false }] })
  }
  if (each['role'] !== 'assistant') {
    const images = objects(each['content']).filter(part => part['type'] === 'image_url').length
    return message('user', { text, images })
  }
  const toolCalls = objects(each['tool_calls']).map(call => {
    const use = isObject(call['function']) ? call['function'] : {}
    return callView(str(call['id']), str(use['name']), str(use['arguments']))
  })
  return message('assistant', { text, reasoning: str(each['reasoning_content']), toolCalls })
}

function read(body: JsonObject): RequestParts {
  const messages = objects(body['messages'])
  const isSystem = (each: JsonObject): boolean => systemRoles.has(str(each['role']))
  const system = messages.filter(isSystem).map(each => partText(each['content'], textParts))
  return {
    system: system.join('\n'),
    messages: messages.filter(each => !isSystem(each)).map(view),
    tools: objects(body['tools']).map(tool => {
      const use = isObject(tool['function']) ? tool['function'] : {}
      return { name: str(use['name']), description: str(use['description']), schema: use['parameters'] }
    }),
    hint: openaiHint(body),
  }
}

function images(body: JsonObject): readonly FoundImage[] {
  const found: FoundImage[] = []
  for (const [at, each] of placed(body['messages'])) {
    if (typeof each['content'] === 'string') continue
    for (const [index, part] of placed(each['content'])) {
      const url = isObject(part['image_url']) ? part['image_url']['url'] : undefined
      const image = dataImage(`messages[${at}].content[${index}].image_url`, str(url))
      if (image) found.push(image)
    }
  }
  return found
}

/** OpenAI's Chat Completions, as OpenAI and the many servers that imitate it speak it. */
export const chat: Dialect = {
  ...openaiDoor,
  name: 'chat',
  checks: checkMap(chatChecks),
  unknownModel: model => ({
    status: 404,
    message: `The model \`${model}\` does not exist or you do not have access to it.`,
    code: 'model_not_found',
  }),
  read,
  images,
  errorEvent: failure => dataEvent({ error: openaiErrorFields(failure) }),
  whole: chatWhole,
  events: chatEvents,
}
