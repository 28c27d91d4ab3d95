import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Event } from '@openhands/protocol'
import { readMetrics } from '../src/testing/prometheus-text.ts'
import { type Reply, text, tool } from '../src/testing/scripted-model/script.ts'
import { MODEL_KEY, World } from '../src/testing/world.ts'

const bash = (command: string): Reply => tool('execute_bash', { command })
const finish = tool('finish', { message: 'Done.' })
const token = 'canary-token-0123456789abcdef'

async function get(world: World, path: string, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
  return await fetch(`${world.server.url}${path}`, { headers })
}

async function metricsOf(world: World): Promise<{ text: string; numbers: ReadonlyMap<string, number> }> {
  const text = await (await get(world, '/metrics')).text()
  return { text, numbers: readMetrics(text) }
}

function kindOf(event: Event): string {
  return 'action' in event
    ? `openhands_events_total{type="action",kind="${event.action}"}`
    : `openhands_events_total{type="observation",kind="${event.observation}"}`
}

test('[4.9] /metrics says what the log says, and names nobody', async () => {
  const word = `word${randomUUID()}`
  await using world = await World.start({ script: ({ turn }) => (turn < 2 ? bash(`echo ${word} ${turn}`) : finish) })
  const before = (await metricsOf(world)).numbers
  assert.equal(before.get('openhands_model_calls_total{outcome="ok"}'), 0)
  assert.equal(before.get('openhands_cost_dollars_total'), 0)
  const client = await world.connect()
  client.start(word)
  await client.waitForState('finished')
  await get(world, `/api/conversations/${client.session}?${word}`)
  await get(world, `/${word}`)
  const { text, numbers } = await metricsOf(world)
  const counted = new Map<string, number>()
  for (const event of client.events) counted.set(kindOf(event), (counted.get(kindOf(event)) ?? 0) + 1)
  const told = [...numbers].filter(([name]) => name.startsWith('openhands_events_total'))
  assert.deepEqual(new Map(told), counted)
  const answers = client.events.flatMap(({ llm_metrics }) => llm_metrics ?? [])
  const sum = (amount: (answer: (typeof answers)[number]) => number): number =>
    answers.reduce((all, answer) => all + amount(answer), 0)
  assert.equal(answers.length, 3)
  assert.equal(numbers.get('openhands_model_calls_total{outcome="ok"}'), 3)
  assert.equal(
    numbers.get('openhands_tokens_total{kind="prompt"}'),
    sum(answer => answer.prompt_tokens),
  )
  assert.equal(
    numbers.get('openhands_tokens_total{kind="completion"}'),
    sum(answer => answer.completion_tokens),
  )
  const cost = sum(answer => answer.cost ?? 0)
  assert.ok(cost > 0 && Math.abs((numbers.get('openhands_cost_dollars_total') ?? 0) - cost) < 1e-9)
  const exactly = {
    'openhands_sessions{state="finished"}': 1,
    'openhands_connections{kind="ws"}': 1,
    'openhands_connections{kind="socket.io"}': 0,
    'openhands_client_queue_bytes{kind="ws"}': 0,
    openhands_store_waiting_appends: 0,
    'openhands_sandbox_starts_total{outcome="ok"}': 1,
    'openhands_sandbox_starts_total{outcome="failed"}': 0,
    openhands_sandbox_start_seconds_count: 1,
    openhands_model_calls_in_flight: 0,
    'openhands_http_requests_total{method="GET",route="/api/conversations/:id",status="200"}': 1,
    'openhands_http_requests_in_flight{route="/metrics"}': 1,
  }
  assert.deepEqual(Object.fromEntries(Object.keys(exactly).map(name => [name, numbers.get(name)])), exactly)
  assert.ok((numbers.get('nodejs_eventloop_lag_max_seconds') ?? -1) >= 0)
  assert.ok((numbers.get('process_resident_memory_bytes') ?? 0) > 1e7)
  assert.ok((numbers.get('process_cpu_seconds_total') ?? 0) > 0)
  assert.ok(!text.includes(word) && !text.includes(client.session), 'no user text and no id in a label')
})

test('[4.9] /metrics tells failures of the model by their kind', async () => {
  await using world = await World.start({ script: () => text('never asked'), env: { LLM_API_KEY: 'a-wrong-key-0123' } })
  const client = await world.connect()
  client.start('go')
  await client.waitForState('paused')
  const { numbers } = await metricsOf(world)
  assert.equal(numbers.get('openhands_model_calls_total{outcome="auth"}'), 1)
  assert.equal(numbers.get('openhands_model_calls_total{outcome="ok"}'), 0)
})

