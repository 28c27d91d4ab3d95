import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { Changes, CheckpointList, FileDiff, isAction, Restored, type SessionId } from '@openhands/protocol'
import type { Runtime } from '../core/ports.ts'
import { ask, hostileNames } from '../testing/api-client.ts'
import { type RoutesWorld, startRoutes } from '../testing/routes-world.ts'
import { checkpointRoutes } from './checkpoint-routes.ts'

const noSignal = new AbortController().signal

describe('going back', () => {
  let world: RoutesWorld
  let id: SessionId
  let folder = ''
  let base = ''

  before(async () => {
    world = await startRoutes([checkpointRoutes])
    const session = await world.session()
    id = session.id
    folder = session.folder
    base = `${world.url}/api/conversations/${id}/checkpoints`
    await world.parts.manager.close(id) // a stored one, whose sandbox does not run
  })
  after(() => world[Symbol.asyncDispose]())

  const runtime = async (): Promise<Runtime> => (await world.parts.manager.open(id)).runtime(noSignal)
  const text = (name: string): Promise<string> => readFile(join(folder, name), 'utf8')

  test('[F07] a checkpoint is listed, compared with, and gone back to; the log and every client know of it', async () => {
    assert.deepEqual((await ask(base)).json, { running: false, checkpoints: [] })
    assert.equal((await ask(`${base}/x/changes`)).json.state, 'not_running')
    const { checkpoints } = await runtime()
    await writeFile(join(folder, 'a'), 'first')
    const taken = await checkpoints.take('the first', noSignal)
    assert.ok(taken.ok)
    await writeFile(join(folder, 'a'), 'second')
    await writeFile(join(folder, 'b'), 'more')
    const list = CheckpointList.parse((await ask(base)).json)
    assert.deepEqual([list.running, list.checkpoints.map(({ label }) => label)], [true, ['the first']])
    const changes = Changes.parse((await ask(`${base}/${taken.id}/changes`)).json)
    assert.deepEqual(
      changes.changes.map(({ path, kind }) => [path, kind]),
      [
        ['a', 'modified'],
        ['b', 'added'],
      ],
    )
    const diff = FileDiff.parse((await ask(`${base}/${taken.id}/diff?path=a`)).json)
    assert.deepEqual([diff.before.text, diff.after.text], ['first', 'second'])

    const { before: gaveUp } = Restored.parse((await ask(`${base}/${taken.id}/restore`, 'POST')).json)
    assert.equal(await text('a'), 'first')
    await assert.rejects(text('b'), /ENOENT/)
    const { stream } = await world.parts.manager.open(id)
    const last = (await stream.page(0))
      .map(({ event }) => event)
      .find(event => isAction(event) && event.action === 'restore')
    assert.ok(last && isAction(last) && last.action === 'restore' && last.source === 'user')
    assert.deepEqual(last.args, { checkpoint: taken.id, label: 'the first', before: gaveUp })
    assert.equal(last.message, 'The workspace was brought back to an earlier state: the first.')

    assert.equal((await ask(`${base}/${gaveUp}/restore`, 'POST')).status, 200)
    assert.deepEqual([await text('a'), await text('b')], ['second', 'more'])
  })

  test('[P43] while something is at work nothing is taken from under it', async () => {
    const { checkpoints } = await runtime()
    const [newest] = await checkpoints.list(noSignal)
    assert.ok(newest)
    const session = await world.parts.manager.open(id)
    const draft = { action: 'run', source: 'user', args: runArgs('echo begun; touch begun; sleep 1000') } as const
    await session.dispatch({ kind: 'act', draft })
    const refused = await ask(`${base}/${newest.id}/restore`, 'POST')
    assert.equal(refused.status, 409)
    assert.match(refused.json.detail, /at work/)
    assert.match(refused.json.remedy, /Wait|Pause/)
  })

  test('[S09] [S10] what names no checkpoint is answered so, and changes nothing', async () => {
    const before = await text('a')
    for (const name of [...hostileNames, 'HEAD', '-rf']) {
      for (const [method, path] of [
        ['GET', '/changes'],
        ['GET', '/diff?path=a'],
        ['POST', '/restore'],
      ] as const) {
        const { status, json } = await ask(`${base}/${name}${path}`, method)
        const isUnknown = [400, 404, 414, 422].includes(status) || json?.state === 'no_checkpoint'
        assert.ok(isUnknown, `${method} ${name}: ${status}`)
      }
    }
    assert.equal(await text('a'), before)
    const foreign = `${world.url}/api/conversations/${'0'.repeat(32)}/checkpoints`
    assert.equal((await ask(foreign)).status, 404)
    assert.equal((await ask(`${foreign}/x/restore`, 'POST')).status, 404)
  })
})

function runArgs(command: string) {
  const args = { thought: '', blocking: false, keep_prompt: true, hidden: false, is_input: false } as const
  return { ...args, command, confirmation_state: 'confirmed' } as const
}
