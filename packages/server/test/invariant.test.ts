import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { io, type Socket } from 'socket.io-client'
import { type Asked, type InvariantServer, startInvariant, type Verdict } from '../src/testing/invariant-server.ts'
import type { NormalizedRequest } from '../src/testing/scripted-model/request.ts'
import { type Reply, tool } from '../src/testing/scripted-model/script.ts'
import type { SocketClient } from '../src/testing/socket-client.ts'
import { MODEL_KEY, World } from '../src/testing/world.ts'

type Frame = Record<string, unknown>

/** "touch x" is done once, then the task is finished. */
function script({ lastUserText, messages }: NormalizedRequest): Reply {
  const command = /touch \S+/.exec(lastUserText)?.[0] ?? 'true'
  return messages.at(-1)?.role === 'user' ? tool('execute_bash', { command }) : tool('finish', { message: 'Done.' })
}
/** The judge of these tests objects to what is called dangerous. */
const objects = ({ pending }: Asked): Verdict =>
  JSON.stringify(pending).includes('danger') ? ['PolicyViolation(Danger ahead [risk=high], ranges=[])'] : []

const become = (agent_state: string): object => ({ action: 'change_agent_state', args: { agent_state } })
const say = (content: string): object => ({ action: 'message', args: { content, image_urls: [] } })
const initialize = (more: object = {}): object => ({
  action: 'initialize',
  args: { LLM_MODEL: '', LLM_API_KEY: '', AGENT: 'CodeActAgent', LANGUAGE: 'en', ...more },
})
const withJudge = initialize({ CONFIRMATION_MODE: true, SECURITY_ANALYZER: 'invariant' })

async function start(judge: InvariantServer): Promise<World> {
  return await World.start({ script, env: { INVARIANT_URL: judge.url, INVARIANT_TIMEOUT: '30' } })
}

async function pageOf(world: World, token = 'NO_JWT', first = withJudge): Promise<SocketClient> {
  const page = await world.connect({ protocols: ['openhands', token, 'NO_GITHUB'] })
  page.send(first)
  return page
}

const runOf = (page: SocketClient, command: string): Frame =>
  Object(page.frames.find(frame => frame.action === 'run' && Object(frame.args).command === command)?.args)
const tokenOf = async (page: SocketClient): Promise<string> =>
  (await page.waitFor<{ token: string }>(frame => 'token' in frame)).token

test('[wire A8.8] [S34] a 0.13.1 page with the judge "invariant": low runs, high waits for its yes or no; without the judge all wait', async () => {
  await using judge = await startInvariant(objects)
  await using world = await start(judge)
  const page = await pageOf(world)
  await page.waitForState('init')
  const made = (name: string): boolean => existsSync(join(world.dataDir, 'workspaces', page.session, name))

  page.send(say('touch harmless'))
  await page.waitForState('finished')
  assert.deepEqual(
    [runOf(page, 'touch harmless').security_risk, runOf(page, 'touch harmless').confirmation_state],
    [0, 'confirmed'],
  )

  page.send(say('touch danger-yes'))
  await page.waitForState('awaiting_user_confirmation')
  assert.equal(runOf(page, 'touch danger-yes').security_risk, 2)
  assert.equal(runOf(page, 'touch danger-yes').confirmation_state, 'awaiting_confirmation')
  assert.equal(made('danger-yes'), false)
  page.send(become('user_confirmed'))
  await page.waitForState('finished', 2)

  page.send(say('touch danger-no'))
  await page.waitForState('awaiting_user_confirmation', 2)
  page.send(become('user_rejected'))
  await page.waitForState('awaiting_user_input')
  assert.deepEqual(['harmless', 'danger-yes', 'danger-no'].map(made), [true, true, false])

  const headers = { authorization: `Bearer ${await tokenOf(page)}` }
  const panel = (path: string, body?: object): Promise<Response> =>
    fetch(`${world.server.url}/api/security/${path}`, {
      headers,
      ...(body ? { method: 'POST', body: JSON.stringify(body) } : {}),
    })
  assert.deepEqual(await (await panel('settings')).json(), { RISK_SEVERITY: 1 })
  assert.equal((await panel('policy', { policy: 'raise "mine" if: (call: ToolCall)' })).status, 200)
  const trace: Frame[] = (await (await panel('export-trace')).json()) as Frame[] // an array, or the next line fails
  assert.deepEqual(
    trace.filter(({ role }) => role === 'user').map(({ content }) => content),
    ['touch harmless', 'touch danger-yes', 'touch danger-no'],
  )

  page.send(say('touch judged'))
  await page.waitForState('finished', 3)
  assert.equal(judge.asked.at(-1)?.policy, 'raise "mine" if: (call: ToolCall)')

  await judge.kill()
  page.send(say('touch unjudged'))
  await page.waitForState('awaiting_user_confirmation', 3)
  assert.equal(runOf(page, 'touch unjudged').security_risk, -1)
  const why = 'The analyzer invariant could not judge this: The Invariant server cannot be reached.'
  const status = await page.waitFor(frame => frame.status_update === true && frame.type === 'error', 'the reason')
  assert.equal(status.message, why)
  assert.ok(world.server.log.some(line => line.includes('could not be judged') && line.includes('cannot be reached')))
  assert.equal(made('unjudged'), false)
  page.send(become('user_confirmed'))
  await page.waitForState('finished', 4)
  assert.equal(made('unjudged'), true)

  assert.deepEqual(judge.refusals, [])
  assert.ok(!JSON.stringify(judge.asked).includes(MODEL_KEY))
  assert.ok(!JSON.stringify([judge.asked, judge.requests]).includes(page.session), 'our names stay here')
  await page.close()
})

