import { type JsonObject, objects, str } from './json.ts'
import type { Failure } from './script.ts'
import { bad, firstDuplicate, firstFailure, type Incoming } from './strict.ts'

type BlockCheck = (block: JsonObject, path: string, message: JsonObject) => Failure | undefined

/** The messages of a request; what is no object is left out. */
export function messagesOf(request: Incoming): readonly JsonObject[] {
  return objects(request.body['messages'])
}

/** The first failure that a check finds in any block of any message. */
export function eachBlock(request: Incoming, check: BlockCheck): Failure | undefined {
  return firstFailure(messagesOf(request), (message, at) =>
    firstFailure(objects(message['content']), (block, index) =>
      check(block, `messages.${at}.content.${index}`, message),
    ),
  )
}

function idsIn(message: JsonObject | undefined, type: string, field: string): readonly string[] {
  const blocks = objects(message?.['content']).filter(block => block['type'] === type)
  return blocks.map(block => str(block[field]))
}

/** Rule `result-not-first`. */
export function checkResultNotFirst(request: Incoming): Failure | undefined {
  return firstFailure(messagesOf(request), (message, at) => {
    const types = objects(message['content']).map(block => block['type'])
    const late = types.lastIndexOf('tool_result')
    if (types.slice(0, late + 1).every(type => type === 'tool_result')) return undefined
    return bad(missingResults(at - 1, idsIn(message, 'tool_result', 'tool_use_id')))
  })
}

function missingResults(at: number, ids: readonly string[]): string {
  const found = `messages.${at}: \`tool_use\` ids were found without \`tool_result\` blocks immediately after: ${ids.join(', ')}.`
  return `${found} Each \`tool_use\` block must have a corresponding \`tool_result\` block in the next message.`
}

/** Rule `call-without-result`. */
export function checkCallWithoutResult(request: Incoming): Failure | undefined {
  const messages = messagesOf(request)
  return firstFailure(messages, (message, at) => {
    if (message['role'] !== 'assistant') return undefined
    const answered = new Set(idsIn(messages[at + 1], 'tool_result', 'tool_use_id'))
    const missing = idsIn(message, 'tool_use', 'id').filter(id => !answered.has(id))
    return missing.length === 0 ? undefined : bad(missingResults(at, missing))
  })
}

/** Rule `result-without-call`. */
export function checkResultWithoutCall(request: Incoming): Failure | undefined {
  const messages = messagesOf(request)
  return firstFailure(messages, (message, at) => {
    const results = idsIn(message, 'tool_result', 'tool_use_id')
    if (results.length === 0) return undefined
    const calls = new Set(idsIn(messages[at - 1], 'tool_use', 'id'))
    const index = results.findIndex(id => !calls.has(id))
    if (index < 0) return undefined
    const found = `messages.${at}.content.${index}: unexpected \`tool_use_id\` found in \`tool_result\` blocks: ${results[index]}.`
    return bad(
      `${found} Each \`tool_result\` block must have a corresponding \`tool_use\` block in the previous message.`,
    )
  })
}

/** Rule `duplicate-result`. */
export function checkDuplicateResult(request: Incoming): Failure | undefined {
  return firstFailure(messagesOf(request), (message, at) => {
    const id = firstDuplicate(idsIn(message, 'tool_result', 'tool_use_id'))
    if (id === undefined) return undefined
    return bad(
      `messages.${at}.content: each tool_use must have a single result. Found multiple \`tool_result\` blocks with id: ${id}`,
    )
  })
}

/** Rule `duplicate-call`. */
export function checkDuplicateCall(request: Incoming): Failure | undefined {
  const id = firstDuplicate(messagesOf(request).flatMap(message => idsIn(message, 'tool_use', 'id')))
  return id === undefined ? undefined : bad('messages: `tool_use` ids must be unique')
}
