import { longestSide, tooLarge, unreadable } from './image.ts'
import { isObject, type JsonObject, list, objects, str } from './json.ts'
import { opensFor } from './memory.ts'
import type { Failure } from './script.ts'
import { bad, type ChecksOf, firstDuplicate, firstFailure, firstUnknown, type Incoming } from './strict.ts'

const parameters: ReadonlySet<string> = new Set(
  (
    'contents systemInstruction system_instruction generationConfig generation_config tools toolConfig tool_config ' +
    'safetySettings safety_settings cachedContent labels serviceTier model'
  ).split(' '),
)

const partKinds: readonly string[] = ['text', 'inlineData', 'fileData', 'functionCall', 'functionResponse']

// Documented by Google for calls whose signature is not at hand.
const unsignedOnPurpose: ReadonlySet<string> = new Set([
  'skip_thought_signature_validator',
  'context_engineering_is_the_way_to_go',
])

function contentsOf(request: Incoming): readonly JsonObject[] {
  return objects(request.body['contents'])
}

function namesIn(content: JsonObject | undefined, kind: 'functionCall' | 'functionResponse'): readonly string[] {
  return objects(content?.['parts']).flatMap(part => (isObject(part[kind]) ? [str(part[kind]['name'])] : []))
}

function eachPart(
  request: Incoming,
  check: (part: JsonObject, path: string) => Failure | undefined,
): Failure | undefined {
  return firstFailure(contentsOf(request), (content, at) =>
    firstFailure(objects(content['parts']), (part, index) => check(part, `contents[${at}].parts[${index}]`)),
  )
}

const unequal =
  'Please ensure that the number of function response parts is equal to the number of function call parts of the function call turn.'

function checkCallWithoutResult(request: Incoming): Failure | undefined {
  const contents = contentsOf(request)
  return firstFailure(contents, (content, at) => {
    const calls = namesIn(content, 'functionCall')
    const results = namesIn(contents[at + 1], 'functionResponse')
    return calls.length > results.length || calls.some(name => !results.includes(name)) ? bad(unequal) : undefined
  })
}

function checkResultWithoutCall(request: Incoming): Failure | undefined {
  const contents = contentsOf(request)
  return firstFailure(contents, (content, at) => {
    const results = namesIn(content, 'functionResponse')
    const calls = namesIn(contents[at - 1], 'functionCall')
    if (results.length === 0 || calls.length === results.length) return undefined
    return bad(
      calls.length === 0
        ? 'Please ensure that function response turn comes immediately after a function call turn.'
        : unequal,
    )
  })
}

function declarations(request: Incoming): readonly JsonObject[] {
  return objects(request.body['tools']).flatMap(tool => objects(tool['functionDeclarations']))
}

function checkContent(request: Incoming): Failure | undefined {
  return firstFailure(contentsOf(request), (content, at) => {
    const path = `contents[${at}].parts`
    if (list(content['parts']).length === 0)
      return bad(`* GenerateContentRequest.${path}: contents.parts must not be empty.`)
    return firstFailure(objects(content['parts']), (part, index) => {
      if (partKinds.some(kind => part[kind] !== undefined)) return undefined
      return bad(
        `* GenerateContentRequest.${path}[${index}].data: required oneof field 'data' must have one initialized field`,
      )
    })
  })
}

/** What Google's Gemini API refuses, in Google's words. */
export const googleChecks: ChecksOf<'google'> = {
  parameter: ({ body }) => {
    const name = firstUnknown(Object.keys(body), parameters)
    return name === undefined
      ? undefined
      : bad(`Invalid JSON payload received. Unknown name "${name}": Cannot find field.`)
  },
  'no-messages': request =>
    contentsOf(request).length > 0 ? undefined : bad('* GenerateContentRequest.contents: contents is not specified'),
  role: request =>
    firstFailure(contentsOf(request), ({ role }) =>
      role === undefined || role === 'user' || role === 'model'
        ? undefined
        : bad('Please use a valid role: user, model.'),
    ),
  content: checkContent,
  'first-message': request =>
    namesIn(contentsOf(request)[0], 'functionCall').length > 0
      ? bad(
          'Please ensure that function call turn comes immediately after a user turn or after a function response turn.',
        )
      : undefined,
  'tool-input': request =>
    eachPart(request, (part, path) => {
      if (!isObject(part['functionCall']) || isObject(part['functionCall']['args'] ?? {})) return undefined
      return bad(`Invalid value at '${path}.function_call.args' (type.googleapis.com/google.protobuf.Struct)`)
    }),
  'call-without-result': checkCallWithoutResult,
  'result-without-call': checkResultWithoutCall,
  'tool-name': request =>
    firstFailure(declarations(request), (tool, at) => {
      if (/^[a-zA-Z_][a-zA-Z0-9_.:-]{0,63}$/.test(str(tool['name']))) return undefined
      const rule =
        'Must start with a letter or an underscore and have at most 64 letters, digits, underscores, dots, colons or dashes.'
      return bad(`* GenerateContentRequest.tools[0].function_declarations[${at}].name: Invalid function name. ${rule}`)
    }),
  'tool-schema': request =>
    firstFailure(declarations(request), (tool, at) => {
      const schema = tool['parametersJsonSchema'] ?? tool['parameters']
      const type = isObject(schema) ? str(schema['type']).toLowerCase() : ''
      if (schema === undefined || type === 'object') return undefined
      const path = `GenerateContentRequest.tools[0].function_declarations[${at}].parameters`
      return bad(`* ${path}: schema should be of type OBJECT.`)
    }),
  'duplicate-tool': request => {
    const name = firstDuplicate(declarations(request).map(tool => str(tool['name'])))
    return name === undefined ? undefined : bad(`Duplicate function declaration found: ${name}`)
  },
  'foreign-reasoning': request =>
    eachPart(request, part => {
      const signature = part['thoughtSignature']
      if (typeof signature !== 'string' || unsignedOnPurpose.has(signature)) return undefined
      return opensFor(request.model, signature) ? undefined : bad('Corrupted thought signature.')
    }),
  image: ({ images }) => unreadable(images, () => bad('Unable to process input image. Please retry or report.')),
  'image-limit': ({ images, limits }) => {
    const most = limits.image ?? 20 * 1024 * 1024
    const large = tooLarge(
      images,
      most,
      (image, bytes) => `${image.path}: image of ${bytes} bytes exceeds the limit of ${most} bytes.`,
    )
    const wide = images.find(image => longestSide(image) > 16_000)
    return large ?? (wide && bad(`${wide.path}: image is too large.`))
  },
  'context-limit': ({ promptTokens, limits }) =>
    promptTokens > limits.context
      ? bad(`The input token count (${promptTokens}) exceeds the maximum number of tokens allowed (${limits.context}).`)
      : undefined,
}
