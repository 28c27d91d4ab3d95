import assert from 'node:assert/strict'
import { test } from 'node:test'
import { becomes, action as draftOf, logOf, ran, userSays } from '../testing/events.ts'
import { placeShown, readableText } from './readable-text.ts'

test('what can be read of an event: words, paths and contents, not what is for programs', () => {
  const { events } = logOf(
    userSays('a question'),
    draftOf('edit', { path: '/workspace/a.py', old_str: 'one', new_str: 'two', thought: 'why' }),
    ran(1, '\u001b[1;31mred\u001b[0m words'),
    becomes('paused'),
    draftOf('amend', { message: 0, content: 'another question' }),
    draftOf('finish', { thought: 'all done' }),
    draftOf('plan', { items: [{ text: 'a first step', state: 'doing' }] }),
    draftOf('run_ipython', { code: 'plot()' }),
    ran(7, 'before ![image](data:image/png;base64,QUJDRA==) after'),
  )
  const texts = new Map(events.map(event => [event.id, readableText(event)]))
  const all = [...texts.values()].flat()
  for (const word of [
    'a question',
    '/workspace/a.py',
    'one',
    'two',
    'why',
    'red words',
    'another question',
    'all done',
    'a first step',
  ])
    assert.ok(all.includes(word), word)
  assert.ok(all.includes('before ![image]() after'))
  assert.ok(!all.some(each => /llm_based_edit|default|paused|confirmed|doing/.test(each)), all.join('\n'))
})

test('what answers stands where its action is, what amends where its message is', () => {
  const { events } = logOf(
    userSays('a question'),
    draftOf('run', { command: 'true' }),
    ran(1, 'words'),
    draftOf('amend', { message: 0, content: 'another' }),
  )
  assert.deepEqual(events.slice(0, 4).map(placeShown), [0, 1, 1, 0])
})
