import assert from 'node:assert/strict'
import { mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { ServerProcess, temporaryFolder } from '../src/testing/server-process.ts'
import { SocketClient } from '../src/testing/socket-client.ts'

const ups = [
  '../',
  '..\\',
  './../',
  '.././',
  'a/../../',
  '..//',
  '%2e%2e/',
  '%2e%2e%2f',
  '..%2f',
  '%252e%252e%252f',
  '..%5c',
  '..%c0%af',
  '%c0%ae%c0%ae/',
  '\uff0e\uff0e/',
  '\u2024\u2024/',
  '..\uff0f',
  '..%00/',
] as const
const tops = [
  '/',
  '//',
  '\\\\',
  'C:\\',
  'c:/',
  '~/',
  '~\\',
  '/workspace-evil/../../',
  '/workspace/../',
  '/workspace/%2e%2e/',
] as const
const depths = [1, 2, 3, 8, 40] as const

/** Spellings of ways out of the workspace; `{}` is what is asked for outside. */
const ways: readonly string[] = [
  ...ups.flatMap(up => depths.map(depth => `${up.repeat(depth)}{}`)),
  ...ups.flatMap(up => [1, 4].map(depth => `sub/${up.repeat(depth + 1)}{}`)),
  ...ups.map(up => `/workspace/${up.repeat(3)}{}`),
  ...tops.flatMap(top => ['{}', './{}', '{}/', '{}%00.txt'].map(end => top + end)),
  ...tops.flatMap(top => ups.slice(0, 7).map(up => `${top}${up}{}`)),
  ...['\0', '\r\n', '\n', '\r'].flatMap(mark => [`${mark}../{}`, `a${mark}/../../{}`, `/{}${mark}`]),
  `${'a/'.repeat(5000)}{}`,
  `${'x'.repeat(5000)}/../{}`,
]

describe('[S10] names that lead out of the workspace, over the whole server', () => {
  const stack = new AsyncDisposableStack()
  let folder = ''
  let outside = ''
  let url = ''

  before(async () => {
    const { path: dataDir } = stack.use(await temporaryFolder())
    outside = await mkdtemp(join(tmpdir(), 'openhands-test-'))
    stack.defer(() => rm(outside, { recursive: true, force: true }))
    await writeFile(join(outside, 'there'), 'canary of the host')
    const server = stack.use(await ServerProcess.start({ dataDir }))
    const client = await SocketClient.connect(server.url)
    await client.close()
    url = `${server.url}/api/conversations/${client.session}`
    folder = join(dataDir, 'workspaces', client.session)
    assert.equal((await fetch(`${url}/list-files`)).status, 200) // now there is a sandbox
    await symlink(outside, join(folder, 'link'))
  })
  after(() => stack.disposeAsync())

  const answer = async (path: string, init: RequestInit = {}): Promise<string> => {
    const response = await fetch(url + path, init)
    return `${response.status} ${await response.text()}`
  }
  const listed = (path: string): Promise<string> => answer(`/list-files?path=${encodeURIComponent(path)}`)
  const read = (path: string): Promise<string> => answer(`/select-file?file=${encodeURIComponent(path)}`)
  const saved = (filePath: string): Promise<string> =>
    answer('/save-file', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ filePath, content: 'evil' }),
    })

  test(`${ways.length} spellings: refused as the request's fault, and nothing tells what is there from what is not`, async () => {
    assert.ok(ways.length >= 250, `${ways.length}`)
    const [there, missing] = [join(outside, 'there').slice(1), join(outside, 'gone!').slice(1)]
    for (const way of ways)
      for (const ask of [listed, read, saved]) {
        const said = await ask(way.replace('{}', there))
        assert.match(said, /^4\d\d /, JSON.stringify(way.slice(0, 80)))
        assert.equal(said, await ask(way.replace('{}', missing)), JSON.stringify(way.slice(0, 80)))
        assert.doesNotMatch(said, /canary|openhands-test-/)
      }
    assert.equal(await readFile(join(outside, 'there'), 'utf8'), 'canary of the host')
    assert.deepEqual(await readdir(outside), ['there'])
    assert.deepEqual(await readdir(folder), ['link'])
  })

  test('a link of the workspace leads nowhere, whether something is there or not', async () => {
    for (const ask of [listed, read, saved]) {
      const [there, missing] = [await ask('link/there'), await ask('link/gone!')]
      assert.equal(there.replaceAll('there', 'gone!'), missing)
      assert.doesNotMatch(there, /canary/)
    }
    assert.deepEqual(await readdir(outside), ['there'])
    const archive = Buffer.from(await (await fetch(`${url}/zip-directory`)).arrayBuffer())
    assert.equal(archive.includes('canary'), false)
  })

  test('an uploaded file is kept under the last part of its name or not at all', async () => {
    for (const way of ways) {
      const form = new FormData()
      form.append('files', new Blob(['mine']), way.replace('{}', 'kept'))
      const said = await answer('/upload-files', { method: 'POST', body: form })
      assert.match(said, /^(?:200|400) /, JSON.stringify(way.slice(0, 80)))
    }
    for (const name of await readdir(folder)) assert.match(name, /^(?:link|[\p{L}\p{N}_.-]{1,255})$/u)
    assert.deepEqual(await readdir(outside), ['there'])
  })
})
