import type {
  LanguageModelV4CallOptions,
  LanguageModelV4FunctionTool,
  LanguageModelV4Message,
  SharedV4ProviderOptions,
} from '@ai-sdk/provider'
import type { ModelMessage, ModelRequest, ToolSpec } from '../core/ports.ts'
import { clean } from './clean-text.ts'
import { convert, type Reader, toolName } from './convert.ts'
import { imagesDropped } from './images.ts'

/** A request in the providers' common form. */
export type Prompt = Pick<LanguageModelV4CallOptions, 'prompt' | 'tools' | 'toolChoice'>

const cacheMark: SharedV4ProviderOptions = { anthropic: { cacheControl: { type: 'ephemeral' } } }
const nudge: LanguageModelV4Message = { role: 'user', content: [{ type: 'text', text: 'Continue.' }] }

/**
 * Writes prompts for one model. What has been converted is remembered as long as the message or list of tools itself
 * lives, so an unchanged history costs a look-up per message.
 */
export class PromptWriter {
  readonly #reader: Reader
  readonly #messages = new WeakMap<ModelMessage, LanguageModelV4Message | null>()
  readonly #tools = new WeakMap<readonly ToolSpec[], LanguageModelV4FunctionTool[]>()

  constructor(reader: Reader) {
    this.#reader = reader
  }

  /** Never throws: what a provider would refuse is repaired, replaced by a note or left out. */
  write(request: Pick<ModelRequest, 'messages' | 'tools'>): Prompt {
    const { system, rest } = split(request.messages)
    const messages = this.#convertAll(rest)
    // A conversation begins and ends with the user's side: providers answer nothing else.
    if (messages[0]?.role !== 'user') messages.unshift(nudge)
    if (messages.at(-1)?.role === 'assistant') messages.push(nudge)
    if (system) messages.unshift({ role: 'system', content: system })
    const tools = request.tools.length > 0 ? this.#toolsOf(request.tools) : toolsCalledIn(request.messages)
    if (this.#reader.dialect === 'anthropic') markForCache(messages)
    if (tools.length === 0) return { prompt: messages }
    const unavailable = request.tools.length === 0
    return { prompt: messages, tools, ...(unavailable ? { toolChoice: { type: 'none' } } : {}) }
  }

  #convertAll(messages: readonly ModelMessage[]): LanguageModelV4Message[] {
    let left = imagesDropped(countImages(messages))
    const converted: LanguageModelV4Message[] = []
    for (const message of messages) {
      const images = left > 0 ? countImages([message]) : 0
      const one = images > 0 ? convert(message, this.#reader, left) : this.#remembered(message)
      left = Math.max(0, left - images)
      if (one) converted.push(one)
    }
    return converted
  }

  #remembered(message: ModelMessage): LanguageModelV4Message | null {
    const known = this.#messages.get(message)
    if (known !== undefined) return known
    const converted = convert(message, this.#reader) ?? null
    this.#messages.set(message, converted)
    return converted
  }

  #toolsOf(specs: readonly ToolSpec[]): LanguageModelV4FunctionTool[] {
    const known = this.#tools.get(specs)
    if (known) return known
    const tools = specs.map(spec => functionTool(spec.name, spec.description, spec.parameters))
    const last = tools.pop()
    if (last) tools.push(this.#reader.dialect === 'anthropic' ? { ...last, providerOptions: cacheMark } : last)
    this.#tools.set(specs, tools)
    return tools
  }
}

/** The texts at the top as one, which is all that many local models understand; a later one is spoken by the user. */
function split(messages: readonly ModelMessage[]): { system: string; rest: readonly ModelMessage[] } {
  const first = messages.findIndex(message => message.role !== 'system')
  const top = messages.slice(0, first < 0 ? messages.length : first)
  const system = top.map(message => (message.role === 'system' ? clean(message.text) : '')).join('\n\n')
  const rest = messages.slice(top.length)
  return { system, rest: rest.some(message => message.role === 'system') ? rest.map(asUser) : rest }
}

function asUser(message: ModelMessage): ModelMessage {
  return message.role === 'system' ? { role: 'user', parts: [{ type: 'text', text: message.text }] } : message
}

function countImages(messages: readonly ModelMessage[]): number {
  let count = 0
  for (const message of messages) {
    if (message.role !== 'user') continue
    for (const part of message.parts) if (part.type === 'image') count++
  }
  return count
}

/** Marks the system text and the last two messages of the user's side: with the last tool that is the four allowed. */
function markForCache(messages: LanguageModelV4Message[]): void {
  let left = 2
  for (const [at, message] of [...messages.entries()].reverse()) {
    if (message.role === 'system') messages[at] = { ...message, providerOptions: cacheMark }
    if (left === 0 || (message.role !== 'user' && message.role !== 'tool')) continue
    messages[at] = { ...message, providerOptions: cacheMark }
    left--
  }
}

/** Providers want the tools of a history described even where none may be called. */
function toolsCalledIn(messages: readonly ModelMessage[]): LanguageModelV4FunctionTool[] {
  const names = new Set<string>()
  for (const message of messages) {
    if (message.role === 'assistant') for (const call of message.calls) names.add(toolName(call.name))
  }
  return [...names].map(name => functionTool(name, '', { type: 'object', properties: {} }))
}

function functionTool(
  name: string,
  description: string,
  parameters: ToolSpec['parameters'],
): LanguageModelV4FunctionTool {
  const inputSchema = parameters as LanguageModelV4FunctionTool['inputSchema'] // a JSON Schema, by the port's promise
  return { type: 'function', name, ...(description ? { description } : {}), inputSchema }
}
