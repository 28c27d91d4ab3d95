import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { SessionId } from '@openhands/protocol'
import { follow } from '../testing/follow.ts'
import { startRoutes } from '../testing/routes-world.ts'
import { temporaryFolder } from '../testing/server-process.ts'
import { cloning, RepositoryName } from './clone-repository.ts'
import { conversationRoutes } from './conversation-routes.ts'

const run = promisify(execFile)

test('[wire B3] the command clones, and leaves the shell in the repository on a branch of its own', async () => {
  await using folder = await temporaryFolder()
  const hosted = join(folder.path, 'hosted/somebody')
  await mkdir(hosted, { recursive: true })
  await run('git', ['init', '-q', '--bare', join(hosted, 'a-thing.git')])
  const { args } = cloning(`file://${join(folder.path, 'hosted')}`, 'somebody/a-thing')
  const shown = `${args.command} >&2 && pwd && git symbolic-ref --short HEAD`
  const { stdout } = await run('bash', ['-c', shown], { cwd: folder.path })
  const [place, branch] = stdout.trim().split('\n')
  assert.equal(place, join(folder.path, 'a-thing'))
  assert.match(branch ?? '', /^openhands-workspace-[0-9a-f]{8}$/)
})

test('[S25] a name that is an option, a way up or a piece of shell is no repository', () => {
  for (const name of [
    '-u/x',
    'x/-u',
    '../x',
    'x/..',
    './x',
    "a'/b",
    'a/b;id',
    'a/$(id)',
    'a b/c',
    'a',
    'a/b/c',
    '/a',
    'a/',
  ])
    assert.ok(!RepositoryName.safeParse(name).success, name)
  for (const name of ['a/b', 'All-Hands-AI/OpenHands', 'a/b.c_d', 'a/.github'])
    assert.ok(RepositoryName.safeParse(name).success, name)
})

test('[wire B2] a chosen repository is cloned before the agent begins; without a way out that is said, with the remedy', async () => {
  await using world = await startRoutes([conversationRoutes], {
    github: { apiUrl: 'https://api.github.com', webUrl: 'https://github.com', clientId: '' },
  })
  const answer = await world.app.inject({
    method: 'POST',
    url: '/api/conversations',
    payload: { selected_repository: 'somebody/thing', initial_user_msg: 'look at it' },
  })
  assert.equal(answer.statusCode, 200, answer.body)
  const session = await world.parts.manager.open(SessionId.parse(answer.json().conversation_id))
  const seen: string[] = []
  for await (const { event } of follow(session.stream, 0, AbortSignal.timeout(60_000))) {
    if ('observation' in event && event.observation === 'run') {
      seen.push('cloned')
      assert.notEqual(event.extras.exit_code, 0)
      assert.match(event.content, /github\.com.*--egress-allow/s)
    } else if ('action' in event && event.source === 'user' && event.action !== 'initialize') seen.push(event.action)
    if (event.source === 'agent') break
  }
  assert.deepEqual(seen.toSorted(), ['cloned', 'message', 'run'])
  assert.equal(seen[0], 'run')
})