test('[4.9] [S02] who has no access learns a status and no more, and no numbers', async () => {
  await using world = await World.start({
    script: () => finish,
    args: ['--token-required'],
    env: { OPENHANDS_TOKEN: token },
  })
  const authorization = `Bearer ${token}`
  assert.deepEqual(await (await get(world, '/livez')).json(), { status: 'alive' })
  assert.deepEqual(await (await get(world, '/readyz')).json(), { status: 'ready' })
  assert.equal((await get(world, '/metrics')).status, 401)
  assert.equal((await get(world, '/metrics', { authorization })).status, 200)
  const { status, checks } = JSON.parse(await (await get(world, '/readyz', { authorization })).text())
  assert.equal(status, 'ready')
  assert.deepEqual(Object.keys(checks), ['recovery', 'drain', 'store', 'disk', 'sandbox'])
  assert.ok(Object.values<{ ok: boolean }>(checks).every(({ ok }) => ok))
  assert.equal((await get(world, '/readyz', { origin: 'http://evil.example' })).status, 403)
})

test('[4.9] /readyz says which part fails and why, and that it works again', async () => {
  await using world = await World.start({ script: ({ turn }) => (turn === 0 ? bash('true') : finish) })
  const readiness = async (): Promise<{ status: number; failing: readonly string[]; text: string }> => {
    const answer = await get(world, '/readyz')
    const text = await answer.text()
    const checks = Object.entries<{ ok: boolean }>(JSON.parse(text).checks)
    return { status: answer.status, failing: checks.flatMap(([name, { ok }]) => (ok ? [] : [name])), text }
  }
  // Where the executor's files would go there is something else: no sandbox can start.
  const blocked = join(world.dataDir, 'runtime')
  await rm(blocked, { recursive: true, force: true })
  await writeFile(blocked, 'in the way')
  const client = await world.connect()
  client.start('go')
  await client.waitForState('error')
  const failing = await readiness()
  assert.deepEqual([failing.status, failing.failing], [503, ['sandbox']])
  assert.match(failing.text, /ENOTDIR/)
  assert.equal((await get(world, '/livez')).status, 200)
  const { numbers } = await metricsOf(world)
  assert.ok((numbers.get('openhands_sandbox_starts_total{outcome="failed"}') ?? 0) >= 1)
  await rm(blocked)
  const other = await world.connect()
  other.start('again')
  await other.waitForState('finished')
  assert.deepEqual(await readiness().then(({ status, failing: none }) => [status, none]), [200, []])
})

test('[S07] [S17] [S18] lines of the log are one line of JSON each, carry ids, and hold no secret at any level', async () => {
  const line = 'GET /api/conversations?token=query-canary-0123 \u001b]52;c;AAAA\u0007'
  await using world = await World.start({
    script: () => finish,
    args: ['--token-required', '--log-level', 'debug'],
    env: { OPENHANDS_TOKEN: token },
  })
  const authorization = `Bearer ${token}`
  const client = await world.connect({ headers: { authorization } })
  client.start('go')
  await client.waitForState('finished')
  const named = await get(world, `/api/conversations/${client.session}?token=${token}&key=query-canary-0123`, {
    authorization,
    'x-request-id': 'front-door:42',
  })
  assert.equal(named.headers.get('x-request-id'), 'front-door:42')
  for (const bad of ['two words', 'x'.repeat(65), '"}{"level":60', encodeURIComponent(line)]) {
    const answered = (await get(world, '/api/nothing', { authorization, 'x-request-id': bad })).headers.get(
      'x-request-id',
    )
    assert.match(answered ?? '', /^[0-9a-f-]{36}$/)
  }
  await get(world, '/health', { authorization: 'Bearer wrong-canary-0123456789' })
  const socket = await world
    .connect({ headers: { authorization: 'Bearer wrong-canary-0123456789' } })
    .catch(() => 'refused')
  assert.equal(socket, 'refused')
  await world.server.stop()
  const lines = world.server.log.filter(one => one.startsWith('{')).map(one => JSON.parse(one))
  const requests = lines.filter(({ msg }) => msg === 'request')
  const known = requests.find(({ request }) => request === 'front-door:42')
  const { method, route, status, session, ms } = known
  assert.deepEqual([method, route, status, session], ['GET', '/api/conversations/:id', 200, client.session])
  assert.ok(ms >= 0)
  assert.ok(requests.length >= 6)
  const all = world.server.log.join('\n')
  for (const canary of [token, MODEL_KEY, 'query-canary', 'wrong-canary', btoa(token)])
    assert.ok(!all.includes(canary), canary)
  assert.doesNotMatch(all, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/)
})
