import type { Reasoning } from '@openhands/protocol'
import { type ModelChunk, ModelError, type ToolCall } from '../core/ports.ts'

type Finish = Extract<ModelChunk, { type: 'finish' }>

/** A whole answer of a model. */
export interface Answer {
  readonly text: string
  readonly reasoning: readonly Reasoning[]
  readonly calls: readonly ToolCall[]
  readonly reason: Finish['reason']
  readonly metrics: Finish['metrics']
}

/** Puts a streamed answer together, telling of each chunk as it comes. Throws what the stream throws. */
export async function collectAnswer(
  chunks: AsyncIterable<ModelChunk>,
  onChunk: (chunk: ModelChunk) => void,
): Promise<Answer> {
  let text: string[] = []
  let reasoning: Reasoning[] = []
  let calls: ToolCall[] = []
  let finish: Finish | undefined
  for await (const chunk of chunks) {
    onChunk(chunk)
    if (chunk.type === 'text') text.push(chunk.delta)
    else if (chunk.type === 'reasoning-end') reasoning.push(chunk.reasoning)
    else if (chunk.type === 'tool-call') calls.push(chunk.call)
    else if (chunk.type === 'finish') finish = chunk
    else if (chunk.type === 'restart') [text, reasoning, calls] = [[], [], []]
  }
  if (!finish) throw new ModelError('bad_response', 'The model’s answer ended before it was complete.')
  return { text: text.join(''), reasoning, calls, reason: finish.reason, metrics: finish.metrics }
}
