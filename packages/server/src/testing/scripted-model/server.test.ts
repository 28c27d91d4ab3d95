import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { suite, test } from 'node:test'
import { newGate } from './gate.ts'
import type { DialectName } from './request.ts'
import {
  cut,
  drip,
  duplicateChunk,
  gate,
  gateAfter,
  hang,
  http,
  noDone,
  type Reply,
  raw,
  sseError,
  stall,
  text,
  thinking,
  tool,
  withUsage,
} from './script.ts'
import { type ScriptedModel, type ScriptedModelOptions, startScriptedModel } from './server.ts'

const asks: Readonly<Record<DialectName, { readonly path: string; readonly body: object }>> = {
  anthropic: {
    path: '/v1/messages',
    body: { model: 'm', max_tokens: 100, messages: [{ role: 'user', content: 'hi' }] },
  },
  chat: { path: '/v1/chat/completions', body: { model: 'm', messages: [{ role: 'user', content: 'hi' }] } },
  responses: { path: '/v1/responses', body: { model: 'm', input: 'hi' } },
  google: { path: '/v1beta/models/m:generateContent', body: { contents: [{ role: 'user', parts: [{ text: 'hi' }] }] } },
}
const dialects = ['anthropic', 'chat', 'responses', 'google'] as const

interface Call {
  readonly dialect?: DialectName
  readonly stream?: boolean
  readonly signal?: AbortSignal
  readonly body?: object
}

function call(
  server: ScriptedModel,
  { dialect = 'chat', stream = true, signal, body = {} }: Call = {},
): Promise<Response> {
  const ask = asks[dialect]
  const path = dialect === 'google' && stream ? '/v1beta/models/m:streamGenerateContent?alt=sse' : ask.path
  const flag = dialect === 'google' ? {} : { stream }
  return fetch(server.url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'anthropic-version': '2023-06-01' },
    body: JSON.stringify({ ...ask.body, ...flag, ...body }),
    ...(signal && { signal }),
  })
}

function serve(...script: readonly Reply[]): Promise<ScriptedModel> {
  return startScriptedModel({ script })
}

/** All bytes that arrive, and whether the body came to a proper end. */
async function drain(response: Response): Promise<{ readonly bytes: Buffer; readonly ended: boolean }> {
  const chunks: Uint8Array[] = []
  try {
    for await (const chunk of response.body ?? []) chunks.push(chunk)
    return { bytes: Buffer.concat(chunks), ended: true }
  } catch {
    return { bytes: Buffer.concat(chunks), ended: false }
  }
}

async function wordsOf(reply: Reply, way: Call = {}): Promise<string> {
  await using server = await serve(reply)
  const response = await call(server, way)
  return await response.text()
}

/** Reads so many bytes of a body and leaves the rest unread. */
async function readBytes(reader: ReadableStreamDefaultReader<Uint8Array>, count: number): Promise<void> {
  for (let seen = 0; seen < count; ) {
    const { value, done } = await reader.read()
    assert.ok(!done, `the body ended after ${seen} of ${count} bytes`)
    seen += value.length
  }
}

const streamEnds = {
  anthropic: /event: message_stop\n/,
  chat: /data: \[DONE\]/,
  responses: /event: response\.completed\n/,
  google: /"finishReason":"STOP"/,
}

