import assert from 'node:assert/strict'
import { createServer, type RequestListener, type ServerResponse } from 'node:http'
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net'
import { test } from 'node:test'
import { SessionId } from '@openhands/protocol'
import type { ModelChunk, ModelRequest } from '../core/ports.ts'
import { type Deadlines, defaultDeadlines, systemTimers, type Timers } from './deadlines.ts'
import { endpointOf } from './endpoint.ts'
import { factsOf } from './facts.ts'
import { addressOf } from './names.ts'
import { newNetwork, providerFetch } from './provider-fetch.ts'
import { providerModel } from './provider-model.ts'

const request: ModelRequest = {
  session: SessionId.parse('0123456789abcdef0123456789abcdef'),
  messages: [{ role: 'user', parts: [{ type: 'text', text: 'Hi' }] }],
  tools: [],
}
const long = 60_000
const never = new AbortController().signal

async function listening(handler: RequestListener): Promise<AsyncDisposable & { url: string }> {
  const server = createServer(handler)
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${portOf(server.address())}/v1`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    },
  }
}

function portOf(address: AddressInfo | string | null): number {
  return typeof address === 'object' && address ? address.port : 0
}

function ask(url: string, deadlines: Deadlines, timers: Timers = systemTimers): AsyncIterable<ModelChunk> {
  const address = addressOf('openai-compatible/m', url)
  const endpoint = endpointOf(address, undefined)
  const fetch = providerFetch(
    endpoint,
    newNetwork(deadlines, timers, () => new Date()),
  )
  return providerModel({ endpoint, facts: factsOf(address), sampling: {}, fetch }).stream(request, never)
}

function open(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders()
}

function say(response: ServerResponse, delta: object, finish: string | null = null): void {
  response.write(`data: ${JSON.stringify({ id: 'a', choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`)
}

test('[P25] a connection that does not come about ends at its own clock', async () => {
  const sockets: Socket[] = []
  const server = createTcpServer(socket => sockets.push(socket)) // never says a word of the TLS handshake
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const url = `https://127.0.0.1:${portOf(server.address())}/v1`
  const reading = Array.fromAsync(ask(url, { connect: 30, firstByte: long, idle: long }))
  await assert.rejects(reading, { kind: 'timeout', message: /No connection to .* within 0\.03 s/ })
  for (const socket of sockets) socket.destroy()
  server.close()
})

test('[P25] silence before the first byte ends at its own clock, headers or not', async () => {
  for (const handler of [() => {}, (_: unknown, response: ServerResponse) => open(response)]) {
    await using server = await listening(handler)
    const reading = Array.fromAsync(ask(server.url, { connect: long, firstByte: 40, idle: long }))
    await assert.rejects(reading, { kind: 'timeout', retryable: true, message: /sent nothing for 0\.04 s/ })
  }
})

test('[P25] silence in the middle of an answer ends at its own clock', async () => {
  await using server = await listening((_, response) => {
    open(response)
    say(response, { content: 'One' })
  })
  const chunks: ModelChunk[] = []
  const reading = (async () => {
    for await (const chunk of ask(server.url, { connect: long, firstByte: long, idle: 40 })) chunks.push(chunk)
  })()
  await assert.rejects(reading, { kind: 'timeout', retryable: true, message: /fell silent for 0\.04 s/ })
  assert.deepEqual(chunks, [{ type: 'text', delta: 'One' }])
})

test('[P25] a limit for everything together ends an answer that goes on for ever, and is not tried again', async () => {
  await using server = await listening((_, response) => {
    open(response)
    const timer = setInterval(() => say(response, { content: 'x' }), 5)
    response.on('close', () => clearInterval(timer))
  })
  const reading = Array.fromAsync(ask(server.url, { connect: long, firstByte: long, idle: long, total: 80 }))
  await assert.rejects(reading, { kind: 'timeout', retryable: false, message: /longer than the 0\.08 s allowed/ })
})

/** Timers that run only when told to. */
class HandTimers implements Timers {
  #now = 0
  readonly #running = new Map<object, { at: number; run: () => void }>()

  start(milliseconds: number, run: () => void): { restart(): void; stop(): void } {
    const key = {}
    const restart = (): void => {
      this.#running.set(key, { at: this.#now + milliseconds, run })
    }
    restart()
    return { restart, stop: () => this.#running.delete(key) }
  }

  advance(milliseconds: number): void {
    this.#now += milliseconds
    for (const [key, { at, run }] of this.#running) {
      if (at > this.#now) continue
      this.#running.delete(key)
      run()
    }
  }
}

test('[P25] one token every 20 seconds for 20 minutes arrives in full', async () => {
  let answer: ServerResponse | undefined
  await using server = await listening((_, response) => {
    answer = response
    open(response)
    say(response, { content: '0 ' })
  })
  const timers = new HandTimers()
  let text = ''
  let tokens = 0
  for await (const chunk of ask(server.url, defaultDeadlines, timers)) {
    if (chunk.type !== 'text' || !answer) continue
    text += chunk.delta
    timers.advance(20_000)
    tokens++
    if (tokens < 60) say(answer, { content: `${tokens} ` })
    else {
      say(answer, {}, 'stop')
      answer.end('data: [DONE]\n\n')
    }
  }
  assert.equal(text.trim().split(' ').length, 60)
})

test('[P25] an answer is over at its end mark even where the server leaves the connection open', async () => {
  await using server = await listening((_, response) => {
    open(response)
    say(response, { content: 'Hi' }, 'stop')
    response.write('data: [DONE]\n\n')
  })
  const chunks = await Array.fromAsync(ask(server.url, { connect: long, firstByte: long, idle: long }))
  assert.equal(chunks.at(-1)?.type, 'finish')
})
