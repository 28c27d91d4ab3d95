import assert from 'node:assert/strict'
import { createServer, type RequestListener } from 'node:http'
import type { Socket } from 'node:net'
import { test } from 'node:test'
import { SessionId } from '@openhands/protocol'
import type { Model, ModelRequest } from '../core/ports.ts'
import { defaultDeadlines, systemTimers } from './deadlines.ts'
import { endpointOf } from './endpoint.ts'
import { factsOf } from './facts.ts'
import { addressOf } from './names.ts'
import { type Network, newNetwork, providerFetch } from './provider-fetch.ts'
import { providerModel } from './provider-model.ts'

const request: ModelRequest = {
  session: SessionId.parse('0'.repeat(32)),
  messages: [{ role: 'user', parts: [{ type: 'text', text: 'Hi' }] }],
  tools: [],
}

function events(...list: readonly object[]): string {
  return list.map(each => `data: ${JSON.stringify(each)}\n\n`).join('')
}

const anthropicAnswer = events(
  {
    type: 'message_start',
    message: { id: 'msg_1', role: 'assistant', content: [], model: 'm', usage: { input_tokens: 1, output_tokens: 1 } },
  },
  { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
  { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Hi' } },
  { type: 'content_block_stop', index: 0 },
  { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 1 } },
  { type: 'message_stop' },
)
const chatAnswer = `${events({ id: 'c', choices: [{ index: 0, delta: { content: 'Hi' }, finish_reason: 'stop' }] })}data: [DONE]\n\n`

interface Listening extends AsyncDisposable {
  readonly url: string
  readonly sockets: ReadonlySet<Socket>
}

async function listening(handler: RequestListener): Promise<Listening> {
  const server = createServer(handler)
  const sockets = new Set<Socket>()
  server.on('connection', socket => sockets.add(socket))
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : 0
  const close = async (): Promise<void> => {
    server.closeAllConnections()
    await new Promise(resolve => server.close(resolve))
  }
  return { url: `http://127.0.0.1:${port}/v1`, sockets, [Symbol.asyncDispose]: close }
}

function freshNetwork(): Network {
  return newNetwork(defaultDeadlines, systemTimers, () => new Date())
}

function modelAt(url: string, name: string, network = freshNetwork()): Model {
  const address = addressOf(name, url)
  const endpoint = endpointOf(address, 'key')
  const fetch = providerFetch(endpoint, network)
  return providerModel({ endpoint, facts: factsOf(address), sampling: { temperature: 0.5, topP: 0.9 }, fetch })
}

async function ask(model: Model): Promise<string | undefined> {
  return (await Array.fromAsync(model.stream(request, new AbortController().signal))).at(-1)?.type
}

for (const [name, answer] of [
  ['openai-compatible/m', chatAnswer],
  ['anthropic/claude-x', anthropicAnswer],
] as const) {
  test(`[P19] ${name}: one connection serves one request after the other`, async () => {
    await using server = await listening((incoming, response) => {
      incoming.resume().on('end', () => response.writeHead(200, { 'content-type': 'text/event-stream' }).end(answer))
    })
    const model = modelAt(server.url, name)
    for (let n = 0; n < 4; n++) assert.equal(await ask(model), 'finish')
    assert.equal(server.sockets.size, 1)
  })
}

test('[P19] an answer that is complete before its connection says so leaves the connection usable', async () => {
  let end = (): void => {}
  await using server = await listening((incoming, response) => {
    end = () => response.end()
    incoming
      .resume()
      .on('end', () => response.writeHead(200, { 'content-type': 'text/event-stream' }).write(anthropicAnswer))
  })
  const network = freshNetwork()
  const model = modelAt(server.url, 'anthropic/claude-x', network)
  for (let n = 0; n < 3; n++) {
    assert.equal(await ask(model), 'finish')
    const free = new Promise(resolve => network.agents.http.once('free', resolve))
    end()
    await free
  }
  assert.equal(server.sockets.size, 1)
})

test('[P24] a kept connection that the provider has closed is replaced without a word', async () => {
  const served = new WeakSet<Socket>()
  await using server = await listening((incoming, response) => {
    if (served.has(incoming.socket)) return incoming.socket.destroy()
    served.add(incoming.socket)
    incoming.resume().on('end', () => response.writeHead(200, { 'content-type': 'text/event-stream' }).end(chatAnswer))
  })
  const model = modelAt(server.url, 'openai-compatible/m')
  assert.equal(await ask(model), 'finish')
  assert.equal(await ask(model), 'finish')
  assert.equal(server.sockets.size, 2)
})

test('[wire A6.3] what the owner fixes is sent with every request', async () => {
  const bodies: string[] = []
  await using server = await listening((incoming, response) => {
    incoming.setEncoding('utf8').on('data', (text: string) => bodies.push(text))
    incoming.on('end', () => response.writeHead(200, { 'content-type': 'text/event-stream' }).end(chatAnswer))
  })
  await ask(modelAt(server.url, 'openai-compatible/m'))
  const { temperature, top_p } = JSON.parse(bodies.join(''))
  assert.deepEqual([temperature, top_p], [0.5, 0.9])
})