suite('[P24] broken streams', () => {
  for (const dialect of dialects) {
    test(`${dialect}: a cut after every 100 bytes gives exactly those bytes and no end`, async () => {
      const reply = text('word '.repeat(30))
      const whole = Buffer.from(await wordsOf(reply, { dialect }))
      for (let at = 0; at <= whole.length + 100; at += 100) {
        await using server = await serve(cut(at, reply))
        const { bytes, ended } = await drain(await call(server, { dialect }))
        assert.equal(bytes.length, Math.min(at, whole.length))
        assert.equal(ended, false)
        await server.requests[0]?.closed
        assert.deepEqual(server.requests[0]?.outcome, { kind: 'cut' })
      }
    })

    test(`${dialect}: without its end mark the stream ends all the same`, async () => {
      assert.match(await wordsOf(text('hi'), { dialect }), streamEnds[dialect])
      assert.doesNotMatch(await wordsOf(noDone(text('hi')), { dialect }), streamEnds[dialect])
    })

    test(`${dialect}: an error event comes after the chunks it should and ends the stream`, async () => {
      const failure = { status: 503, message: 'it broke' }
      const body = await wordsOf(sseError(text(['one', 'two', 'three']), failure), { dialect })
      assert.match(body, /one.*two.*three.*it broke/s)
      assert.doesNotMatch(body, streamEnds[dialect])
      const early = await wordsOf(sseError(text(['one', 'two', 'three']), failure, 0), { dialect })
      assert.match(early, /^(event: error\n)?data: \{[^\n]*it broke[^\n]*\}\n\n$/)
      await using server = await serve(sseError(text('x'), failure))
      const unstreamed = await call(server, { dialect, stream: false })
      assert.deepEqual([unstreamed.status, (await unstreamed.text()).includes('it broke')], [503, true])
    })

    test(`${dialect}: every event is well-formed JSON of the name that its line says`, async () => {
      const body = await wordsOf(thinking('hm', tool('run', { a: 1 }, { text: 'so' })), { dialect })
      const events = body.split('\n\n').filter(event => event !== '' && event !== 'data: [DONE]')
      for (const event of events) {
        const match = /^(?:event: (.+)\n)?data: (.+)$/.exec(event)
        const data: { readonly type?: string } = JSON.parse(match?.[2] ?? '')
        if (match?.[1]) assert.equal(data.type, match[1])
      }
    })
  }

  test('a chunk can come twice', async () => {
    const body = await wordsOf(duplicateChunk(2, text(['one', 'two'])))
    assert.equal(body.split('"two"').length, 3)
  })
})

suite('[P25] slow streams', () => {
  test('a gate holds everything; the test knows when the answer stands before it', async () => {
    const door = newGate()
    await using server = await serve(gate(door, text('hi')))
    const answer = call(server)
    await door.reached
    assert.equal(server.requests[0]?.outcome.kind, 'pending')
    door.open()
    assert.match(await (await answer).text(), /hi/)
    assert.deepEqual(server.requests[0]?.outcome, { kind: 'served', status: 200 })
  })

  test('a gate in the middle lets exactly the bytes before it through', async () => {
    const door = newGate()
    await using server = await serve(gateAfter(250, door, text('word '.repeat(30))))
    const response = await call(server)
    const reader = response.body?.getReader() ?? assert.fail()
    await door.reached
    await readBytes(reader, 250)
    const next = reader.read()
    const winner = await Promise.race([
      next.then(() => 'bytes'),
      new Promise(resolve => setImmediate(resolve, 'nothing')),
    ])
    assert.equal(winner, 'nothing')
    door.open()
    assert.equal((await next).done, false)
    while (!(await reader.read()).done);
  })

  test('two gates and a promise hold one answer, each in its place', async () => {
    const [first, second] = [newGate(), newGate()]
    const promise = Promise.withResolvers<void>()
    await using server = await serve(
      gate(promise.promise, gateAfter(300, second, gateAfter(100, first, text('word '.repeat(30))))),
    )
    const answer = call(server)
    promise.reject(new Error('settled in any way'))
    await first.reached
    first.open()
    await second.reached
    second.open()
    assert.match(await (await answer).text(), /DONE/)
  })

  test('a client that leaves ends the waiting, and is seen as such', async () => {
    for (const reply of [
      hang(),
      hang(3600),
      stall(100, text('word '.repeat(30))),
      drip(3_600_000, text('a'.repeat(100))),
    ]) {
      await using server = await serve(reply)
      const leaving = new AbortController()
      const answer = call(server, { signal: leaving.signal }).then(drain)
      const request = await server.waitForRequest(1)
      leaving.abort()
      await answer.catch(() => undefined)
      await request.closed
      assert.deepEqual(request.outcome, { kind: 'aborted' })
    }
  })

  test('hanging ends in silence or in an answer', async () => {
    await using server = await serve(hang(0.001), hang(0.001, text('late')))
    await assert.rejects(call(server), TypeError)
    assert.match(await (await call(server)).text(), /late/)
    assert.deepEqual(server.requests[0]?.outcome, { kind: 'cut' })
  })

  test('the pause between chunks is asked for each of them', async () => {
    const asked: number[] = []
    const reply = drip(async chunk => asked.push(chunk), text(['one', 'two', 'three']))
    assert.equal(await wordsOf(drip(0, text('so'))).then(body => /DONE/.test(body)), true)
    assert.match(await wordsOf(reply), /three/)
    assert.deepEqual(asked, [1, 2, 3, 4, 5])
  })

  test('disposing ends every answer under way, and whoever waits for a request is told', async () => {
    const server = await serve(hang(), stall(50, text('word '.repeat(30))))
    const answers = [call(server).then(drain), call(server).then(drain)]
    const never = server.waitForRequest(3)
    await server.waitForRequest(2)
    await server[Symbol.asyncDispose]()
    await assert.rejects(never, /ended before request 3/)
    const ends = await Promise.allSettled(answers)
    assert.ok(ends.every(end => end.status === 'rejected' || !end.value.ended))
  })
})

