import assert from 'node:assert/strict'
import { test } from 'node:test'
import { actionNames, describe, observationNames, parseEvent } from './index.ts'

/** One sentence for every kind of event (wire A3.3, A3.4, B3); the compiler asks for a line when a kind is added. */
const actions: Record<(typeof actionNames)[number], readonly (readonly [args: object, sentence: string])[]> = {
  initialize: [[{ model: 'm' }, 'Session settings received.']],
  start: [[{ task: 'Do it' }, 'Do it']],
  message: [[{ content: 'Hello' }, 'Hello']],
  run: [[{ command: 'ls -l' }, 'Running command: ls -l']],
  run_ipython: [[{ code: '1+1' }, 'Running Python code interactively: 1+1']],
  browse: [[{ url: 'http://x' }, 'I am browsing the URL: http://x']],
  browse_interactive: [[{ browser_actions: 'noop()' }, 'I am interacting with the browser:\n```\nnoop()\n```']],
  read: [[{ path: '/a' }, 'Reading file: /a']],
  write: [[{ path: '/a', content: '' }, 'Writing file: /a']],
  edit: [[{ path: '/a' }, '']],
  think: [[{ thought: 'Hm' }, 'Hm']],
  plan: [
    [{ items: [] }, 'The plan was dropped.'],
    [{ items: [{ text: 'look', state: 'open' }] }, 'Plan: 0 of 1 done\n[ ] look'],
    [
      {
        items: [
          { text: 'look', state: 'done' },
          { text: ' change\n it ', state: 'doing' },
          { text: 'test', state: 'open' },
        ],
      },
      'Plan: 1 of 3 done, now: change it\n[x] look\n[~] change it\n[ ] test',
    ],
  ],
  finish: [
    [{}, "All done! What's next on the agenda?"],
    [{ thought: 'Ready.' }, 'Ready.'],
  ],
  reject: [
    [{}, 'Task is rejected by the agent.'],
    [{ outputs: { reason: 'no' } }, 'Task is rejected by the agent. Reason: no'],
  ],
  delegate: [[{ agent: 'A', inputs: {} }, "I'm asking A for help with this task."]],
  add_task: [[{ parent: '', goal: 'g' }, 'Added task: g']],
  modify_task: [[{ task_id: 0, state: 'open' }, 'Set task 0 to open']],
  change_agent_state: [[{ agent_state: 'paused' }, 'Agent state changed to paused']],
  rename: [[{ title: 'a title' }, 'The session is now called a title.']],
  restore: [
    [
      { checkpoint: 'c1', label: 'before event 7', before: 'c2' },
      'The workspace was brought back to an earlier state: before event 7.',
    ],
    [{ checkpoint: 'c1', before: 'c2' }, 'The workspace was brought back to an earlier state: c1.'],
  ],
  forget: [
    [{ approval: 7 }, 'What was allowed at 7 is asked about again.'],
    [{ approval: null }, 'Nothing counts as allowed any more without being asked about.'],
  ],
  amend: [
    [{ message: 3, content: 'No' }, 'Message 3 now reads: No'],
    [{ message: 3, content: null }, 'Message 3 was taken back.'],
  ],
  summarize: [[{ summary: 'Short.' }, 'Short.']],
  null: [[{}, 'No action']],
}
const observations: Record<(typeof observationNames)[number], readonly [extras: object, sentence: string]> = {
  run: [{ command: 'ls', exit_code: 2 }, 'Command `ls` executed with exit code 2.'],
  run_ipython: [{ code: '1' }, 'Code executed in IPython cell.'],
  browse: [{ url: 'http://x' }, 'Visited http://x'],
  read: [{ path: '/a' }, 'I read the file /a.'],
  write: [{ path: '/a' }, 'I wrote to the file /a.'],
  edit: [{ path: '/a', prev_exist: true, old_content: '', new_content: '' }, 'I edited the file /a.'],
  delegate: [{ outputs: {} }, ''],
  success: [{}, 'CONTENT'],
  error: [{}, 'CONTENT'],
  agent_state_changed: [{ agent_state: 'init' }, ''],
  user_rejected: [{}, 'CONTENT'],
  condense: [{}, 'CONTENT'],
  chat: [{}, 'CONTENT'],
  null: [{}, 'No observation'],
}

test('every kind of action is in the table', () => assert.deepEqual(Object.keys(actions), actionNames))
test('every kind of observation is in the table', () => assert.deepEqual(Object.keys(observations), observationNames))

for (const [action, lines] of Object.entries(actions))
  for (const [args, sentence] of lines)
    test(`[wire A3.3] ${action} says “${sentence.slice(0, 40)}”`, () =>
      assert.equal(describe(parseEvent({ action, args })), sentence))
for (const [observation, [extras, sentence]] of Object.entries(observations))
  test(`[wire A3.4] ${observation} says “${sentence}”`, () =>
    assert.equal(describe(parseEvent({ observation, content: 'CONTENT', extras })), sentence))
