import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { type AddressInfo, createServer } from 'node:net'
import { test } from 'node:test'
import { type Reply, tool } from '../src/testing/scripted-model/script.ts'
import { type SentSpan, startSpanCollector } from '../src/testing/span-collector.ts'
import { MODEL_KEY, World } from '../src/testing/world.ts'

const bash = (command: string): Reply => tool('execute_bash', { command })
const finish = tool('finish', { message: 'Done.' })

function named(spans: readonly SentSpan[], name: string): readonly SentSpan[] {
  return spans.filter(span => span.name === name).sort((a, b) => (a.startTimeUnixNano < b.startTimeUnixNano ? -1 : 1))
}

test('[4.9] spans of steps, calls, actions and requests reach the collector, nest, and hold no contents', async () => {
  const word = `word${randomUUID()}`
  await using collector = await startSpanCollector()
  await using world = await World.start({
    script: ({ turn }) => [bash(`echo ${word}`), bash('cat nowhere'), finish][turn] ?? finish,
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: `${collector.url}/`, OTEL_SERVICE_NAME: 'a-server' },
  })
  const client = await world.connect()
  client.start(word)
  await client.waitForState('finished')
  await fetch(`${world.server.url}/api/conversations/${client.session}?${word}`)
  assert.equal(await world.server.stop(), 0)
  const { spans, bodies, services } = collector
  assert.deepEqual([...services], ['a-server'])
  const steps = named(spans, 'step')
  const calls = named(spans, 'model call')
  const actions = named(spans, 'action')
  assert.deepEqual([steps.length, calls.length, actions.length], [3, 3, 2])
  const ids = steps.map(({ spanId }) => spanId)
  assert.deepEqual(
    calls.map(({ parentSpanId }) => parentSpanId),
    ids,
  )
  assert.deepEqual(
    actions.map(({ parentSpanId }) => parentSpanId),
    ids.slice(0, 2),
  )
  for (const [index, call] of calls.entries()) assert.equal(call.traceId, steps[index]?.traceId)
  assert.ok(steps.every(({ parentSpanId }) => !parentSpanId))
  for (const span of [...steps, ...calls, ...actions]) assert.equal(span.attributes.get('session.id'), client.session)
  assert.deepEqual(
    actions.map(({ attributes }) => attributes.get('openhands.action')),
    ['run', 'run'],
  )
  for (const action of actions) {
    const step = steps.find(({ spanId }) => spanId === action.parentSpanId)
    assert.ok(step && action.startTimeUnixNano >= step.startTimeUnixNano)
    assert.ok(action.endTimeUnixNano <= step.endTimeUnixNano, 'a step lasts as long as what it asked for')
  }
  assert.equal(named(spans, 'sandbox start').length, 1)
  const request = named(spans, 'GET /api/conversations/:id')[0]
  assert.equal(request?.attributes.get('http.response.status_code'), 200)
  assert.equal(request?.attributes.get('session.id'), client.session)
  for (const secret of [word, 'nowhere', MODEL_KEY]) assert.ok(!bodies.join('').includes(secret), secret)
})

/** Resolves when the server has written a line with these words. */
async function lineWith(world: World, words: string): Promise<void> {
  while (!world.server.log.some(line => line.includes(words))) await new Promise(resolve => setTimeout(resolve, 20))
}

for (const [what, takes] of [
  ['takes no connection', false],
  ['takes connections and says nothing', true],
] as const) {
  test(`[4.9] a collector that ${what} breaks nothing, and that is said once`, { timeout: 120_000 }, async () => {
    await using silent = new AsyncDisposableStack()
    const server = createServer(socket => socket.on('error', () => undefined))
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    silent.defer(() => void server.close())
    const { port } = server.address() as AddressInfo // a TCP server that listens has one
    if (!takes) server.close()
    await using world = await World.start({
      script: ({ turn }) => (turn < 3 ? bash(`echo ${turn}`) : finish),
      env: { OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`, OTEL_EXPORTER_OTLP_TIMEOUT: '500' },
    })
    const first = await world.connect()
    first.start('go')
    await first.waitForState('finished')
    await lineWith(world, 'spans cannot be sent')
    const second = await world.connect()
    second.start('go')
    await second.waitForState('finished')
    assert.equal(await world.server.stop(), 0)
    assert.equal(world.server.log.filter(line => line.includes('spans cannot be sent')).length, 1)
  })
}

test('[4.9] without an endpoint nothing for spans is loaded, and nothing for numbers before somebody asks', async () => {
  const hook = `import { registerHooks } from 'node:module'
    const load = (url, context, next) => {
      const [, name] = /node_modules\\/(@opentelemetry|prom-client)/.exec(url) ?? []
      if (name) console.error('loads ' + name)
      return next(url, context)
    }
    registerHooks({ load })`
  await using world = await World.start({
    script: () => finish,
    env: { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(hook)}` },
  })
  const client = await world.connect()
  client.start('go')
  await client.waitForState('finished')
  assert.ok(!world.server.log.some(line => line.startsWith('loads ')))
  await fetch(`${world.server.url}/metrics`)
  await lineWith(world, 'loads prom-client')
})
