import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turnOfLoop, setTimeout as wait } from 'node:timers/promises'
import type { NormalizedRequest } from '../src/testing/scripted-model/request.ts'
import { drip, type Reply, text, tool } from '../src/testing/scripted-model/script.ts'
import { seeded } from '../src/testing/seeded.ts'
import type { SocketClient } from '../src/testing/socket-client.ts'
import { World } from '../src/testing/world.ts'

const MESSAGES = 10_000
const SESSIONS = 20

/** Half of the turns end in words, half in a finish; both come in pieces, so that messages arrive in between. */
function answer({ turn }: NormalizedRequest): Reply {
  return drip(
    0,
    turn % 2 === 0 ? text(['Turn ', `${turn} `, 'is over.']) : tool('finish', { message: `Turn ${turn}.` }),
  )
}

test(`[P04] ${MESSAGES} messages at random moments around the end of a turn: each is consumed exactly once`, async () => {
  const shown = new Map<string, number>()
  await using world = await World.start({
    script: request => {
      count(shown, request)
      return answer(request)
    },
    env: { LLM_MAX_INPUT_TOKENS: '2000000' },
    model: { keepBodies: 1 },
  })
  const clients = await Promise.all(Array.from({ length: SESSIONS }, () => world.connect()))
  await Promise.all(clients.map((client, i) => talk(client, i, MESSAGES / SESSIONS)))
  for (const client of clients) {
    const said = client.events.filter(
      event => 'action' in event && event.action === 'message' && event.source === 'user',
    )
    assert.equal(said.length, MESSAGES / SESSIONS)
    const newest = said.at(-1)?.id ?? -1
    const seen = Math.max(...client.events.map(event => event.seen ?? -1))
    assert.ok(seen >= newest, `the model saw up to ${seen}, the last message is ${newest}`)
  }
  assert.equal(shown.size, MESSAGES, 'every message was shown to the model')
  assert.deepEqual([...new Set(shown.values())], [1], 'as something new, once')
  assert.deepEqual(world.model.refusals(), [])
})

/** Counts the messages that stand after the last answer: those are what this request brings that is new. */
function count(shown: Map<string, number>, request: NormalizedRequest): void {
  const lastAnswer = request.messages.findLastIndex(message => message.role === 'assistant')
  for (const message of request.messages.slice(lastAnswer + 1)) {
    if (message.role !== 'user') continue
    for (const [name] of message.text.matchAll(/m\d+-\d+!/g)) shown.set(name, (shown.get(name) ?? 0) + 1)
  }
}

/** Says one thing after the other, each at a random moment around the end of the turn before. */
async function talk(client: SocketClient, number: number, messages: number): Promise<void> {
  const random = seeded(number + 1)
  for (let i = 0; i < messages; i++) {
    client.say(`m${number}-${i}!`)
    const dice = random()
    if (dice < 0.4) await client.waitFor(() => atRest(client), 'the end of a turn')
    else if (dice < 0.7) for (let turns = Math.floor(random() * 30); turns > 0; turns--) await turnOfLoop()
    else await wait(random() * 12)
  }
  await client.waitFor(() => saidAll(client, messages) && atRest(client), 'the last answer')
}

function atRest(client: SocketClient): boolean {
  const { events } = client
  const said = events.findLastIndex(event => 'action' in event && event.action === 'message' && event.source === 'user')
  const state = events.findLast(event => 'observation' in event && event.observation === 'agent_state_changed')
  const resting =
    state && 'extras' in state && state.observation === 'agent_state_changed' ? state.extras.agent_state : ''
  const seen = Math.max(-1, ...events.slice(said).map(event => event.seen ?? -1))
  return seen >= (events[said]?.id ?? 0) && (resting === 'finished' || resting === 'awaiting_user_input')
}

function saidAll(client: SocketClient, messages: number): boolean {
  return (
    client.events.filter(event => 'action' in event && event.action === 'message' && event.source === 'user').length ===
    messages
  )
}
