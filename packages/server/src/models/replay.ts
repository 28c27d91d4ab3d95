import { readFile, stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { type Model, type ModelChunk, ModelError, type ModelRequest } from '../core/ports.ts'
import { parseRecording, type Recording } from './recording-format.ts'

const mostBytes = 256 * 1024 * 1024
const demoFile = new URL('./demo.jsonl', import.meta.url)
const howToConfigure =
  'set LLM_MODEL (such as anthropic/claude-sonnet-4-5) and LLM_API_KEY, then start the server again'

/** A recorded session as a model: which answer comes next is how many the conversation already holds. */
export function replayModel(file: string | URL, name: string): Model {
  let reading: Promise<Recording> | undefined
  async function* stream(request: ModelRequest, signal: AbortSignal): AsyncGenerator<ModelChunk> {
    signal.throwIfAborted()
    reading ??= read(file)
    const { answers } = await reading.catch((error: unknown) => {
      reading = undefined
      throw error
    })
    const turn = request.messages.filter(message => message.role === 'assistant').length
    const chunks = answers.get(turn) ?? overAnswer(name, turn)
    for (const chunk of chunks) {
      signal.throwIfAborted()
      yield chunk
    }
  }
  return { name, contextTokens: 200_000, acceptsImages: true, stream }
}

/** The built-in demonstration, which plays where nothing is configured and says so. */
export function demoModel(): Model {
  const notice = `No model is configured: a recorded demonstration plays. To work with a real model, ${howToConfigure}.`
  return { ...replayModel(demoFile, 'replay/demo'), notice }
}

async function read(file: string | URL): Promise<Recording> {
  const name = basename(String(file))
  try {
    const { size } = await stat(file)
    if (size > mostBytes)
      throw new ModelError('configuration', `LLM_MODEL: the recording "${name}" is larger than 256 MiB.`)
    return parseRecording(await readFile(file, 'utf8'), name)
  } catch (cause) {
    if (cause instanceof ModelError) throw cause
    throw new ModelError('configuration', `LLM_MODEL: the recording "${name}" cannot be opened.`, { cause })
  }
}

function overAnswer(name: string, turn: number): readonly ModelChunk[] {
  const metrics = {
    model: name,
    response_id: `over-${turn}`,
    cost: 0,
    prompt_tokens: 0,
    completion_tokens: 0,
    cache_read_tokens: 0,
    cache_write_tokens: 0,
  }
  return [
    { type: 'text', delta: `The recording is over. To go on with a real model, ${howToConfigure}.` },
    { type: 'finish', reason: 'stop', metrics },
  ]
}
