import { bearerKey, typeFor } from './dialect.ts'
import { type FoundImage, longestSide, tooLarge, unreadable } from './image.ts'
import { isObject, type JsonObject, list, objects, str } from './json.ts'
import type { Failure } from './script.ts'
import { bad, firstFailure, type Incoming } from './strict.ts'

const errorTypes = new Map([
  [429, 'rate_limit_error'],
  [402, 'insufficient_quota'],
])

const errorCodes = new Map([
  [401, 'invalid_api_key'],
  [402, 'insufficient_quota'],
  [404, 'model_not_found'],
  [429, 'rate_limit_exceeded'],
])

/** The inner part of an error in OpenAI's shape. */
export function openaiErrorFields(failure: Failure): JsonObject {
  const type =
    failure.type ?? typeFor(failure.status, errorTypes, failure.status < 500 ? 'invalid_request_error' : 'server_error')
  const code = failure.code === undefined ? (errorCodes.get(failure.status) ?? null) : failure.code
  return { message: failure.message, type, param: failure.param ?? null, code }
}

/** What Chat Completions and Responses have in common at the door. */
export const openaiDoor = {
  key: bearerKey,
  wrongKey(key: string | undefined): Failure {
    if (key === undefined) return { status: 401, message: 'You didn’t provide an API key.', code: null }
    const masked = key.length <= 8 ? '*'.repeat(key.length) : `${key.slice(0, 4)}****${key.slice(-4)}`
    return { status: 401, message: `Incorrect API key provided: ${masked}.`, code: 'invalid_api_key' }
  },
  error: (failure: Failure): JsonObject => ({ error: openaiErrorFields(failure) }),
}

/** True for the models that reason and therefore refuse some parameters. */
export function reasons(model: string): boolean {
  return /^(o\d|gpt-[5-9])/.test(model) && !model.includes('chat')
}

/** Rule `tool-name`, for tools whose name stands where `nameOf` says. */
export function badToolName(
  tools: readonly JsonObject[],
  at: (index: number) => string,
  nameOf: (tool: JsonObject) => unknown,
): Failure | undefined {
  return firstFailure(tools, (tool, index) => {
    const name = str(nameOf(tool))
    if (/^[a-zA-Z0-9_-]{1,64}$/.test(name)) return undefined
    const pattern = "Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$' of at most 64 characters."
    return bad(`Invalid '${at(index)}': string does not match pattern. ${pattern}`, {
      param: at(index),
      code: 'invalid_value',
    })
  })
}

/** Rule `tool-schema`: absent parameters stand for a function without any. */
export function badToolSchema(name: string, schema: unknown, param: string): Failure | undefined {
  if (schema === undefined || schema === null) return undefined
  const type = isObject(schema) ? (schema['type'] ?? 'None') : 'None'
  if (type === 'object') return undefined
  const found = `Invalid schema for function '${name}': schema must be a JSON Schema of 'type: "object"', got 'type: "${String(type)}"'.`
  return bad(found, { param, code: 'invalid_function_parameters' })
}

/** Rule `image`. */
export function badImage({ images }: Incoming): Failure | undefined {
  const more = { code: 'invalid_image_format' }
  const supported =
    "You uploaded an unsupported image. Please make sure your image is valid and of one of the following formats: ['png', 'jpeg', 'gif', 'webp']."
  return unreadable(images, image => bad(supported, { ...more, param: image.path }))
}

/** Rule `image-limit`: 20 MiB unless configured, and 500 images. */
export function overImageLimit({ images, limits }: Incoming): Failure | undefined {
  if (images.length > 500)
    return bad(`Too many images in request. Limit is 500, got ${images.length}.`, { code: 'too_many_images' })
  const most = limits.image ?? 20 * 1024 * 1024
  const words = (image: FoundImage, bytes: number): string =>
    `Image at ${image.path} is too large: ${bytes} bytes. The maximum is ${most} bytes.`
  const wide = images.find(image => longestSide(image) > 16_000)
  return (
    tooLarge(images, most, words, { code: 'image_too_large' }) ??
    (wide && bad(`Image at ${wide.path} is too large.`, { code: 'image_too_large' }))
  )
}

/** The objects of an array field together with their place in it. */
export function placed(value: unknown): readonly (readonly [number, JsonObject])[] {
  return list(value).flatMap((each, at) => (isObject(each) ? [[at, each] as const] : []))
}

/** What a session of OpenAI's APIs may be told by. */
export function openaiHint(body: JsonObject): string {
  return str(body['prompt_cache_key']) || str(body['safety_identifier']) || str(body['user'])
}

/** The text of one kind of parts, or a plain string. */
export function partText(content: unknown, types: ReadonlySet<string>): string {
  if (typeof content === 'string') return content
  return objects(content)
    .filter(part => types.has(str(part['type'])))
    .map(part => str(part['text'] ?? part['refusal']))
    .join('')
}
