import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DialectName } from '../src/testing/scripted-model/request.ts'
import { type Script, text, tool, tools } from '../src/testing/scripted-model/script.ts'
import { World } from '../src/testing/world.ts'

/** Writes a script, runs two commands at once, finishes; a later message is answered in words. */
const script: Script = ({ turn }) => {
  if (turn === 0)
    return tool(
      'str_replace_editor',
      { command: 'create', path: 'hello.sh', file_text: 'echo hello\n' },
      { text: 'First.' },
    )
  if (turn === 1)
    return tools([
      { name: 'execute_bash', args: { command: 'bash hello.sh' } },
      { name: 'execute_bash', args: { command: 'echo second; exit 3' } },
    ])
  if (turn === 2) return tool('think', { thought: 'It printed hello.' })
  if (turn === 3) return tool('finish', { message: 'Done.' })
  return text('You are welcome.')
}

for (const dialect of ['anthropic', 'chat', 'responses', 'google'] as const satisfies DialectName[]) {
  test(`[P01] a task in the dialect ${dialect}: what is sent is what the provider accepts`, async () => {
    await using world = await World.start({ script, dialect })
    const client = await world.connect()
    client.start('write a bash script that prints hello')
    await client.waitForState('finished')
    client.say('thanks')
    await client.waitForState('awaiting_user_input')
    assert.deepEqual(world.model.refusals(), [])
    const outputs = client.events.flatMap(event =>
      'observation' in event && event.observation === 'run' ? [[event.content.trim(), event.extras.exit_code]] : [],
    )
    assert.equal(outputs[0]?.[0]?.toString().includes('hello'), true, JSON.stringify(outputs))
    assert.deepEqual([outputs[0]?.[1], outputs[1]?.[1]], [0, 3])
    assert.equal(world.model.requests.length, 5)
    if (dialect === 'anthropic') assert.ok(JSON.stringify(world.model.requests.at(-1)?.body).includes('cache_control'))
  })
}
