import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fold, isAction, nothing } from '@openhands/protocol'
import { http, thinking, tool, tools } from '../src/testing/scripted-model/script.ts'
import { World } from '../src/testing/world.ts'

const steps = ['Look around', 'Change it', 'Test it']
const plan = (...states: readonly string[]): { name: string; args: Record<string, unknown> } => ({
  name: 'plan',
  args: { items: steps.map((text, at) => ({ text, state: states[at] })) },
})

const bash = (command: string): { name: string; args: Record<string, unknown> } => ({
  name: 'execute_bash',
  args: { command },
})
/** In the words of each provider. */
const tooLong = {
  type: 'error',
  error: {
    type: 'invalid_request_error',
    code: 'context_length_exceeded',
    status: 'INVALID_ARGUMENT',
    message:
      'prompt is too long: maximum context length is exceeded; the input token count exceeds the maximum number of tokens allowed',
  },
}

test('[C10] a plan is kept whole, told to the model and to clients, never asked about, and survives a restart', async () => {
  const results: string[] = []
  await using world = await World.start({
    args: ['--confirmation', 'risky'],
    script: ({ turn, messages }) => {
      results.push(JSON.stringify(messages))
      if (turn === 0) return tool('plan', { items: [{ content: 'Look around', status: 'pending' }] })
      if (turn === 1) return tools([plan('doing', 'open', 'open'), { name: 'execute_bash', args: { command: 'ls' } }])
      if (turn === 2) return tools([plan('done', 'done', 'done'), { name: 'finish', args: { message: 'ok' } }])
      return tool('finish', { message: 'again' })
    },
  })
  const client = await world.connect()
  client.start('do it in three steps')
  await client.waitForState('finished')
  assert.match(results[1] ?? '', /items\.0\.text.*is missing.*there is no argument .*content/)
  assert.match(results[2] ?? '', /The plan has been updated: 0 of 3 done\./)
  const plans = client.events.filter(event => isAction(event) && event.action === 'plan')
  assert.deepEqual(
    plans.map(({ message }) => message.split('\n')[0]),
    ['Plan: 0 of 3 done, now: Look around', 'Plan: 3 of 3 done'],
  )
  assert.ok(
    !client.events.some(event => 'cause' in event && plans.some(({ id }) => id === event.cause)),
    client.trail(),
  )
  const known = client.events.reduce(fold, nothing).plan
  assert.deepEqual([known?.event, known?.items.map(({ state }) => state)], [plans[1]?.id, ['done', 'done', 'done']])

  await world.restart()
  const later = await world.connect({ session: client.session })
  await later.waitFor(() => later.lastId >= client.lastId, 'what had been seen')
  later.say('once more')
  await later.waitForState('finished', 2)
  assert.match(results.at(-1) ?? '', /once more/)
  assert.deepEqual(world.model.refusals(), [])
})

for (const dialect of ['chat', 'anthropic', 'google'] as const)
  test(`[C10] [P01] in the dialect ${dialect} the plan is still shown once older parts are left out, and the prompt is accepted`, async () => {
    let isFull = true
    const prompts: string[] = []
    await using world = await World.start({
      dialect,
      args: ['--confirmation', 'never'],
      script: ({ turn, messages }) => {
        const prompt = JSON.stringify(messages)
        if (turn === 0) return thinking('Three steps.', tools([plan('doing', 'open', 'open'), bash('echo first')]))
        if (turn < 15 && isFull) return tools([bash(`echo ${turn} ${'x'.repeat(2_000)}`)])
        if (isFull) {
          isFull = false
          return http(400, {}, tooLong)
        }
        prompts.push(prompt)
        return tool('finish', { message: 'ok' })
      },
    })
    const client = await world.connect()
    client.start('do it in three steps')
    await client.waitForState('finished')
    const condensed = client.events.find(event => 'observation' in event && event.observation === 'condense')
    assert.match(condensed?.message ?? '', /except the task and the plan\.$/)
    const [prompt = ''] = prompts
    assert.doesNotMatch(prompt, /echo first/)
    for (const shown of ['do it in three steps', 'Look around', 'The plan has been updated', 'were left out here'])
      assert.ok(prompt.includes(shown), `${shown}: ${prompt.slice(0, 2_000)}`)
    assert.deepEqual(world.model.refusals(), [])
  })
