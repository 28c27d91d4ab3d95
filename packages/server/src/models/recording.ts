import { mkdir, open } from 'node:fs/promises'
import { join } from 'node:path'
import type { Model, ModelChunk, ModelRequest } from '../core/ports.ts'
import type { RecordedAnswer, RecordingHeader } from './recording-format.ts'

/**
 * The same model, whose complete answers are written to `<folder>/<session>.jsonl` as `replay` reads them. A file that
 * cannot be written is reported and disturbs nothing else. Retries and voided tries are left out.
 */
export function recorded<M extends Model>(model: M, folder: string, onTrouble: (error: unknown) => void): M {
  async function* stream(request: ModelRequest, signal: AbortSignal): AsyncGenerator<ModelChunk> {
    let chunks: RecordedAnswer['chunks'] = []
    for await (const chunk of model.stream(request, signal)) {
      if (chunk.type === 'restart') chunks = []
      else if (chunk.type !== 'retry') chunks.push(chunk)
      if (chunk.type === 'finish') await keep(model, folder, request, chunks).catch(onTrouble)
      yield chunk
    }
  }
  return { ...model, stream }
}

async function keep(
  model: Model,
  folder: string,
  request: ModelRequest,
  chunks: RecordedAnswer['chunks'],
): Promise<void> {
  const turn = request.messages.filter(message => message.role === 'assistant').length
  const answer: RecordedAnswer = { turn, chunks }
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const file = await open(join(folder, `${request.session}.jsonl`), 'a', 0o600)
  try {
    const header: RecordingHeader = { recording: 1, model: model.name, contextTokens: model.contextTokens }
    const isNew = (await file.stat()).size === 0
    await file.appendFile(`${isNew ? `${JSON.stringify(header)}\n` : ''}${JSON.stringify(answer)}\n`)
  } finally {
    await file.close()
  }
}
