import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { actionArgs, SessionId } from '@openhands/protocol'
import { readConfig } from '../src/config.ts'
import { startEngine } from '../src/engine.ts'
import { follow } from '../src/testing/follow.ts'
import { comeUp, goneFromTree } from '../src/testing/process-tree.ts'
import { type Reply, type Script, tool } from '../src/testing/scripted-model/script.ts'
import { startScriptedModel } from '../src/testing/scripted-model/server.ts'
import { temporaryFolder } from '../src/testing/server-process.ts'
import { stateOf } from '../src/testing/socket-client.ts'
import { MODEL_KEY, World } from '../src/testing/world.ts'

const silent = { info: () => undefined, warn: () => undefined, error: () => undefined }
const bash = (command: string): Reply => tool('execute_bash', { command, timeout: 600 })
const finish = tool('finish', { message: 'Done.' })

/** A word that no other process on this machine has in its command line. */
const mark = (): string => `mark${randomUUID().replaceAll('-', '')}`

/** Leaves all kinds of processes behind that try to outlive their command, then goes on in front. */
function escapees(word: string): string {
  const sleep = `python3 -c "import time,signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); signal.signal(signal.SIGHUP, signal.SIG_IGN); time.sleep(9999)" ${word}`
  return [`setsid ${sleep} &`, `nohup ${sleep} >/dev/null 2>&1 &`, `(${sleep} &)`, `${sleep} & disown`].join('\n')
}

for (const sandbox of ['bubblewrap', 'local']) {
  test(`[P08] ${sandbox}: after SIGTERM the server is gone with 0 and nothing of its sandboxes is left`, async () => {
    const word = mark()
    await using world = await World.start({
      args: ['--sandbox', sandbox, '--confirmation', 'never', '--drain-seconds', '0'],
      script: ({ turn }) => [bash(escapees(word)), bash(`echo begun; sleep 999 ${word.length}`)][turn] ?? finish,
    })
    const client = await world.connect({ deltas: true })
    client.start('go')
    await client.waitFor(frame => JSON.stringify(frame).includes('begun') && 'delta' in frame)
    await comeUp(word, 4)
    assert.equal(await world.server.stop(), 0)
    await goneFromTree(word)
    await world.restart()
    const again = await world.connect({ session: client.session })
    await again.waitForState('finished')
    assert.deepEqual(world.model.refusals(), [])
  })

  test(`[P08] ${sandbox}: after kill -9 and a restart nothing of the old sandboxes is left`, async () => {
    const word = mark()
    await using world = await World.start({
      args: ['--sandbox', sandbox, '--confirmation', 'never'],
      script: ({ turn }) => (turn === 0 ? bash(escapees(word)) : finish),
    })
    const client = await world.connect()
    client.start('go')
    await client.waitForState('finished')
    await comeUp(word, 4)
    await world.restart()
    await goneFromTree(word)
  })
}

test('[P04] without resuming, a run that was under way waits as paused, and a message goes on', async () => {
  await using world = await World.start({
    args: ['--no-resume'],
    script: ({ turn, lastUserText }) =>
      lastUserText.includes('continue') ? finish : bash(`echo begun ${turn}; sleep 999`),
  })
  const client = await world.connect({ deltas: true })
  client.start('go')
  await client.waitFor(frame => JSON.stringify(frame).includes('begun') && 'delta' in frame)
  await world.restart()
  const again = await world.connect({ session: client.session })
  await again.waitForState('paused')
  const unknown = again.events.find(event => 'observation' in event && event.observation === 'error')
  assert.match(unknown?.message ?? '', /outcome|effect is not known|not known/)
  again.say('continue')
  await again.waitForState('finished')
})

/** Sessions without a door, so that a test can close and delete them. */
async function engineWith(script: Script, stack: AsyncDisposableStack) {
  const model = stack.use(await startScriptedModel({ script, apiKey: MODEL_KEY }))
  const folder = stack.use(await temporaryFolder())
  const env = { LLM_MODEL: 'openai/gpt-4o', LLM_API_KEY: MODEL_KEY, LLM_BASE_URL: model.baseUrl('chat') }
  const { config } = readConfig(['--data-dir', folder.path, '--confirmation', 'never'], {
    ...env,
    OPENHANDS_IDLE_MINUTES: '0.000001',
  })
  const engine = stack.use(await startEngine(config, silent))
  return { engine, dataDir: folder.path }
}

