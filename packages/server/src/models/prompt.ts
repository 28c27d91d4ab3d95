import type {
  LanguageModelV4CallOptions,
  LanguageModelV4FunctionTool,
  LanguageModelV4Message,
  SharedV4ProviderOptions,
} from '@ai-sdk/provider'
import type { ModelMessage, ModelRequest, ToolSpec } from '../core/ports.ts'
import { clean } from './clean-text.ts'
import { convert, type Reader, toolName } from './convert.ts'
import { GrowingFold } from './growing-fold.ts'
import { imagesDropped } from './images.ts'

/** A request in the providers' common form. */
export type Prompt = Pick<LanguageModelV4CallOptions, 'prompt' | 'tools' | 'toolChoice'>

const cacheMark: SharedV4ProviderOptions = { anthropic: { cacheControl: { type: 'ephemeral' } } }
const nudge: LanguageModelV4Message = { role: 'user', content: [{ type: 'text', text: 'Continue.' }] }

/** What is known of a conversation without its opening texts. */
interface Written {
  readonly converted: LanguageModelV4Message[]
  readonly callIds: Set<string>
  images: number
}

/**
 * Writes prompts for one model. What has been converted is remembered as long as the message or list of tools itself
 * lives, so a history that has grown costs work for what is new.
 */
export class PromptWriter {
  readonly #reader: Reader
  readonly #messages = new WeakMap<ModelMessage, LanguageModelV4Message | null>()
  readonly #written = new GrowingFold<ModelMessage, Written>(
    () => ({ converted: [], callIds: new Set(), images: 0 }),
    (written, message) => this.#add(written, message),
  )
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

  /** The ids of all calls in a conversation; good until the next request of the same is written. */
  callIds(messages: readonly ModelMessage[]): ReadonlySet<string> {
    return this.#written.of(split(messages).rest).callIds
  }

  #add(written: Written, message: ModelMessage): void {
    const converted = this.#remembered(message)
    if (converted) written.converted.push(converted)
    written.images += countImages(message)
    if (message.role === 'assistant') for (const call of message.calls) written.callIds.add(call.id)
  }

  #convertAll(messages: readonly ModelMessage[]): LanguageModelV4Message[] {
    const written = this.#written.of(messages)
    const dropped = imagesDropped(written.images)
    return dropped === 0 ? [...written.converted] : this.#convertWithout(dropped, messages)
  }

  /** The oldest images are left out. */
  #convertWithout(dropped: number, messages: readonly ModelMessage[]): LanguageModelV4Message[] {
    let left = dropped
    return messages.flatMap(message => {
      const images = left > 0 ? countImages(message) : 0
      const converted = images > 0 ? convert(message, this.#reader, left) : this.#remembered(message)
      left = Math.max(0, left - images)
      return converted ?? []
    })
  }

  #remembered(message: ModelMessage): LanguageModelV4Message | null {
    const known = this.#messages.get(message)
    if (known !== undefined) return known
    const converted = convert(asUser(message), this.#reader) ?? null
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

/** The texts at the top as one, which is all that many local models understand. */
function split(messages: readonly ModelMessage[]): { system: string; rest: readonly ModelMessage[] } {
  const first = messages.findIndex(message => message.role !== 'system')
  const top = messages.slice(0, first < 0 ? messages.length : first)
  const system = top.map(message => (message.role === 'system' ? clean(message.text) : '')).join('\n\n')
  return { system, rest: messages.slice(top.length) }
}

/** A later text of the system is spoken by the user. */
function asUser(message: ModelMessage): ModelMessage {
  return message.role === 'system' ? { role: 'user', parts: [{ type: 'text', text: message.text }] } : message
}

function countImages(message: ModelMessage): number {
  return message.role === 'user' ? message.parts.filter(part => part.type === 'image').length : 0
}

/** Marks the system text and the last two messages of the user's side: with the last tool that is the four allowed. */
function markForCache(messages: LanguageModelV4Message[]): void {
  let left = 2
  for (let at = messages.length - 1; at >= 0 && left > 0; at--) {
    const message = messages[at]
    if (message?.role !== 'user' && message?.role !== 'tool') continue
    messages[at] = { ...message, providerOptions: cacheMark }
    left--
  }
  const [first] = messages
  if (first?.role === 'system') messages[0] = { ...first, providerOptions: cacheMark }
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
