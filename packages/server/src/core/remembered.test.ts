import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ActionArgs, Conversation, Draft, RememberScope, RunnableName, SecurityRisk } from '@openhands/protocol'
import fc from 'fast-check'
import { action, becomes, begun, logOf, ran } from '../testing/events.ts'
import { stamp } from './event-stream.ts'
import type { Confirmation } from './policy.ts'
import type { StepDraft } from './ports.ts'
import { withoutKnownQuestions } from './remembered.ts'

const TIME = '2026-01-01T00:00:00.000Z'
const asking = { confirmation_state: 'awaiting_confirmation' } as const

function ask<N extends RunnableName>(name: N, args: Partial<ActionArgs<N>>, envelope: object = {}): StepDraft {
  return action(name, { ...asking, ...args }, envelope) as StepDraft // an action of an agent
}

/** A session in which this was approved so far, and carried out in a folder. */
function approved(asked: StepDraft, remember: RememberScope, folder = '/w'): Conversation {
  const waiting = stamp(logOf(...begun).state, [asked], TIME).state
  const cause = waiting.open[0]?.action.id ?? -1
  const yes = becomes('user_confirmed', { cause })
  const args = { agent_state: 'user_confirmed', thought: '', remember } as const
  const { state } = stamp(waiting, [{ ...yes, args } as Draft, end(cause, folder)], TIME) // an approval with its scope
  assert.equal(state.remembered.length, 1)
  return state
}

function end(cause: number, working_dir: string): Draft {
  const draft = ran(cause, '')
  if (!('observation' in draft) || draft.observation !== 'run') throw new Error('no run')
  return { ...draft, extras: { ...draft.extras, metadata: { ...draft.extras.metadata, working_dir } } }
}

function outcomes(
  state: Conversation,
  drafts: readonly StepDraft[],
  confirmation: Confirmation = 'cautious',
): readonly (number | string)[] {
  return withoutKnownQuestions(drafts, { state, confirmation, workspace: '/w' }).map(draft => {
    if (!('args' in draft) || !('confirmation_state' in draft.args)) return 'words'
    const { confirmation_state, remembered } = draft.args
    if (confirmation_state === 'confirmed') return remembered ?? 'free'
    assert.equal(remembered, undefined)
    return 'asked'
  })
}

const make = ask('run', { command: 'make', security_risk: 1 })

test('[J4] the same action again is not asked about, and says which approval counts for it', () => {
  const state = approved(make, 'exactly')
  const id = state.remembered[0]?.id ?? -1
  const cases: readonly (readonly [string, StepDraft, boolean])[] = [
    ['again', make, true],
    ['with another thought', ask('run', { command: 'make', security_risk: 1, thought: 'now' }), true],
    ['judged milder', ask('run', { command: 'make', security_risk: 0 }), true],
    ['judged riskier', ask('run', { command: 'make', security_risk: 2 }), false],
    ['not judged this time', ask('run', { command: 'make', security_risk: -1 }), false],
    ['with nobody who judges', ask('run', { command: 'make' }), false],
    ['with another argument', ask('run', { command: 'make', security_risk: 1, hidden: true }), false],
    ['with more time', ask('run', { command: 'make', security_risk: 1 }, { timeout: 9 }), false],
    ['as input', ask('run', { command: 'make', security_risk: 1, is_input: true }), false],
    ['as Python', ask('run_ipython', { code: 'make', security_risk: 1 }), false],
    ['another command', ask('run', { command: 'make; id', security_risk: 1 }), false],
  ]
  for (const [which, draft, passes] of cases) assert.deepEqual(outcomes(state, [draft]), [passes ? id : 'asked'], which)
  assert.deepEqual(outcomes(state, [make], 'always'), [id], 'also where everything is asked about')
})

