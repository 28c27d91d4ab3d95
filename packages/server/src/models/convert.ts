import { hash } from 'node:crypto'
import type {
  LanguageModelV4Message,
  LanguageModelV4ReasoningPart,
  LanguageModelV4TextPart,
  LanguageModelV4ToolCallPart,
  SharedV4ProviderOptions,
} from '@ai-sdk/provider'
import type { Reasoning } from '@openhands/protocol'
import type { ModelMessage, ToolCall } from '../core/ports.ts'
import { clean, cleanArguments } from './clean-text.ts'
import { imagePart, leftOut } from './images.ts'
import type { Dialect } from './providers.ts'

/** Whom a prompt is written for. */
export interface Reader {
  readonly name: string
  readonly dialect: Dialect
  readonly acceptsImages: boolean
}

type Of<R extends ModelMessage['role']> = Extract<ModelMessage, { role: R }>

/** One message in the providers' common form; undefined where nothing of it can be said. `dropped` images become notes. */
export function convert(message: ModelMessage, reader: Reader, dropped = 0): LanguageModelV4Message | undefined {
  switch (message.role) {
    case 'system':
      return { role: 'system', content: clean(message.text) }
    case 'user':
      return convertUser(message, reader, dropped)
    case 'assistant':
      return convertAssistant(message, reader)
    case 'tool':
      return convertResults(message)
  }
}

/** Blank texts are left out: two providers refuse them. */
function convertUser(message: Of<'user'>, reader: Reader, dropped: number): LanguageModelV4Message | undefined {
  let image = 0
  const content = message.parts.flatMap(part => {
    if (part.type === 'text') return part.text.trim() === '' ? [] : [textPart(part.text)]
    return [image++ < dropped ? leftOut('newer ones are shown instead') : imagePart(part.url, reader.acceptsImages)]
  })
  return content.length === 0 ? undefined : { role: 'user', content }
}

function convertAssistant(message: Of<'assistant'>, reader: Reader): LanguageModelV4Message | undefined {
  const own = message.reasoning.filter(each => each.model === reader.name)
  const reasoning = own.flatMap(each => reasoningPart(each, reader, message.calls.length > 0))
  const text = message.text.trim() === '' ? [] : [textPart(message.text)]
  const calls = message.calls.map(call => callPart(call, reader, own))
  if (text.length + calls.length === 0) return undefined
  return { role: 'assistant', content: [...reasoning, ...text, ...calls] }
}

function textPart(text: string): LanguageModelV4TextPart {
  return { type: 'text', text: clean(text) }
}

/** Reasoning without a signature is of use only to models that go on thinking between their calls. */
function reasoningPart(reasoning: Reasoning, reader: Reader, hasCalls: boolean): LanguageModelV4ReasoningPart[] {
  if (reader.dialect === 'chat' && !hasCalls) return []
  if (reader.dialect !== 'chat' && !reasoning.provider) return []
  if (reader.dialect === 'google' && reasoning.text === '') return []
  const part: LanguageModelV4ReasoningPart = { type: 'reasoning', text: clean(reasoning.text) }
  return [reasoning.provider ? { ...part, providerOptions: reasoning.provider as SharedV4ProviderOptions } : part] // what the provider gave, kept as JSON
}

function callPart(call: ToolCall, reader: Reader, own: readonly Reasoning[]): LanguageModelV4ToolCallPart {
  const given = cleanArguments(call.arguments)
  // The model's own spelling keeps the prefix that a server has cached; two dialects carry objects only.
  const takesText = reader.dialect === 'chat' || reader.dialect === 'responses'
  const part: LanguageModelV4ToolCallPart = {
    type: 'tool-call',
    toolCallId: callId(call.id),
    toolName: toolName(call.name),
    input: takesText ? (given.text ?? given.object) : given.object,
  }
  const signature = signatureOf(call.id, own)
  return signature ? { ...part, providerOptions: signature } : part
}

function convertResults(message: Of<'tool'>): LanguageModelV4Message {
  const content = message.results.map(result => ({
    type: 'tool-result' as const,
    toolCallId: callId(result.callId),
    toolName: toolName(result.name),
    output: { type: result.isError ? ('error-text' as const) : ('text' as const), value: clean(result.output) },
  }))
  return { role: 'tool', content }
}

/** An id that every provider takes; an unfit one is replaced by one made of it, the same for call and result. */
export function callId(id: string): string {
  return /^[a-zA-Z0-9_-]{1,40}$/.test(id) ? id : `call_${hash('sha256', id.toWellFormed(), 'hex').slice(0, 24)}`
}

/** A name that every provider takes: what a model invented is sent back in legal characters. */
export function toolName(name: string): string {
  if (/^[a-zA-Z_][a-zA-Z0-9_-]{0,63}$/.test(name)) return name
  const legal = name.replace(/[^a-zA-Z0-9_-]/g, '_').slice(0, 63)
  return /^[a-zA-Z_]/.test(legal) ? legal : `_${legal}`
}

const signedCalls = 'signedCalls'

/** What a provider signs a call with, kept as reasoning without words because calls have no room for it. */
export function signedCall(model: string, id: string, provider: SharedV4ProviderOptions): Reasoning {
  return { model, text: '', provider: { [signedCalls]: { [id]: provider } } }
}

function signatureOf(id: string, own: readonly Reasoning[]): SharedV4ProviderOptions | undefined {
  for (const { provider } of own) {
    const signed = provider?.[signedCalls]
    if (typeof signed !== 'object' || signed === null || !Object.hasOwn(signed, id)) continue
    return (signed as Record<string, SharedV4ProviderOptions>)[id] // written by signedCall
  }
  return undefined
}
