import type { LanguageModelV4StreamPart, SharedV4ProviderMetadata } from '@ai-sdk/provider'
import type { LlmMetrics } from '@openhands/protocol'
import type { FinishReason, ModelChunk, ToolCall } from '../core/ports.ts'
import { signedCall } from './convert.ts'
import { costOf } from './cost.ts'
import type { Price } from './facts.ts'
import { SurrogateJoiner } from './surrogate-joiner.ts'
import { isUnknown, statedCost, tokensOf } from './usage.ts'

type Finish = Extract<LanguageModelV4StreamPart, { type: 'finish' }>

export interface AnswerOptions {
  readonly name: string
  readonly price: Price | undefined
  /** True for the ids of calls that were made before. */
  isTaken(id: string): boolean
  freshId(): string
}

interface OpenReasoning {
  text: string
  provider: SharedV4ProviderMetadata | undefined
}

/** Turns the parts of one answer into chunks. Calls are held back until the provider has finished properly. */
export class Answer {
  readonly #options: AnswerOptions
  readonly #text = new SurrogateJoiner()
  readonly #reasoning = new Map<string, OpenReasoning>()
  readonly #calls: ToolCall[] = []
  #responseId: string | undefined

  constructor(options: AnswerOptions) {
    this.#options = options
  }

  /** The chunks that a part amounts to; returns true when the answer is complete. */
  *take(part: LanguageModelV4StreamPart): Generator<ModelChunk, boolean> {
    switch (part.type) {
      case 'text-delta':
        yield* this.#say(this.#text.join(part.delta))
        return false
      case 'reasoning-start':
      case 'reasoning-delta':
        yield* this.#think(part)
        return false
      case 'reasoning-end':
        yield* this.#conclude(part.id, part.providerMetadata)
        return false
      case 'tool-call':
        if (!part.providerExecuted) yield* this.#keepCall(part)
        return false
      case 'response-metadata':
        this.#responseId ??= part.id
        return false
      case 'finish':
        return yield* this.#finish(part)
      default:
        return false
    }
  }

  *#say(delta: string): Generator<ModelChunk> {
    if (delta !== '') yield { type: 'text', delta }
  }

  *#think(
    part: Extract<LanguageModelV4StreamPart, { type: 'reasoning-start' | 'reasoning-delta' }>,
  ): Generator<ModelChunk> {
    const open = this.#reasoning.get(part.id) ?? { text: '', provider: undefined }
    this.#reasoning.set(part.id, open)
    open.provider = merged(open.provider, part.providerMetadata)
    if (part.type !== 'reasoning-delta' || part.delta === '') return
    open.text += part.delta
    yield { type: 'reasoning', delta: part.delta }
  }

  *#conclude(id: string, last: SharedV4ProviderMetadata | undefined): Generator<ModelChunk> {
    const open = this.#reasoning.get(id)
    if (!open) return
    this.#reasoning.delete(id)
    const provider = merged(open.provider, last)
    if (open.text === '' && !provider) return
    const text = open.text.toWellFormed()
    yield { type: 'reasoning-end', reasoning: { model: this.#options.name, text, ...(provider ? { provider } : {}) } }
  }

  *#keepCall(part: Extract<LanguageModelV4StreamPart, { type: 'tool-call' }>): Generator<ModelChunk> {
    const id = this.#uniqueId(part.toolCallId)
    this.#calls.push({ id, name: part.toolName.toWellFormed(), arguments: part.input.toWellFormed() })
    const signature = part.providerMetadata?.google ?? part.providerMetadata?.compatible
    if (!signature || !Object.hasOwn(signature, 'thoughtSignature')) return
    const reasoning = signedCall(this.#options.name, id, {
      google: { thoughtSignature: signature.thoughtSignature ?? null },
    })
    yield { type: 'reasoning-end', reasoning }
  }

  /** Local servers count their calls anew in each answer; in a history every call needs a name of its own. */
  #uniqueId(id: string): string {
    const taken = this.#calls.some(call => call.id === id) || this.#options.isTaken(id)
    return taken || id === '' ? `call_${this.#options.freshId().replaceAll('-', '').slice(0, 24)}` : id
  }

  *#finish(part: Finish): Generator<ModelChunk, boolean> {
    const { unified } = part.finishReason
    if (unified === 'error' || unified === 'interrupted') return false
    yield* this.#say(this.#text.rest())
    for (const id of [...this.#reasoning.keys()]) yield* this.#conclude(id, undefined)
    for (const call of this.#calls) yield { type: 'tool-call', call: unified === 'length' ? wholeOnly(call) : call }
    const reason: FinishReason = unified === 'stop' && this.#calls.length > 0 ? 'tool-calls' : unified
    yield { type: 'finish', reason, metrics: this.#metrics(part) }
    return true
  }

  #metrics({ usage }: Finish): LlmMetrics {
    const tokens = tokensOf(usage)
    const cost = statedCost(usage) ?? (isUnknown(usage) ? null : costOf(tokens, this.#options.price))
    return { model: this.#options.name, response_id: this.#responseId || this.#options.freshId(), cost, ...tokens }
  }
}

/** An answer that ran into its limit may end in a call without arguments yet, which must not pass for one that takes none. */
function wholeOnly(call: ToolCall): ToolCall {
  return call.arguments === '{}' ? { ...call, arguments: '' } : call
}

function merged(
  before: SharedV4ProviderMetadata | undefined,
  more: SharedV4ProviderMetadata | undefined,
): SharedV4ProviderMetadata | undefined {
  if (!before || !more) return more ?? before
  const names = new Set([...Object.keys(before), ...Object.keys(more)])
  return Object.fromEntries([...names].map(name => [name, { ...before[name], ...more[name] }]))
}