test('[S33] to the letter is also to the folder; where that is not known, it is asked', () => {
  const inWorkspace = approved(make, 'exactly')
  const id = inWorkspace.remembered[0]?.id ?? -1
  assert.deepEqual(outcomes({ ...inWorkspace, folder: null }, [make]), [id], 'a shell that went nowhere')
  assert.deepEqual(outcomes({ ...inWorkspace, folder: '/w/other' }, [make]), ['asked'])
  assert.deepEqual(outcomes({ ...inWorkspace, folder: '' }, [make]), ['asked'])
  assert.deepEqual(outcomes(approved(make, 'exactly', '/elsewhere'), [make]), ['asked'])
  const away = action('run', { command: 'cd /', confirmation_state: 'confirmed' }) as StepDraft // an action of an agent
  assert.deepEqual(outcomes(inWorkspace, [away, make]), ['free', 'asked'], 'behind another command')
  const underWay = stamp(inWorkspace, [action('run', { command: 'cd /' }, { source: 'user' })], TIME).state
  assert.deepEqual(outcomes(underWay, [make]), ['asked'], 'while a command of the user runs')
  const code = ask('run_ipython', { code: '1', security_risk: 1 })
  const python = approved(code, 'exactly')
  assert.equal(outcomes({ ...python, folder: '/w/other' }, [code])[0], python.remembered[0]?.id)
})

test('[J4] all of a kind pass up to the risk that was approved; a kind of changes has every way to make one', () => {
  const commands = approved(make, 'kind')
  const id = commands.remembered[0]?.id ?? -1
  const other = (security_risk?: SecurityRisk): StepDraft =>
    ask('run', { command: 'other', ...(security_risk === undefined ? {} : { security_risk }) })
  const risks = [0, 1, 2, -1, undefined] as const
  const judged = risks.map(risk => outcomes(commands, [other(risk)])[0])
  assert.deepEqual(judged, [id, id, 'asked', 'asked', 'asked'])
  assert.deepEqual(outcomes(commands, [other(0)], 'always'), ['asked'])
  assert.deepEqual(outcomes(commands, [other(1), other(1)]), [id, id], 'wherever the shell stands')
  const python = ask('run_ipython', { code: '1', security_risk: 0 })
  const input = ask('run', { command: 'y', is_input: true, security_risk: 0 })
  assert.deepEqual(outcomes(commands, [python, input]), ['asked', 'asked'])
  const changes = approved(ask('write', { path: '/a', content: 'b', security_risk: 0 }), 'kind')
  const edit = (security_risk: SecurityRisk): StepDraft => ask('edit', { path: '/b', content: 'c', security_risk })
  assert.deepEqual(outcomes(changes, [edit(0), edit(1)]), [changes.remembered[0]?.id, 'asked'])
})

test('[J4] what is forgotten is asked about again; what is not asked about anyhow stays as it is', () => {
  const state = approved(make, 'exactly')
  const forgotten = stamp(state, [action('forget', { approval: null }, { source: 'user' })], TIME).state
  assert.deepEqual(outcomes(forgotten, [make]), ['asked'])
  const free = action('run', { command: 'make', confirmation_state: 'confirmed' }) as StepDraft // an action of an agent
  const words = action('message', { content: 'make' }) as StepDraft // as above
  const fault: StepDraft = { source: 'agent', observation: 'error', content: 'no', extras: { error_id: '' } }
  const drafts = [free, words, fault]
  const after = withoutKnownQuestions(drafts, { state, confirmation: 'cautious', workspace: '/w' })
  assert.deepEqual(after, drafts)
})

test('[S33] no other text, and no higher or unknown risk, ever passes by an approval', () => {
  const risk = fc.constantFrom<SecurityRisk>(-1, 0, 1, 2)
  const hidden = fc.constantFrom('make', ' ', '\u200b', '\u202e', '\n', '\\', '"', ';id', '\u00e9', 'e\u0301')
  const command = fc.array(fc.oneof(hidden, fc.string({ maxLength: 3 })), { maxLength: 4 }).map(parts => parts.join(''))
  const modes = fc.constantFrom<Confirmation>('risky', 'cautious', 'always')
  fc.assert(
    fc.property(command, command, risk, risk, modes, (first, second, then, now, mode) => {
      const asked = ask('run', { command: first, security_risk: then })
      const draft = ask('run', { command: second, security_risk: now })
      const [exactly] = outcomes(approved(asked, 'exactly'), [draft], mode)
      const isMilder = then === now || (now !== -1 && then !== -1 && now < then)
      assert.equal(exactly !== 'asked', first === second && isMilder)
      if (then !== 0 && then !== 1) return
      const [kind] = outcomes(approved(asked, 'kind'), [draft], mode)
      assert.equal(kind !== 'asked', now >= 0 && now <= then && mode !== 'always')
    }),
    { numRuns: 500 },
  )
})