test('[S34] a session whose judge the server no longer knows asks about everything, and says what to do', async () => {
  await using judge = await startInvariant(objects)
  await using world = await start(judge)
  const page = await pageOf(world)
  await page.waitForState('init')
  page.send(say('touch one'))
  await page.waitForState('finished')
  const token = await tokenOf(page)
  await world.restart({ INVARIANT_URL: '' })
  const back = await pageOf(world, token, initialize())
  await back.waitForState('finished')
  back.send(say('touch two'))
  await back.waitForState('awaiting_user_confirmation')
  const status = await back.waitFor(frame => frame.status_update === true && frame.type === 'error', 'the reason')
  assert.match(String(status.message), /start this server with INVARIANT_URL/)
  assert.equal(runOf(back, 'touch two').security_risk, -1)
  await back.close()
})

test('[wire A5.3] without its address the judge is not offered; asking for it names the remedy', async () => {
  await using world = await World.start({ script })
  assert.deepEqual(await (await fetch(`${world.server.url}/api/options/security-analyzers`)).json(), ['policy'])
  const page = await pageOf(world)
  const refused = await page.waitFor(frame => frame.error === true, 'the refusal')
  assert.match(String(refused.message), /INVARIANT_URL/)
  await page.close()
  const wrong = World.start({ script, env: { SECURITY_SECURITY_ANALYZER: 'invariant' } })
  await assert.rejects(wrong, /SECURITY_SECURITY_ANALYZER: .*INVARIANT_URL/)
})

/** What the page of 0.21.1 sends and receives. */
class Page021 {
  readonly frames: Frame[] = []
  readonly #socket: Socket
  readonly #waiting = new Set<() => void>()

  constructor(url: string, conversation_id: string) {
    const query = { conversation_id, latest_event_id: '-1' }
    this.#socket = io(url, { transports: ['websocket'], query, forceNew: true, reconnection: false })
    this.#socket.on('oh_event', (frame: Frame) => {
      this.frames.push(frame)
      for (const wake of this.#waiting) wake()
      this.#waiting.clear()
    })
  }

  act(frame: object): void {
    this.#socket.emit('oh_action', frame)
  }

  /** The first frame after the given number of them that fits. */
  async until(fits: (frame: Frame) => boolean, after = 0): Promise<Frame> {
    for (;;) {
      const found = this.frames.slice(after).find(fits)
      if (found) return found
      await new Promise<void>(resolve => this.#waiting.add(resolve))
    }
  }

  state(name: string, after = 0): Promise<Frame> {
    return this.until(frame => Object(frame.extras).agent_state === name, after)
  }

  close(): void {
    this.#socket.disconnect()
  }
}

test('[wire A8.8] [wire B4] a 0.21.1 page with the judge "invariant": its yes, its no, and a judge that is gone', async () => {
  await using judge = await startInvariant(objects)
  await using world = await start(judge)
  const { url } = world.server
  const post = async (path: string, body: object): Promise<Frame> => {
    const headers = { 'content-type': 'application/json' }
    const answer = await fetch(`${url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) })
    assert.equal(answer.status, 200, path)
    return Object(await answer.json())
  }
  assert.deepEqual(await (await fetch(`${url}/api/options/security-analyzers`)).json(), ['invariant', 'policy'])
  const model = { llm_model: 'openai/gpt-4o', llm_base_url: world.model.baseUrl('chat'), llm_api_key: MODEL_KEY }
  await post('/api/settings', { ...model, confirmation_mode: true, security_analyzer: 'invariant' })
  const id = String((await post('/api/conversations', {})).conversation_id)
  const made = (name: string): boolean => existsSync(join(world.dataDir, 'workspaces', id, name))
  const page = new Page021(url, id)
  await page.state('init')

  /** Gives a task, waits for the question, answers it; resolves to the action and the words of the question. */
  const asked = async (task: string, answer: string, end: string): Promise<{ run: Frame; question: string }> => {
    const seen = page.frames.length
    page.act(say(task))
    const run = await page.until(frame => frame.action === 'run', seen)
    await page.state('awaiting_user_confirmation', seen)
    const question = await page.until(frame => frame.action === 'message' && frame.source === 'agent', seen)
    page.act(become(answer))
    await page.state(end, seen)
    return { run: Object(run.args), question: String(Object(question.args).content) }
  }
  const yes = await asked('touch danger-yes', 'user_confirmed', 'finished')
  assert.deepEqual([yes.run.security_risk, yes.run.confirmation_state], [2, 'awaiting_confirmation'])
  assert.match(yes.question, /The Invariant server objects: .*Danger ahead/)
  const no = await asked('touch danger-no', 'user_rejected', 'awaiting_user_input')
  assert.equal(no.run.security_risk, 2)

  const policy = await fetch(`${url}/api/conversations/${id}/security/policy`)
  assert.deepEqual(await policy.json(), { policy: 'raise "found" if: (call: ToolCall)' })
  await post(`/api/conversations/${id}/security/settings`, { RISK_SEVERITY: 3 })
  const seen = page.frames.length
  page.act(say('touch danger-unasked'))
  await page.state('finished', seen)
  await post(`/api/conversations/${id}/security/settings`, { RISK_SEVERITY: 2 })

  await judge.kill()
  const unjudged = await asked('touch unjudged', 'user_confirmed', 'finished')
  assert.equal(unjudged.run.security_risk, -1)
  assert.match(unjudged.question, /could not judge this: The Invariant server cannot be reached/)
  assert.deepEqual(['danger-yes', 'danger-no', 'danger-unasked', 'unjudged'].map(made), [true, false, true, true])
  assert.deepEqual(judge.refusals, [])
  page.close()
})
