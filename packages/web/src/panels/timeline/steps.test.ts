import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Draft, describe, type Event, type LlmMetrics } from '@openhands/protocol'
import { ordered, partsOf, scaleOf } from './scale.ts'
import { MOST_STEPS, phaseOf, type Timeline, timelineFrom, withEvents } from './steps.ts'

const metrics = (cost: number | null): LlmMetrics => ({
  model: 'm',
  response_id: 'r',
  cost,
  prompt_tokens: 1_000,
  completion_tokens: 50,
  cache_read_tokens: 0,
  cache_write_tokens: 0,
})
const settings: Draft = { action: 'initialize', source: 'user', args: {} }
const state = (
  agent_state: 'init' | 'user_confirmed' | 'paused' | 'running',
  source: 'user' | 'environment',
  cause?: number,
): Draft => ({
  action: 'change_agent_state',
  source,
  args: { agent_state, thought: '' },
  ...(cause === undefined ? {} : { cause }),
})
const ready = state('init', 'environment')
const said: Draft = {
  action: 'message',
  source: 'user',
  args: { content: 'do it', image_urls: null, wait_for_response: false },
}
const command = (more: Partial<Draft> = {}, asks = false): Draft =>
  ({
    action: 'run',
    source: 'agent',
    args: {
      command: 'ls',
      is_input: false,
      thought: '',
      blocking: false,
      keep_prompt: true,
      hidden: false,
      confirmation_state: asks ? 'awaiting_confirmation' : 'confirmed',
    },
    ...more,
  }) as Draft // a run with more of the envelope
const result = (cause: number): Draft => ({
  observation: 'error',
  source: 'environment',
  cause,
  content: 'no',
  extras: { error_id: '' },
})
const think: Draft = { action: 'think', source: 'agent', args: { thought: 'hm' }, llm_metrics: metrics(0.5) }
const finish: Draft = {
  action: 'finish',
  source: 'agent',
  args: { outputs: {}, thought: 'done' },
  llm_metrics: metrics(null),
}

/** A log of events at so many seconds. */
function log(entries: readonly (readonly [second: number, draft: Draft])[], from = 0): Event[] {
  return entries.map(([second, draft], index) => {
    const timestamp = new Date(Date.UTC(2026, 0, 1) + second * 1000).toISOString()
    return { ...draft, id: from + index, timestamp, message: describe(draft) } as Event // a draft plus what it lacked
  })
}

const begin = [
  [0, settings],
  [0, ready],
  [60, said],
] as const

interface Case {
  readonly name: string
  readonly entries: readonly (readonly [number, Draft])[]
  /** Of each step: seconds of model, tool and waiting. */
  readonly steps: readonly (readonly [number, number, number])[]
  readonly pending?: number
}

const cases: readonly Case[] = [
  { name: 'waiting before the first step is nobody’s', entries: [...begin], steps: [] },
  {
    name: 'model, then tool, then model again',
    entries: [...begin, [63, command({ llm_metrics: metrics(1) })], [70, result(3)], [72, finish]],
    steps: [
      [3, 7, 0],
      [2, 0, 0],
    ],
  },
  {
    name: 'two actions of one answer are one step',
    entries: [
      ...begin,
      [61, command({ llm_metrics: metrics(1) })],
      [61, command()],
      [65, result(3)],
      [66, result(4)],
      [67, finish],
    ],
    steps: [
      [1, 5, 0],
      [1, 0, 0],
    ],
  },
  {
    name: 'a question waits for its yes',
    entries: [
      ...begin,
      [61, command({ llm_metrics: metrics(1) }, true)],
      [161, state('user_confirmed', 'user', 3)],
      [163, result(3)],
    ],
    steps: [[1, 2, 100]],
  },
  {
    name: 'what comes after the end waits',
    entries: [...begin, [62, { ...finish, seen: 2 }], [1062, said], [1064, finish]],
    steps: [
      [2, 0, 1000],
      [2, 0, 0],
    ],
  },
  {
    name: 'a pause while the model thinks parts its time',
    entries: [
      ...begin,
      [61, command({ llm_metrics: metrics(1) })],
      [62, result(3)],
      [64, state('paused', 'user')],
      [94, state('running', 'user')],
      [97, finish],
    ],
    steps: [
      [1, 1, 30],
      [5, 0, 0],
    ],
  },
  {
    name: 'a clock that was set back took no time',
    entries: [...begin, [63, command({ llm_metrics: metrics(1) })], [50, result(3)], [52, finish]],
    steps: [
      [3, 0, 0],
      [2, 0, 0],
    ],
  },
  {
    name: 'a model that is at work has no step yet',
    entries: [...begin, [61, command({ llm_metrics: metrics(1) })], [62, result(3)], [64, { ...settings }]],
    steps: [[1, 1, 0]],
    pending: 2,
  },
]

