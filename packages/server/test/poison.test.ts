import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { NormalizedRequest } from '../src/testing/scripted-model/request.ts'
import { http, type Reply, text, tool } from '../src/testing/scripted-model/script.ts'
import type { SocketClient } from '../src/testing/socket-client.ts'
import { World } from '../src/testing/world.ts'

const refusal = http(400, {}, { error: { message: 'Input is not allowed.', type: 'invalid_request_error' } })
const picture = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='

/** A provider that refuses every prompt with this text in it, for ever, or with a picture. */
function refusing(poison: string, answer: (request: NormalizedRequest) => Reply) {
  return (request: NormalizedRequest): Reply => {
    const { messages } = request
    const isRefused = JSON.stringify(messages).includes(poison) || messages.some(({ images }) => images > 0)
    return isRefused ? refusal : answer(request)
  }
}

function quarantined(client: SocketClient): readonly unknown[] {
  return client.events.flatMap(event =>
    'observation' in event && event.observation === 'error' ? (event.extras.quarantined ?? []) : [],
  )
}

test('[P16] a result that the provider refuses is kept from it, visibly, and the session goes on, also after a restart', async () => {
  const answer = ({ messages }: NormalizedRequest): Reply => {
    const last = messages.at(-1)
    if (last?.role !== 'user') return text('It could not be shown.')
    return /again/.test(last.text) ? text('Still here.') : tool('execute_bash', { command: "echo poi''son" })
  }
  await using world = await World.start({ script: refusing('poison', answer) })
  const client = await world.connect()
  client.start('print it')
  await client.waitForState('awaiting_user_input')
  const output = client.events.find(event => 'observation' in event && event.observation === 'run')
  assert.deepEqual(quarantined(client), [{ event: output?.id, what: 'all' }])
  assert.equal(world.model.requests.length, 3, 'asked, refused, asked again')
  assert.match(JSON.stringify(world.model.requests.at(-1)?.body), /left out: the model’s provider refuses it/)
  assert.ok(JSON.stringify(output).includes('poison'), 'the log keeps it')
  await world.restart()
  const back = await world.connect({ session: client.session })
  back.say('and again?')
  await back.waitFor(frame => frame.message === 'Still here.')
  assert.equal(world.model.requests.length, 4, 'nothing is refused any more')
})

test('[P16] refused pictures go first, before any prompt was accepted; the words about them stay', async () => {
  await using world = await World.start({ script: refusing('poison', () => text('A picture?')) })
  const client = await world.connect()
  client.send({
    action: 'message',
    args: { content: 'what is this', image_urls: [`data:image/png;base64,${picture}`] },
  })
  await client.waitForState('awaiting_user_input')
  assert.deepEqual(
    quarantined(client).map(each => Object(each).what),
    ['pictures'],
  )
  const asked = JSON.stringify(world.model.requests.at(-1)?.body)
  assert.ok(asked.includes('what is this') && asked.includes('pictures that were here are left out'), asked)
})

test('[P16] refused words of the user are kept from the model as well; a first request that is refused is not guessed at', async () => {
  await using world = await World.start({ script: refusing('poison', () => text('Fine.')) })
  const client = await world.connect()
  client.start('poison at once')
  await client.waitForState('paused')
  assert.deepEqual(quarantined(client), [])
  const other = await world.connect()
  other.start('hello')
  await other.waitForState('awaiting_user_input')
  other.say('now some poison')
  await other.waitForState('awaiting_user_input', 2)
  assert.equal(quarantined(other).length, 1)
  other.say('go on')
  await other.waitForState('awaiting_user_input', 3)
})

test('[P16] a provider that refuses everything is asked no more than there is to suspect, and the run rests', async () => {
  let asked = 0
  const answer = (): Reply => (asked++ === 0 ? tool('execute_bash', { command: 'echo x' }) : refusal)
  await using world = await World.start({ script: answer })
  const client = await world.connect()
  client.start('go')
  await client.waitForState('paused')
  assert.equal(asked, 3)
})