suite('[P12] errors of providers', () => {
  test('without a body the error has the shape of the dialect; headers go along', async () => {
    const shapes = {
      anthropic: { type: 'error', error: { type: 'rate_limit_error', message: 'Too Many Requests' } },
      chat: {
        error: { message: 'Too Many Requests', type: 'rate_limit_error', param: null, code: 'rate_limit_exceeded' },
      },
      responses: {
        error: { message: 'Too Many Requests', type: 'rate_limit_error', param: null, code: 'rate_limit_exceeded' },
      },
      google: { error: { code: 429, message: 'Too Many Requests', status: 'RESOURCE_EXHAUSTED' } },
    }
    for (const dialect of dialects) {
      await using server = await serve(http(429, { 'retry-after': '7' }))
      const response = await call(server, { dialect })
      assert.equal(response.status, 429)
      assert.equal(response.headers.get('retry-after'), '7')
      assert.deepEqual(await response.json(), shapes[dialect])
      assert.deepEqual(server.refusals(), [])
    }
  })

  test('HTML, JSON and raw bytes go out as they are', async () => {
    await using server = await serve(
      http(503, {}, '<html>down</html>'),
      http(402, {}, { detail: 'pay' }),
      raw('data: nonsense\n\n'),
    )
    const html = await call(server)
    assert.deepEqual(
      [html.status, html.headers.get('content-type'), await html.text()],
      [503, 'text/html', '<html>down</html>'],
    )
    const json = await call(server)
    assert.deepEqual([json.status, await json.json()], [402, { detail: 'pay' }])
    assert.equal(await (await call(server)).text(), 'data: nonsense\n\n')
  })
})

