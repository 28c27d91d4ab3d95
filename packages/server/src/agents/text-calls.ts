import { findTool } from './tools.ts'

/** A call that a model wrote as text. */
export interface TextCall {
  readonly name: string
  readonly arguments: string
}
export interface CallsInText {
  /** What the model said before it. */
  readonly before: string
  readonly calls: readonly TextCall[]
}

/** Longest text that is searched for calls, in characters, and the most places where they are looked for. */
const MAX_TEXT = 1_000_000
const MAX_PLACES = 20

/**
 * Finds the calls at the end of an answer of a model that prints them instead of making them (P22): JSON with a name
 * and arguments, bare, fenced or in `<tool_call>`; `<function=…>`; `<invoke name="…">`; and an element named like a
 * tool. Only calls that nothing follows count, so that an example within an explanation stays an example.
 */
export function findTextCalls(text: string): CallsInText | undefined {
  if (text.length > MAX_TEXT) return undefined
  let places = 0
  for (const { index } of text.matchAll(BEGINNINGS)) {
    if (++places > MAX_PLACES) return undefined
    const calls = readBlocks(text.slice(index))
    const before = text.slice(0, index).trim()
    if (calls.length > 0 && (before === '' || calls.every(marked))) return { before, calls: calls.map(plain) }
  }
  return undefined
}

const BEGINNINGS =
  /<tool_call>|<function_calls>|<function=|<invoke |<(?:execute_bash|str_replace_editor|think|finish)>|^```|^[ \t]*[{[]/gm

/** A call and whether its spelling alone says that it is one. */
interface Found extends TextCall {
  readonly tagged: boolean
}
interface Block {
  readonly calls: readonly Found[]
  readonly rest: string
}

const marked = ({ name, tagged }: Found): boolean => tagged || findTool(name) !== undefined
const plain = ({ name, arguments: written }: Found): TextCall => ({ name, arguments: written })

/** The calls that a text consists of; none when it holds anything else. */
function readBlocks(text: string): readonly Found[] {
  const calls: Found[] = []
  let rest = text.trim()
  while (rest !== '') {
    const block = readBlock(rest)
    if (!block || block.rest.length >= rest.length) return []
    calls.push(...block.calls)
    rest = block.rest.trimStart()
  }
  return calls
}

function readBlock(text: string): Block | undefined {
  const wrapper = /^<\/?function_calls>/.exec(text)
  if (wrapper) return { calls: [], rest: text.slice(wrapper[0].length) }
  if (text.startsWith('<tool_call>')) return element(text, '<tool_call>', '</tool_call>', toolCall)
  const call = /^<function=([^>\s]{1,100})>/.exec(text)
  if (call) return element(text, call[0], '</function>', body => [parametersCall(call[1] ?? '', body)])
  const invoke = /^<invoke name="([^"]{1,100})">/.exec(text)
  if (invoke) return element(text, invoke[0], '</invoke>', body => [parametersCall(invoke[1] ?? '', body)])
  const named = /^<(\w{1,100})>/.exec(text)
  if (named) return element(text, named[0], `</${named[1]}>`, body => namedCall(named[1] ?? '', body))
  const fence = /^```[\w-]{0,20}[ \t]*\n/.exec(text)
  if (fence) return element(text, fence[0], '\n```', jsonCalls)
  const calls = jsonCalls(text)
  return calls.length === 0 ? undefined : { calls, rest: '' }
}

/** One element; a model that was stopped at its end may have left the closing tag out. */
function element(
  text: string,
  open: string,
  close: string,
  read: (body: string) => readonly Found[],
): Block | undefined {
  const end = text.indexOf(close, open.length)
  const calls = read(text.slice(open.length, end === -1 ? undefined : end))
  return calls.length === 0 ? undefined : { calls, rest: end === -1 ? '' : text.slice(end + close.length) }
}

function toolCall(body: string): readonly Found[] {
  const inner = body.trim()
  if (inner.startsWith('<')) return (readBlock(inner)?.calls ?? []).map(call => ({ ...call, tagged: true }))
  const calls = jsonCalls(inner)
  if (calls.length > 0) return calls.map(call => ({ ...call, tagged: true }))
  const name = /"name"\s*:\s*"([^"]{1,100})"/.exec(inner)?.[1] ?? ''
  return [{ name, arguments: inner, tagged: true }]
}

function parametersCall(name: string, body: string): Found {
  const pairs = [...body.matchAll(/<parameter(?:=([\w-]+)| name="([\w-]+)")>([\s\S]*?)(?:<\/parameter>|$)/g)]
  if (pairs.length === 0) return { name, arguments: body.trim(), tagged: true }
  const fields = pairs.map(([, equals, named, value]) => [equals ?? named ?? '', value ?? ''] as const)
  return { name, arguments: argumentsOf(name, fields), tagged: true }
}

function namedCall(name: string, body: string): readonly Found[] {
  const tool = findTool(name)
  if (!tool) return []
  const inner = body.trim()
  if (inner.startsWith('{')) return [{ name, arguments: inner, tagged: true }]
  const names = Object.keys(propertiesOf(name))
  const known = names.flatMap(key => {
    const begin = body.indexOf(`<${key}>`)
    const end = body.indexOf(`</${key}>`, begin)
    return begin === -1 || end === -1 ? [] : [[key, body.slice(begin + key.length + 2, end)] as const]
  })
  const fields = known.length > 0 || inner === '' ? known : [[names[0] ?? '', inner] as const]
  return [{ name, arguments: argumentsOf(name, fields), tagged: true }]
}

/** Values between tags are text; where the tool wants a number or a list they are read as JSON. */
function argumentsOf(name: string, fields: readonly (readonly [string, string])[]): string {
  const properties = propertiesOf(name)
  const args = fields.map(([key, value]) => {
    const text = value.replace(/^\r?\n/, '').replace(/\r?\n$/, '')
    const schema = Object.hasOwn(properties, key) ? properties[key] : undefined
    return [key, schema === undefined || schema.type === 'string' ? text : (json(text) ?? text)]
  })
  return JSON.stringify(Object.fromEntries(args))
}

function propertiesOf(name: string): Readonly<Record<string, { readonly type?: unknown }>> {
  const { properties } = findTool(name)?.spec.parameters ?? {}
  return (properties ?? {}) as Record<string, { type?: unknown }> // the JSON Schema of an object is built this way
}

function jsonCalls(text: string): readonly Found[] {
  const value = json(text.trim())
  const calls = (Array.isArray(value) ? value : [value]).map(jsonCall)
  return calls.every(call => call !== undefined) ? calls : []
}

const nameKeys = ['name', 'tool', 'tool_name', 'function']
const argumentKeys = ['arguments', 'parameters', 'args', 'input']
const otherKeys = new Set(['id', 'type'])

/** A call as JSON spells it: a name, arguments, and nothing that makes it something else. */
function jsonCall(value: unknown): Found | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const fields = new Map<string, unknown>(Object.entries(value))
  const inner = fields.get('function')
  if (typeof inner === 'object' && inner !== null) return jsonCall(inner)
  const nameKey = nameKeys.find(key => typeof fields.get(key) === 'string')
  const argumentsKey = argumentKeys.find(key => fields.has(key))
  if (nameKey === undefined || argumentsKey === undefined) return undefined
  if ([...fields.keys()].some(key => key !== nameKey && key !== argumentsKey && !otherKeys.has(key))) return undefined
  const written = fields.get(argumentsKey)
  const args = typeof written === 'string' ? written : JSON.stringify(written)
  return { name: String(fields.get(nameKey)), arguments: args, tagged: false }
}

function json(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