async function until(
  session: { stream: { state: { agentState: unknown }; changed(signal: AbortSignal): Promise<void> } },
  state: string,
): Promise<void> {
  const never = new AbortController().signal
  for (;;) {
    const changed = session.stream.changed(never)
    if (session.stream.state.agentState === state) return
    await changed
  }
}

test('[P28] an idle session gives back its sandbox and nothing else: it comes back as it was', async () => {
  await using stack = new AsyncDisposableStack()
  const word = mark()
  const { engine, dataDir } = await engineWith(
    ({ turn }) => [bash(`echo kept > file; ${escapees(word)}`), finish, bash('cat file'), finish][turn] ?? finish,
    stack,
  )
  const id = SessionId.parse(randomUUID())
  const session = await engine.manager.open(id)
  await session.dispatch({ kind: 'start', task: 'write' })
  await until(session, 'finished')
  const before = session.stream.state
  await comeUp(word, 4)
  await engine.manager.closeIdle()
  assert.equal(engine.manager.size, 0)
  await goneFromTree(word)
  const again = await engine.manager.open(id)
  assert.deepEqual(again.stream.state, before)
  await again.dispatch({ kind: 'start', task: 'read' })
  await until(again, 'finished')
  const page = await again.stream.page(before.next)
  assert.ok(
    page.some(({ event }) => 'observation' in event && event.observation === 'run' && event.content.includes('kept')),
  )
  assert.equal(await readFile(join(dataDir, 'workspaces', id, 'file'), 'utf8'), 'kept\n')
})

test('[R10] what a user does himself is preceded by a checkpoint of its own, not by that of the last answer', async () => {
  await using stack = new AsyncDisposableStack()
  const { engine, dataDir } = await engineWith(({ turn }) => (turn === 0 ? bash('echo one > f') : finish), stack)
  const id = SessionId.parse(randomUUID())
  const session = await engine.manager.open(id)
  await session.dispatch({ kind: 'start', task: 'write' })
  await until(session, 'finished')
  const { signal } = new AbortController()
  const runtime = await session.runtime(signal)
  // One is taken at a time: when this one has been, that of the last answer has been too.
  await runtime.checkpoints.take('settled', signal)
  const file = join(dataDir, 'workspaces', id, 'f')
  await writeFile(file, 'edited meanwhile\n')
  const args = actionArgs.run.parse({ command: 'echo two > f' })
  const { next } = session.stream.state
  await session.dispatch({ kind: 'act', draft: { action: 'run', source: 'user', args } })
  let checkpoint: string | undefined
  for await (const { event } of follow(session.stream, next, AbortSignal.timeout(30_000))) {
    if (!('observation' in event) || event.observation !== 'run') continue
    checkpoint = event.checkpoint
    break
  }
  assert.ok(checkpoint)
  const restored = await runtime.checkpoints.restore(checkpoint, signal)
  assert.ok(restored.ok, JSON.stringify(restored))
  assert.equal(await readFile(file, 'utf8'), 'edited meanwhile\n')
})

test('[P08] deleting a session ends its processes and forgets its log and its own folder', async () => {
  await using stack = new AsyncDisposableStack()
  const word = mark()
  const { engine, dataDir } = await engineWith(({ turn }) => (turn === 0 ? bash(escapees(word)) : finish), stack)
  const id = SessionId.parse(randomUUID())
  const session = await engine.manager.open(id)
  await session.dispatch({ kind: 'start', task: 'go' })
  await until(session, 'finished')
  assert.equal((await engine.manager.list()).length, 1)
  await engine.manager.delete(id)
  await goneFromTree(word)
  assert.equal((await engine.manager.list()).length, 0)
  assert.equal(await engine.manager.exists(id), false)
  assert.equal(existsSync(join(dataDir, 'workspaces', id)), false)
})

