import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type AgentState, type Conversation, nothing, type OpenAction, type RunnableAction } from '@openhands/protocol'
import { silence } from '../../store/live-text.ts'
import { faceOf } from './cards/face.ts'
import { nowOf } from './now.ts'
import { canPause, canResume, canStop } from './steering.ts'

const edit: RunnableAction = {
  id: 3,
  timestamp: '',
  message: '',
  source: 'agent',
  action: 'edit',
  args: {
    path: 'a.ts',
    content: '',
    start: 1,
    end: -1,
    thought: '',
    impl_source: 'oh_aci',
    translated_ipython_code: '',
    command: 'str_replace',
    old_str: 'one\n',
    new_str: 'two\n',
  },
}
const known = (agentState: AgentState | null, open: readonly OpenAction[] = []): Conversation => ({
  ...nothing,
  task: 1,
  agentState,
  open,
})
const now = (state: Conversation, more: Partial<Parameters<typeof nowOf>[0]> = {}): string =>
  nowOf({ state, live: silence, status: undefined, ...more })

test('the line says what is happening now', () => {
  assert.equal(now(known('running')), 'The model thinks …')
  assert.equal(now(known('running'), { live: { ...silence, text: 'Hm' } }), 'The model writes …')
  assert.equal(now(known('running', [{ action: edit, approval: 'free' }])), 'Editing a.ts')
  assert.equal(
    now(known('awaiting_user_confirmation', [{ action: edit, approval: 'awaited' }])),
    'Waits for your approval',
  )
  assert.equal(now(known('loading')), 'The sandbox is starting …')
  assert.equal(now(known(null)), 'Ready')
})

test('[P12] a wait for the provider is told as such, progress in its own words, and both only while the agent works', () => {
  const status = { status_update: true, type: 'info', id: 'STATUS$LLM_RETRY', message: 'Trying again in 5 s' } as const
  assert.equal(now(known('running'), { status }), 'Waits for the provider of the model')
  const starting = { ...status, id: 'STATUS$STARTING_RUNTIME', message: 'Starting …' }
  assert.equal(now(known('loading'), { status: starting }), 'Starting …')
  assert.equal(now(known('finished'), { status }), 'Done')
})

test('what can be steered is what the state allows', () => {
  const offered = (agentState: AgentState): string =>
    [
      canPause(known(agentState)) && 'pause',
      canResume(known(agentState)) && 'go on',
      canStop(known(agentState)) && 'stop',
    ]
      .filter(Boolean)
      .join(', ')
  assert.equal(offered('running'), 'pause, stop')
  assert.equal(offered('paused'), 'go on, stop')
  assert.equal(offered('error'), 'go on')
  assert.equal(offered('finished'), '')
  assert.equal(offered('awaiting_user_confirmation'), 'pause, stop')
})

test('[S33] what is approved is shown whole: the path, what goes and what comes', () => {
  const { whole } = faceOf(edit)
  for (const part of ['a.ts', 'one\n', 'two\n']) assert.ok(whole.includes(part), part)
  const run = { ...edit, action: 'run', args: { command: 'a\nb\nrm -rf /' } } as unknown as RunnableAction // only what is looked at
  assert.equal(faceOf(run).whole, 'a\nb\nrm -rf /')
  assert.equal(faceOf(run).title, 'a …')
})
