import { checkMap, type Dialect, namedEvent } from './dialect.ts'
import { dataImage, type FoundImage } from './image.ts'
import { type JsonObject, objects, str } from './json.ts'
import { openaiDoor, openaiErrorFields, openaiHint, partText, placed } from './openai.ts'
import { callView, type MessageView, message, type RequestParts } from './request.ts'
import { responsesEvents, responsesWhole } from './responses-answer.ts'
import { responsesChecks } from './responses-checks.ts'
import { itemsOf } from './responses-items.ts'

const textParts = new Set(['input_text', 'output_text', 'refusal', 'summary_text'])
const systemRoles = new Set(['system', 'developer'])

function view(item: JsonObject): MessageView {
  switch (item['type']) {
    case 'function_call':
      return message('assistant', {
        toolCalls: [callView(str(item['call_id']), str(item['name']), str(item['arguments']))],
      })
    case 'function_call_output': {
      const text = partText(item['output'], textParts)
      return message('tool', { toolResults: [{ callId: str(item['call_id']), text, isError: false }] })
    }
    case 'reasoning':
      return message('assistant', { reasoning: partText(item['summary'], textParts) })
    default: {
      const text = partText(item['content'], textParts)
      if (item['role'] === 'assistant') return message('assistant', { text })
      return message('user', {
        text,
        images: objects(item['content']).filter(part => part['type'] === 'input_image').length,
      })
    }
  }
}

function read(body: JsonObject, kept: (id: string) => JsonObject | undefined): RequestParts {
  const items = itemsOf(body, kept)
  const isSystem = (item: JsonObject): boolean => systemRoles.has(str(item['role']))
  const system = [
    str(body['instructions']),
    ...items.filter(isSystem).map(item => partText(item['content'], textParts)),
  ]
  return {
    system: system.filter(words => words !== '').join('\n'),
    messages: items.filter(item => !isSystem(item)).map(view),
    tools: objects(body['tools']).map(tool => ({
      name: str(tool['name']),
      description: str(tool['description']),
      schema: tool['parameters'],
    })),
    hint: openaiHint(body),
  }
}

function images(body: JsonObject): readonly FoundImage[] {
  const found: FoundImage[] = []
  for (const [at, item] of placed(body['input'])) {
    for (const field of ['content', 'output']) {
      for (const [index, part] of placed(item[field])) {
        const image = dataImage(`input[${at}].${field}[${index}].image_url`, str(part['image_url']))
        if (image) found.push(image)
      }
    }
  }
  return found
}

/** OpenAI's Responses API. */
export const responses: Dialect = {
  ...openaiDoor,
  name: 'responses',
  checks: checkMap(responsesChecks),
  unknownModel: model => ({
    status: 400,
    message: `The requested model '${model}' does not exist.`,
    param: 'model',
    code: 'model_not_found',
  }),
  read: (body, memory) => read(body, id => memory.item(id)?.item),
  images,
  errorEvent: failure => {
    const { message: words, param, code } = openaiErrorFields(failure)
    return namedEvent('error', { code, message: words, param, sequence_number: 1 })
  },
  whole: responsesWhole,
  events: responsesEvents,
}
