import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { action, begun } from '../packages/server/src/testing/events.ts'
import { newGate } from '../packages/server/src/testing/scripted-model/gate.ts'
import { gate, type Reply, tool, tools } from '../packages/server/src/testing/scripted-model/script.ts'
import { ServerProcess, temporaryFolder } from '../packages/server/src/testing/server-process.ts'
import { World } from '../packages/server/src/testing/world.ts'
import { planText, text } from '../packages/web/src/text.ts'
import { Surfer } from './browser.ts'
import { ConversationTab } from './conversation.ts'
import { storeSessions } from './stored-log.ts'

const steps = ['Read the report', 'Make the sums exact', 'Run the tests']
const command = { name: 'execute_bash', args: { command: 'true' } }
const finish = { name: 'finish', args: { message: 'Done.' } }

/** A step of the model that says how far the plan is, and then acts. */
function step(states: readonly string[], then: { name: string; args: Record<string, unknown> }): Reply {
  return tools([{ name: 'plan', args: { items: steps.map((text, at) => ({ text, state: states[at] })) } }, then])
}

describe('the plan in the page', () => {
  let surfer: Surfer
  before(async () => {
    surfer = await Surfer.start()
  })
  after(() => surfer[Symbol.asyncDispose]())

  test('[C10] a plan is a checklist that follows the work, in the conversation and in the overview, also after a reload', async () => {
    const held = newGate()
    await using world = await World.start({
      script: ({ turn }) => {
        if (turn === 0) return step(['doing', 'open', 'open'], command)
        if (turn === 1) return gate(held, step(['done', 'doing', 'open'], command))
        return step(['done', 'done', 'done'], finish)
      },
    })
    await using visit = await surfer.visit(world.server.url)
    const { tab } = visit
    const conversation = await ConversationTab.begin(tab, 'make the report exact')
    const { log } = conversation
    const card = (name: string, done: number): string => `${name}: ${planText.done(done, 3)}`
    await held.reached
    const first = log.getByRole('group', { name: card(planText.title, 0) })
    await first
      .getByRole('listitem')
      .filter({ hasText: `${planText.states.doing}: ${steps[0]}` })
      .waitFor()
    assert.equal(await first.getByRole('listitem').filter({ hasText: planText.states.open }).count(), 2)
    const overview = await conversation.panel(text.panels.overview)
    const section = overview.getByRole('region', { name: planText.title })
    await section.getByText(planText.done(0, 3)).waitFor()
    await tab.getByText(planText.progress(0, 3), { exact: true }).first().waitFor()

    held.open()
    await conversation.state(text.now.finished).waitFor()
    const last = log.getByRole('group', { name: card(planText.title, 3) })
    await last
      .getByRole('listitem')
      .filter({ hasText: `${planText.states.done}: ${steps[2]}` })
      .waitFor()
    await section.getByText(planText.done(3, 3)).waitFor()
    assert.equal(await section.getByRole('listitem').filter({ hasText: planText.states.done }).count(), 3)
    const earlier = log.getByRole('group', { name: card(planText.was, 1) })
    assert.equal(await earlier.getByRole('listitem').count(), 0, 'an earlier one is a line')
    assert.equal(await log.getByRole('group', { name: card(planText.title, 0) }).count(), 0)
    const shown = await conversation.rows()
    await tab.reload()
    await last.waitFor()
    assert.deepEqual(await conversation.rows(), shown)
    await earlier.getByRole('button').click()
    await earlier
      .getByRole('listitem')
      .filter({ hasText: `${planText.states.doing}: ${steps[1]}` })
      .waitFor()
    visit.assertQuiet()
  })

  test('[C10] a long plan shows what is next, and all of it on demand; a dropped one is gone from the overview', async () => {
    const items = Array.from({ length: 40 }, (_, at) => ({
      text: `Step number ${at + 1}`,
      state: at < 24 ? 'done' : at === 24 ? 'doing' : 'open',
    }))
    const held = newGate()
    await using world = await World.start({
      script: ({ turn }) =>
        turn === 0
          ? tools([{ name: 'plan', args: { items } }, command])
          : gate(held, turn === 1 ? tool('plan', { items: [] }) : tool('finish', { message: 'Done.' })),
    })
    await using visit = await surfer.visit(world.server.url)
    const conversation = await ConversationTab.begin(visit.tab, 'do a lot')
    await held.reached
    const card = conversation.log.getByRole('group', { name: `${planText.title}: ${planText.done(24, 40)}` })
    await card.getByText('Step number 25', { exact: true }).waitFor()
    assert.equal(await card.getByText('Step number 1', { exact: true }).count(), 0)
    await card.getByRole('button', { name: planText.all(40) }).click()
    await card.getByText('Step number 1', { exact: true }).waitFor()
    assert.equal(await card.getByRole('listitem').count(), 40)
    held.open()
    await conversation.state(text.now.finished).waitFor()
    const overview = await conversation.panel(text.panels.overview)
    assert.equal(await overview.getByRole('region', { name: planText.title }).count(), 0)
    visit.assertQuiet()
  })

  test('[C10] another agent’s part is a card within the card; tasks as OpenHands logs them are lines', async () => {
    await using folder = await temporaryFolder()
    const outputs = { summary: 'Three shops are cheaper.', count: 3 }
    const [session = ''] = await storeSessions(folder.path, [
      [
        () => begun,
        first => [
          action('add_task', { parent: '', goal: 'Ask a specialist' }),
          action('delegate', { agent: 'BrowsingAgent', inputs: { task: 'Find the prices', limit: 5 } }),
          { observation: 'delegate', source: 'agent', cause: first + 1, content: '', extras: { outputs } },
          action('modify_task', { task_id: '0', state: 'completed' }),
          action('finish', { thought: 'Compared.' }, { seen: first }),
        ],
      ],
    ])
    await using server = await ServerProcess.start({ dataDir: folder.path })
    await using visit = await surfer.visit(`${server.url}/#/conversations/${session}`)
    const { log } = new ConversationTab(visit.tab)
    const card = log.getByRole('group', { name: /BrowsingAgent/ })
    for (const part of ['Find the prices', '"limit": 5', 'Three shops are cheaper.', '3'])
      await card.getByText(part).first().waitFor()
    await log.getByText('Added task: Ask a specialist').waitFor()
    await log.getByText('Set task 0 to completed').waitFor()
    visit.assertQuiet()
  })
})
