import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type AgentState, type Draft, describe, type Event } from '@openhands/protocol'
import { liveOnPage021, onPage021, Page021, type Page021Frame, type Page021View } from './page-021.ts'

function event(id: number, draft: Draft): Event {
  const envelope = { id, timestamp: '2025-01-24T14:57:17.711Z', message: describe(draft) }
  return { ...envelope, ...draft } as Event // a draft plus what it lacked
}
function state(id: number, agent_state: AgentState): Event {
  return event(id, { observation: 'agent_state_changed', source: 'environment', content: '', extras: { agent_state } })
}
function said(id: number, source: 'user' | 'agent', content: string): Event {
  return event(id, { action: 'message', source, args: { content, image_urls: null, wait_for_response: false } })
}
function run(id: number, command: string, hidden: boolean): Extract<Event, { action: 'run' }> {
  const flags = { is_input: false, thought: '', blocking: false, keep_prompt: true }
  const confirmation_state = 'awaiting_confirmation' as const
  const made = event(id, { action: 'run', source: 'agent', args: { command, ...flags, hidden, confirmation_state } })
  return made as Extract<Event, { action: 'run' }> // as it was drafted
}
function page(from: number, next: number, announced: AgentState | null, more: Partial<Page021View> = {}): Page021 {
  return new Page021({ from, log: { next, announced }, awaited: () => undefined, ...more })
}
const brief = (frames: readonly Page021Frame[]): unknown[] =>
  frames.map(({ id, action, extras }) => [id, action ?? (extras as { agent_state: string }).agent_state])

test('[wire B1.1] states are held back in the replay but for init, and the last one is told at its end', () => {
  const log = [state(0, 'loading'), state(1, 'init'), said(2, 'user', 'hi'), state(3, 'running'), said(4, 'agent', 'x')]
  const all = page(0, 6, 'awaiting_user_input')
  assert.deepEqual(brief(all.begin()), [])
  const shown = [...log, state(5, 'awaiting_user_input')].flatMap(each => all.show(each))
  assert.deepEqual(brief(shown), [
    [1, 'init'],
    [2, 'message'],
    [4, 'message'],
    [5, 'awaiting_user_input'],
  ])
})

test('[P02] a state that is told late has no id: the page would come back with it and see what followed twice', () => {
  const log = [state(0, 'init'), state(1, 'running'), said(2, 'agent', 'x')]
  const one = page(0, 3, 'running')
  assert.deepEqual(brief(log.flatMap(each => one.show(each))), [
    [0, 'init'],
    [2, 'message'],
    [undefined, 'running'],
  ])
})

test('[wire D1.16] a page that missed nothing is told the state all the same; nothing is told of what never began', () => {
  assert.deepEqual(brief(page(3, 3, 'paused').begin()), [[undefined, 'paused']])
  assert.deepEqual(page(0, 0, null).begin(), [])
})

test('[wire B4] where an action waits for an answer an assistant speaks, now and after a reload', () => {
  const asked = run(1, 'rm x', false)
  const waits = state(2, 'awaiting_user_confirmation')
  const live = page(0, 0, null, { awaited: () => asked })
  const frames = [asked, waits].flatMap(each => live.show(each))
  assert.deepEqual(brief(frames), [
    [1, 'run'],
    [2, 'awaiting_user_confirmation'],
    [undefined, 'message'],
  ])
  assert.equal(frames[2]?.['source'], 'agent')
  const again = page(0, 3, 'awaiting_user_confirmation', { awaited: () => asked })
  assert.deepEqual(brief([asked, waits].flatMap(each => again.show(each))), brief(frames))
  assert.equal(page(0, 0, null).show(waits).length, 1, 'nobody waits any more')
})

test('[wire B1.3] live, what the user does is echoed and what the environment observes comes from the agent', () => {
  assert.equal(liveOnPage021(said(1, 'user', 'hi'))?.['source'], 'user')
  assert.equal(liveOnPage021(state(1, 'running'))?.['source'], 'agent')
  assert.equal(onPage021(state(1, 'running'))?.['source'], 'environment')
  const change = { action: 'change_agent_state', args: { agent_state: 'paused', thought: '' } } as const
  assert.equal(liveOnPage021(event(1, { ...change, source: 'environment' })), undefined)
  assert.equal(liveOnPage021(event(1, { ...change, source: 'user' }))?.['action'], 'change_agent_state')
})

test('[wire D2.9] hidden commands, which may carry tokens, and events of ours are not for pages', () => {
  assert.equal(onPage021(run(1, 'export GITHUB_TOKEN=canary', true)), undefined)
  assert.equal(onPage021(event(1, { action: 'initialize', source: 'user', args: {} })), undefined)
  assert.equal(onPage021(event(1, { action: 'null', source: 'user', args: {} })), undefined)
  const items = [{ text: 'look', state: 'doing' as const }]
  assert.equal(onPage021(event(1, { action: 'plan', source: 'agent', args: { items } })), undefined)
})

test('[wire D2.14] an end without a thought says something', () => {
  const frame = onPage021(event(1, { action: 'finish', source: 'agent', args: { outputs: {}, thought: '' } }))
  assert.deepEqual(frame?.['args'], { outputs: {}, thought: "All done! What's next on the agenda?" })
})

test('[wire B3] [wire D1.17] what fails the session is told live as a status with the words that the page looks for', () => {
  const content = 'Agent reached maximum iteration. Current iteration: 3, max iteration: 3.'
  const trouble = event(4, {
    observation: 'error',
    source: 'environment',
    content,
    extras: { error_id: 'max_iterations' },
  })
  assert.deepEqual(liveOnPage021(trouble), {
    status_update: true,
    type: 'error',
    id: 'max_iterations',
    message: content,
  })
  const failed = { ...trouble, cause: 3, source: 'agent' } as Event
  assert.equal(liveOnPage021(failed)?.['observation'], 'error')
  assert.equal(onPage021(trouble)?.['observation'], 'error', 'in the history it is what the log has')
})

test('[P30] [P16] what is changed, and what is kept from the model, is not for these pages', () => {
  assert.equal(onPage021(event(4, { action: 'amend', source: 'user', args: { message: 2, content: 'x' } })), undefined)
  const quarantined = [{ event: 2, what: 'all' as const }]
  const told = event(4, { observation: 'error', source: 'agent', content: '', extras: { error_id: 'q', quarantined } })
  assert.deepEqual(onPage021(told)?.['extras'], { error_id: 'q' })
})
