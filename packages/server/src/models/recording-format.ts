import { LlmMetrics, Reasoning } from '@openhands/protocol'
import * as z from 'zod'
import { type ModelChunk, ModelError } from '../core/ports.ts'

const ToolCall = z.object({ id: z.string(), name: z.string(), arguments: z.string() })

const RecordedChunk = z.discriminatedUnion('type', [
  z.object({ type: z.literal('text'), delta: z.string() }),
  z.object({ type: z.literal('reasoning'), delta: z.string() }),
  z.object({ type: z.literal('reasoning-end'), reasoning: Reasoning }),
  z.object({ type: z.literal('tool-call'), call: ToolCall }),
  z.object({
    type: z.literal('finish'),
    reason: z.enum(['stop', 'length', 'tool-calls', 'content-filter', 'other']),
    metrics: LlmMetrics,
  }),
])

/** The first line of a recording. */
export const RecordingHeader = z.object({
  recording: z.literal(1),
  model: z.string(),
  contextTokens: z.int().positive().default(200_000),
})
export type RecordingHeader = z.infer<typeof RecordingHeader>

/** Every other line: one complete answer. `turn` counts the answers before it in the conversation; absent, its place does. */
export const RecordedAnswer = z.object({
  turn: z.int().nonnegative().optional(),
  chunks: z.array(RecordedChunk).refine(chunks => chunks.at(-1)?.type === 'finish', 'an answer ends with finish'),
})
export type RecordedAnswer = z.infer<typeof RecordedAnswer>

/** A recording: the answers by their turn. */
export interface Recording {
  readonly header: RecordingHeader
  readonly answers: ReadonlyMap<number, readonly ModelChunk[]>
}

/** Reads a recording's text. Throws `ModelError` of kind `configuration` that names the line; of several answers to one turn the last counts. */
export function parseRecording(text: string, name: string): Recording {
  const lines = text.split('\n').filter(line => line.trim() !== '')
  const header = parseLine(RecordingHeader, lines[0] ?? '', name, 1)
  const answers = new Map<number, readonly ModelChunk[]>()
  for (const [at, line] of lines.slice(1).entries()) {
    const answer = parseLine(RecordedAnswer, line, name, at + 2)
    answers.set(answer.turn ?? at, answer.chunks.map(withoutAbsent))
  }
  return { header, answers }
}

/** A field that is absent is not there at all, as the port's types have it. */
function withoutAbsent(chunk: z.infer<typeof RecordedChunk>): ModelChunk {
  if (chunk.type !== 'reasoning-end') return chunk
  const { provider, ...reasoning } = chunk.reasoning
  return { type: 'reasoning-end', reasoning: provider ? { ...reasoning, provider } : reasoning }
}

function parseLine<T>(schema: z.ZodType<T>, line: string, name: string, number: number): T {
  try {
    return schema.parse(JSON.parse(line))
  } catch (cause) {
    throw new ModelError('configuration', `LLM_MODEL: line ${number} of the recording "${name}" cannot be read.`, {
      cause,
    })
  }
}
