/**
 * The least that does an agent's job: a bare HTTP server with WebSockets that asks the model, spawns `bash -c` for every
 * command, and asks again. It keeps nothing, isolates nothing and judges nothing: what it costs, nobody can go below
 * while a shell is spawned for every command.
 */
import { spawn } from 'node:child_process'
import { Agent, createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type WebSocket, WebSocketServer } from 'ws'
import { answerCalls } from '../parts/helper.ts'

export type LoopCalls = {
  url(): string
  /** Conversations from now on begin with a past of so many steps and bytes: their requests are as long as another's. */
  pad(past: { bytes: number; steps: number }): void
}

/** Characters of output that go into the prompt: as many as our own server keeps. */
const OUTPUT_LIMIT = 30_000

const endpoint = new URL(`${process.argv[2]}/chat/completions`)
const agent = new Agent({ keepAlive: true })
const tools = [{ type: 'function', function: { name: 'execute_bash', parameters: { type: 'object', properties: {} } } }]
let past: readonly unknown[] = []

const server = createServer((_, response) => response.end('"OK"'))
new WebSocketServer({ server, perMessageDeflate: false }).on('connection', socket => {
  socket.on('message', data => {
    converse(socket, JSON.parse(String(data)).args.content).catch(error => {
      socket.send(JSON.stringify({ error: true, message: String(error) }))
    })
  })
})
await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))

interface Answer {
  text: string
  id: string
  name: string
  arguments: string
}

async function converse(socket: WebSocket, content: string): Promise<void> {
  const tell = (frame: unknown): void => socket.send(JSON.stringify(frame))
  const messages: unknown[] = [...past, { role: 'user', content }]
  for (;;) {
    const { text, id, name, arguments: given } = await ask(messages, delta => tell({ delta }))
    if (name !== 'execute_bash') break
    const { command } = JSON.parse(given)
    tell({ action: 'run', args: { command } })
    const { output, exit_code } = await run(command)
    tell({ observation: 'run', content: output, extras: { exit_code } })
    messages.push(...exchange(id, text, given, output))
  }
  tell({ observation: 'agent_state_changed', extras: { agent_state: 'finished' } })
}

function exchange(id: string, content: string, given: string, output: string): readonly unknown[] {
  const call = { id, type: 'function', function: { name: 'execute_bash', arguments: given } }
  return [
    { role: 'assistant', content, tool_calls: [call] },
    { role: 'tool', tool_call_id: id, content: output },
  ]
}

function run(command: string): Promise<{ output: string; exit_code: number | null }> {
  const child = spawn('bash', ['-c', command], { stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text
  })
  return new Promise(resolve => {
    child.once('close', exit_code => resolve({ output: output.slice(-OUTPUT_LIMIT), exit_code }))
  })
}

function ask(messages: unknown, onText: (delta: string) => void): Promise<Answer> {
  const body = JSON.stringify({ model: 'gpt-4o', stream: true, messages, tools })
  const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }
  const { promise, resolve, reject } = Promise.withResolvers<Answer>()
  const asking = request(endpoint, { method: 'POST', agent, headers }, response => {
    const answer: Answer = { text: '', id: '', name: '', arguments: '' }
    let rest = ''
    response.setEncoding('utf8').on('data', (chunk: string) => {
      const lines = (rest + chunk).split('\n\n')
      rest = lines.pop() ?? ''
      for (const line of lines) take(line, answer, onText)
    })
    response.once('end', () => {
      if (response.statusCode === 200) resolve(answer)
      else reject(new Error(`the model answered ${response.statusCode}: ${rest}`))
    })
  })
  asking.once('error', reject)
  asking.end(body)
  return promise
}

function take(line: string, answer: Answer, onText: (delta: string) => void): void {
  if (!line.startsWith('data: {')) return
  const delta = JSON.parse(line.slice('data: '.length)).choices[0]?.delta
  if (typeof delta?.content === 'string' && delta.content !== '') {
    answer.text += delta.content
    onText(delta.content)
  }
  const call = delta?.tool_calls?.[0]
  answer.id += call?.id ?? ''
  answer.name += call?.function?.name ?? ''
  answer.arguments += call?.function?.arguments ?? ''
}

answerCalls({
  url: () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`, // a TCP server that listens has one
  pad: ({ bytes, steps }: Parameters<LoopCalls['pad']>[0]) => {
    const given = JSON.stringify({ command: 'true' })
    const exchanges = Array.from({ length: steps }, (_, at) =>
      exchange(`past-${at}`, '', given, 'x'.repeat(100)),
    ).flat()
    const missing = Math.max(0, bytes - JSON.stringify(exchanges).length)
    past = [{ role: 'system', content: 'x'.repeat(missing) }, { role: 'user', content: 'Go on.' }, ...exchanges]
  },
} satisfies LoopCalls)
