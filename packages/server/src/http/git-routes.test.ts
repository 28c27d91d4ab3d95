import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { Changes, FileDiff } from '@openhands/protocol'
import type { Runtime } from '../core/ports.ts'
import { ask, hostileNames } from '../testing/api-client.ts'
import { type RoutesWorld, startRoutes } from '../testing/routes-world.ts'
import { gitRoutes } from './git-routes.ts'

const noSignal = new AbortController().signal
const git = 'git -c user.name=t -c user.email=t@example.org'

describe('what has changed', () => {
  let world: RoutesWorld
  let base = ''
  let runtime: Runtime
  let start: () => Promise<Runtime>

  before(async () => {
    world = await startRoutes([gitRoutes])
    const { id } = await world.session()
    await world.parts.manager.close(id) // a stored one, whose sandbox does not run
    base = `${world.url}/api/conversations/${id}/git`
    start = async () => (await world.parts.manager.open(id)).runtime(noSignal)
  })
  after(() => world[Symbol.asyncDispose]())

  const run = async (command: string): Promise<void> => {
    const { exitCode, output } = await runtime.run({ command, isInput: false, timeoutMs: 60_000 }, noSignal)
    assert.equal(exitCode, 0, output)
  }
  const changes = async (query = ''): Promise<Changes> => Changes.parse((await ask(`${base}/changes${query}`)).json)
  const diff = async (query: string): Promise<FileDiff> => FileDiff.parse((await ask(`${base}/diff?${query}`)).json)

  test('[P47] no sandbox, no repository and no commits are states, not failures', async () => {
    assert.equal((await changes()).state, 'not_running')
    assert.equal((await diff('path=a')).state, 'not_running')
    runtime = await start()
    assert.equal((await changes()).state, 'no_repository')
    assert.equal((await diff('path=a')).state, 'no_repository')
    assert.equal((await changes('?against=start')).state, 'no_checkpoint')
    await run('git init -q -b main; echo new > a')
    const none = await changes()
    assert.deepEqual([none.state, none.branch], ['no_commits', 'main'])
    assert.deepEqual(none.changes, [{ path: 'a', kind: 'untracked', staged: false }])
    const { state, before: old, after: now } = await diff('path=a')
    assert.deepEqual([state, old, now], ['no_commits', { kind: 'absent', text: '' }, { kind: 'text', text: 'new\n' }])
  })

  test('[P47] against the last commit: every kind of change, with both sides of a file', async () => {
    await run(
      `printf 'a\\0b' > bin; head -c 3000000 /dev/zero > big; echo x > gone; echo 'many words to be found again' > old`,
    )
    await run(`git add a bin gone old && ${git} commit -qm first && rm gone && git mv old new && printf 'c\\0d' > bin`)
    await run('echo changed >> a')
    const found = await changes()
    assert.equal(found.state, 'ready')
    const kinds = Object.fromEntries(found.changes.map(({ path, kind }) => [path, kind]))
    assert.deepEqual(kinds, { a: 'modified', bin: 'modified', gone: 'deleted', new: 'renamed', big: 'untracked' })
    const a = await diff('path=a')
    assert.deepEqual([a.before.text, a.after.text], ['new\n', 'new\nchanged\n'])
    const bin = await diff('path=bin')
    assert.deepEqual([bin.before.kind, bin.after.kind], ['binary', 'binary'])
    const gone = await diff('path=gone')
    assert.deepEqual([gone.before.kind, gone.after.kind], ['text', 'absent'])
    const renamed = await diff('path=new&from=old')
    assert.equal(renamed.before.text, renamed.after.text)
    assert.deepEqual((await diff('path=big')).after, { kind: 'too_large', text: '' })
    assert.equal((await diff('path=nowhere')).after.kind, 'absent')
  })

  test('[F07] against the beginning and against a checkpoint: what commands have changed is told too', async () => {
    const taken = await runtime.checkpoints.take('the beginning', noSignal)
    assert.ok(taken.ok)
    assert.deepEqual((await changes('?against=start')).changes, [])
    await run('echo more >> a; mkdir -p d; echo ä > d/ü; rm bin; touch new')
    for (const against of ['start', taken.id]) {
      const found = await changes(`?against=${against}`)
      assert.deepEqual(
        found.changes.map(({ path, kind }) => [path, kind]),
        [
          ['a', 'modified'],
          ['bin', 'deleted'],
          ['d/ü', 'added'],
        ],
      )
      const a = await diff(`path=a&against=${against}`)
      assert.deepEqual([a.before.text, a.after.text], ['new\nchanged\n', 'new\nchanged\nmore\n'])
      assert.equal((await diff(`path=d/%C3%BC&against=${against}`)).before.kind, 'absent')
      assert.equal((await diff(`path=bin&against=${against}`)).before.kind, 'binary')
    }
    assert.equal((await runtime.checkpoints.list(noSignal)).length, 1, 'looking has taken none')
    assert.equal((await changes('?against=20000101-000000')).state, 'no_checkpoint')
  })

  test('[S10] [S11] paths and revisions lead nowhere else', async () => {
    await run('ln -s /etc/passwd link; ln -s /etc out')
    for (const name of [...hostileNames, 'link', 'out/passwd', '', '.', '--output=x', '..']) {
      const against = await ask(`${base}/changes?against=${name}`)
      assert.ok([200, 422].includes(against.status), `${name}: ${against.status}`)
      for (const query of [`path=${name}`, `path=a&from=${name}`, `path=${name}&against=start`]) {
        const { status, text } = await ask(`${base}/diff?${query}`)
        assert.ok([200, 400, 404, 409, 422].includes(status), `${query}: ${status} ${text}`)
        assert.doesNotMatch(text, /root:/, query)
      }
    }
    assert.equal((await ask(`${base}/changes?against=--help`)).json.state, 'no_checkpoint')
  })
})
