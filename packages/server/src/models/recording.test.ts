import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { SessionId } from '@openhands/protocol'
import type { Model, ModelChunk, ModelMessage, ModelRequest } from '../core/ports.ts'
import { recorded } from './recording.ts'
import { demoModel, replayModel } from './replay.ts'

const session = SessionId.parse('0123456789abcdef0123456789abcdef')
const metrics = {
  model: 'm',
  response_id: 'r',
  cost: null,
  prompt_tokens: 1,
  completion_tokens: 1,
  cache_read_tokens: 0,
  cache_write_tokens: 0,
}
const never = new AbortController().signal

function request(answers: number): ModelRequest {
  const answer: ModelMessage = { role: 'assistant', text: 'x', reasoning: [], calls: [] }
  return { session, messages: Array.from({ length: answers }, () => answer), tools: [] }
}

function saying(chunks: readonly ModelChunk[]): Model {
  async function* stream(): AsyncGenerator<ModelChunk> {
    yield* chunks
    if (chunks.at(-1)?.type !== 'finish') throw new Error('broken')
  }
  return { name: 'm', contextTokens: 9, acceptsImages: false, stream }
}

function answer(text: string): readonly ModelChunk[] {
  return [
    { type: 'reasoning', delta: 'h' },
    { type: 'reasoning-end', reasoning: { model: 'm', text: 'h', provider: { p: { signature: 's' } } } },
    { type: 'text', delta: text },
    { type: 'tool-call', call: { id: '1', name: 'a', arguments: '{"x":"\ud83d\ude00"}' } },
    { type: 'finish', reason: 'tool-calls', metrics },
  ]
}

async function play(model: Model, turn: number): Promise<ModelChunk[]> {
  return Array.fromAsync(model.stream(request(turn), never))
}

async function folder(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'recording-'))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) }
}

test('[replay] a recorded run plays the same answers, whatever broke off or came twice, and the file is the owner’s alone', async () => {
  await using into = await folder()
  const keep = (chunks: readonly ModelChunk[]): Model =>
    recorded(saying(chunks), into.path, error => assert.fail(String(error)))
  const retry: ModelChunk = {
    type: 'retry',
    retry: { kind: 'network', reason: '', attempt: 2, attempts: 6, secondsLeft: 1 },
  }
  await play(keep([{ type: 'text', delta: 'void' }, { type: 'restart' }, retry, ...answer('one')]), 0)
  await assert.rejects(play(keep([{ type: 'text', delta: 'half' }]), 1), /broken/)
  await play(keep(answer('two, taken back')), 1)
  await play(keep(answer('two')), 1)
  const file = join(into.path, `${session}.jsonl`)
  assert.equal((await stat(file)).mode & 0o777, 0o600)
  const model = replayModel(file, 'replay/x')
  assert.deepEqual(await play(model, 0), answer('one'))
  assert.deepEqual(await play(model, 1), answer('two'))
  assert.deepEqual(await play(model, 0), answer('one'))
  assert.equal((await readFile(file, 'utf8')).trim().split('\n').length, 4)
})

test('[replay] past its end a recording says so and how to go on', async () => {
  const chunks = await play(demoModel(), 3)
  assert.match(chunks[0]?.type === 'text' ? chunks[0].delta : '', /The recording is over.*LLM_MODEL.*LLM_API_KEY/)
  assert.equal(chunks.at(-1)?.type, 'finish')
})

test('[replay] the demonstration plans, writes a script, runs it and finishes, with paths inside the workspace', async () => {
  const calls = (await Promise.all([0, 1, 2].map(turn => play(demoModel(), turn)))).map(chunks =>
    chunks.flatMap(chunk => (chunk.type === 'tool-call' ? [[chunk.call.name, JSON.parse(chunk.call.arguments)]] : [])),
  )
  const plans = calls.map(([first]) => first?.[1].items.map(({ state }: { state: string }) => state).join(' '))
  assert.deepEqual(plans, ['doing open open', 'done doing open', 'done done done'])
  const others = calls.map(([, ...rest]) => rest)
  assert.deepEqual(others.slice(0, 2).flat(), [
    ['str_replace_editor', { command: 'create', path: 'hello.sh', file_text: '#!/usr/bin/env bash\necho hello\n' }],
    ['execute_bash', { command: 'bash hello.sh' }],
  ])
  assert.equal(others[2]?.[0]?.[0], 'finish')
})

test('[replay] a recording that is missing or damaged is a matter of configuration that names file and line', async () => {
  await using into = await folder()
  const file = join(into.path, 'a.jsonl')
  await assert.rejects(play(replayModel(file, 'replay/a'), 0), {
    kind: 'configuration',
    message: /"a\.jsonl" cannot be opened/,
  })
  await writeFile(file, '{"recording":1,"model":"m"}\n{"chunks":[{"type":"text"}]}\n')
  await assert.rejects(play(replayModel(file, 'replay/a'), 0), { kind: 'configuration', message: /line 2/ })
  await writeFile(file, `{"recording":1,"model":"m"}\n${JSON.stringify({ chunks: answer('by place') })}\n`)
  assert.deepEqual(await play(replayModel(file, 'replay/a'), 0), answer('by place'))
})

test('[replay] a recording that cannot be written is reported and disturbs nothing', async () => {
  await using into = await folder()
  await writeFile(join(into.path, 'taken'), '')
  const troubles: unknown[] = []
  const model = recorded(saying(answer('one')), join(into.path, 'taken'), error => troubles.push(error))
  assert.deepEqual(await play(model, 0), answer('one'))
  assert.equal(troubles.length, 1)
})