suite('[P20] usage and the record', () => {
  test('the ledger counts every answer by its price, also one that never arrived', async () => {
    const pricing = { input: 3, cached: 0.3, cacheWrite: 3.75, output: 15 }
    const usage = { input: 1_000_000, cached: 400_000, cacheWrite: 100_000, output: 200_000 }
    const one = 0.5 * 3 + 0.4 * 0.3 + 0.1 * 3.75 + 0.2 * 15
    const script = [withUsage(usage, text('hi')), cut(10, withUsage(usage, text('hi'))), http(500)]
    await using server = await startScriptedModel({ script, pricing })
    assert.match(await (await call(server, { stream: false })).text(), new RegExp(`"cost":${one}[,}]`))
    await drain(await call(server))
    await drain(await call(server))
    assert.equal(server.spent(), 2 * one)
  })

  test('the usage function sees the request and the estimate', async () => {
    const usage: ScriptedModelOptions['usage'] = (request, guess) => ({
      cached: request.lastUserText === 'hi' ? guess.input : 0,
    })
    await using server = await startScriptedModel({ script: [text('1234'.repeat(10))], usage })
    await (await call(server)).text()
    const { bytes = 0, usage: billed } = server.requests[0] ?? {}
    const input = Math.ceil(bytes / 4)
    assert.deepEqual(billed, { input, cached: input, cacheWrite: 0, output: 10, reasoning: 0 })
  })

  test('chat reports usage in a stream only when asked', async () => {
    assert.doesNotMatch(await wordsOf(text('hi')), /prompt_tokens/)
    const body = { stream_options: { include_usage: true } }
    assert.match(await wordsOf(text('hi'), { body }), /"usage":\{"prompt_tokens":\d+[^\n]*"choices":\[\]/)
  })

  test('requests are kept in order; bodies only as many as asked for', async () => {
    await using server = await startScriptedModel({ script: [], keepBodies: 2 })
    const third = server.waitForRequest(3)
    for (const dialect of dialects.slice(0, 3)) await (await call(server, { dialect })).text()
    assert.equal(await third, server.requests[2])
    assert.equal(await server.waitForRequest(1), server.requests[0])
    assert.deepEqual(
      server.requests.map(request => request.dialect),
      ['anthropic', 'chat', 'responses'],
    )
    assert.deepEqual(
      server.requests.map(request => request.body !== undefined),
      [false, true, true],
    )
    assert.ok(server.requests.every(request => request.bytes > 20 && (request.endedAt ?? 0) >= request.arrivedAt))
  })

  test('a list is consumed one reply for each accepted request, then the model is done', async () => {
    const script = [text('first')]
    await using server = await startScriptedModel({ script })
    const refused = await call(server, { body: { messages: [] } })
    assert.equal(refused.status, 400)
    assert.match(await (await call(server)).text(), /first/)
    script.push(text('second'))
    assert.match(await (await call(server)).text(), /second/)
    assert.match(await (await call(server)).text(), /Done\./)
  })

  test('a script that fails is a complaint, not a hanging client', async () => {
    const script = (): Reply => {
      throw new Error('no idea')
    }
    await using server = await startScriptedModel({ script })
    assert.equal((await call(server)).status, 500)
    assert.deepEqual(server.refusals(), ['request 1 (chat): script failed: no idea'])
  })

  test('one script serves sessions that it tells apart by the request alone', async () => {
    await using server = await startScriptedModel({ script: request => text(`${request.sessionHint}/${request.turn}`) })
    const bodies = ['s1', 's2'].map(user => ({
      user,
      messages: [
        { role: 'user', content: 'hi' },
        { role: 'assistant', content: 'a' },
        { role: 'user', content: 'b' },
      ],
    }))
    const answers = await Promise.all(bodies.map(async body => (await call(server, { stream: false, body })).text()))
    assert.match(answers[0] ?? '', /"s1\/1"/)
    assert.match(answers[1] ?? '', /"s2\/1"/)
  })

  test('[P26] the list of models has the shape of whoever asks, needs the key and is no request', async () => {
    await using server = await startScriptedModel({ script: [], models: ['a', 'b'], apiKey: 'sk' })
    const list = async (path: string, headers: Record<string, string>): Promise<unknown> =>
      (await fetch(server.url + path, { headers })).json()
    assert.match(JSON.stringify(await list('/v1/models', { authorization: 'Bearer sk' })), /"object":"list".*"id":"b"/)
    assert.match(
      JSON.stringify(await list('/v1/models', { 'x-api-key': 'sk', 'anthropic-version': 'x' })),
      /"type":"model".*"last_id":"b"/,
    )
    assert.match(JSON.stringify(await list('/v1beta/models', { 'x-goog-api-key': 'sk' })), /"models\/b"/)
    assert.match(JSON.stringify(await list('/v1/models', {})), /invalid_request_error/)
    assert.deepEqual([server.requests.length, server.lookups.length], [0, 4])
  })

  test('a client that leaves while it sends is recorded as gone', async () => {
    await using server = await serve()
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1')
    const head =
      'POST /v1/responses HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 99\r\n\r\n{'
    socket.write(head, () => socket.destroy())
    const request = await server.waitForRequest(1)
    assert.deepEqual([request.dialect, request.outcome], ['responses', { kind: 'aborted' }])
  })
})