const secondsOf = ({ steps }: Timeline): unknown =>
  steps.map(({ times }) => [times.model / 1000, times.tool / 1000, times.waiting / 1000])

for (const { name, entries, steps, pending = 0 } of cases)
  test(`time per step: ${name}`, () => {
    const events = log(entries)
    const whole = withEvents(timelineFrom(0), events)
    assert.deepEqual(secondsOf(whole), steps)
    assert.equal(whole.pending / 1000, pending)
    for (let at = 0; at <= events.length; at++) {
      const parts = withEvents(withEvents(timelineFrom(0), events.slice(0, at)), events.slice(at))
      assert.deepEqual(parts, whole, `read in two parts at ${at}`)
    }
  })

test('a step has the tokens and the price of its answer, and the name of what it did first', () => {
  const events = log([...begin, [61, think], [61, command()], [62, result(4)], [63, finish]])
  const { steps, totals } = withEvents(timelineFrom(0), events)
  assert.deepEqual(
    steps.map(({ number, first, cost, promptTokens, actions }) => [number, first, cost, promptTokens, actions]),
    [
      [1, 3, 0.5, 1_000, 1],
      [2, 6, null, 1_000, 1],
    ],
  )
  assert.match(steps[0]?.label ?? '', /ls/)
  assert.deepEqual(totals, { model: 2_000, tool: 1_000, waiting: 0 })
})

test('a log that is read from its middle is under way; events out of order are passed over', () => {
  const events = log(
    [
      [5, result(1)],
      [8, finish],
      [9, said],
    ],
    40,
  )
  const timeline = withEvents(timelineFrom(40), [...events, ...events])
  assert.deepEqual(secondsOf(timeline), [[3, 0, 1]])
  assert.equal(timeline.state.next, 43)
  assert.equal(phaseOf(timeline.state), 'model')
})

test('[P18] steps are bounded, and those let go stay counted', () => {
  const some = 5
  const answers = Array.from({ length: MOST_STEPS + some }, (_, i) => [i, { ...think }] as const)
  const timeline = withEvents(timelineFrom(1), log(answers, 1))
  assert.equal(timeline.steps.length, MOST_STEPS)
  assert.equal(timeline.forgotten, some)
  assert.equal(timeline.steps.at(-1)?.number, MOST_STEPS + some)
  assert.equal(timeline.totals.model / 1000, MOST_STEPS + some - 1)
})

test('bars stand for their times, and no wait hides the work', () => {
  const step = (number: number, model: number, tool: number, waiting: number, cost: number | null) => ({
    number,
    first: number,
    times: { model, tool, waiting },
    promptTokens: 0,
    completionTokens: 0,
    cost,
    label: '',
    actions: 1,
  })
  const steps = [step(1, 100, 300, 0, 2), step(2, 50, 0, 900_000, null), step(3, 0, 1, 0, 3)]
  assert.equal(scaleOf(steps), 400)
  assert.deepEqual(partsOf({ model: 100, tool: 300, waiting: 900_000 }, 400), {
    model: 18.75,
    tool: 56.25,
    waiting: 25,
  })
  assert.deepEqual(partsOf({ model: 0, tool: 1, waiting: 0 }, 400), { model: 0, tool: 0.8, waiting: 0 })
  const numbers = (order: 'newest' | 'slowest' | 'costliest'): number[] =>
    ordered(steps, order).map(each => each.number)
  assert.deepEqual(
    [numbers('newest'), numbers('slowest'), numbers('costliest')],
    [
      [3, 2, 1],
      [1, 2, 3],
      [3, 1, 2],
    ],
  )
})