test('[R2] where no sandbox can be had nothing runs: every action is answered once, with the remedy', async () => {
  await using world = await World.start({
    script: () => bash('touch it'),
    args: ['--workspace-base', '/nowhere-at-all'],
  })
  const client = await world.connect()
  client.start('go')
  await client.waitForState('error')
  client.send({ action: 'run', args: { command: 'touch it' } })
  const asked = await client.waitFor(frame => frame.action === 'run')
  const answer = await client.waitFor(frame => frame.cause === asked.id)
  assert.match(String(answer.message), /nowhere-at-all/)
  client.send({ action: 'change_agent_state', args: { agent_state: 'stopped' } })
  await client.waitFor(frame => stateOf(frame) === 'stopped')
  assert.equal(client.events.filter(event => event.cause === asked.id).length, 1)
  assert.equal(world.model.requests.length, 0)
})

test('[P09] a provider whose window is smaller than believed: the history is shortened and the run goes on', async () => {
  await using world = await World.start({
    script: ({ lastResults, messages }) =>
      messages.some(message => message.text.includes('done 39')) ||
      lastResults.some(({ text }) => text.includes('done 39'))
        ? finish
        : bash(
            `head -c 1500 /dev/zero | tr '\\0' x; echo done $(( $(cat n 2>/dev/null || echo -1) + 1 )) | tee last; cut -d' ' -f2 last > n`,
          ),
    model: { contextLimit: 12_000 },
    env: { MAX_ITERATIONS: '200' },
  })
  const client = await world.connect()
  client.start('count to 39')
  await client.waitForState('finished')
  const condensed = client.events.filter(event => 'observation' in event && event.observation === 'condense')
  assert.ok(condensed.length >= 1 && condensed.length <= 12, `${condensed.length} times`)
  assert.equal(
    world.model.refusals().every(reason => /context|long|large|tokens/i.test(reason)),
    true,
  )
})

test('[P39] a file of 5 MB is read as its beginning and its end, and the event says what is missing', async () => {
  await using world = await World.start({ script: ({ turn }) => (turn === 0 ? bash('seq 1 700000 > long') : finish) })
  const client = await world.connect()
  client.start('make it')
  await client.waitForState('finished')
  client.send({ action: 'read', args: { path: 'long' } })
  client.send({ action: 'read', args: { path: 'long', start: 349_999, end: 350_001 } })
  await client.waitFor(
    () => client.events.filter(event => 'observation' in event && event.observation === 'read').length === 2,
  )
  const contents = client.events.flatMap(event =>
    'observation' in event && event.observation === 'read' ? [event.content] : [],
  )
  assert.ok((contents[0]?.length ?? 0) < 101_000)
  assert.match(contents[0] ?? '', /^1\n2\n.*characters are left out here.*700000\n$/s)
  assert.equal(contents[1], '350000\n350001\n')
})

test('[seed] the manager sends to one session, and says when there is nobody to send to', async () => {
  await using stack = new AsyncDisposableStack()
  const { engine } = await engineWith(() => finish, stack)
  const [one, other] = [SessionId.parse(randomUUID()), SessionId.parse(randomUUID())]
  const heard = new Map<string, unknown[]>()
  const gone = new AbortController()
  const attached = [one, other].map(async id => {
    const session = await engine.manager.open(id)
    const frames: unknown[] = []
    heard.set(id, frames)
    const connection = {
      wantsDeltas: false,
      sendEvent: () => undefined,
      sendFrame: (frame: unknown) => void frames.push(frame),
      room: () => Promise.resolve(),
      ready: () => Promise.resolve(),
      close: () => undefined,
    }
    return { done: session.attach(connection, 0, gone.signal) }
  })
  const clients = await Promise.all(attached)
  const frame = { status_update: true, type: 'info', id: 'NOTE', message: 'for you' } as const
  assert.equal(await engine.manager.send(one, frame), true)
  assert.equal(await engine.manager.send(SessionId.parse(randomUUID()), frame), false)
  assert.deepEqual([heard.get(one), heard.get(other)], [[frame], []])
  gone.abort()
  await Promise.all(clients.map(client => client.done))
})
