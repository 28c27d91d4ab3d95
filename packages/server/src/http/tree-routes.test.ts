import assert from 'node:assert/strict'
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { type SessionId, TreeLevel, Written } from '@openhands/protocol'
import { ask, EventReader, hostileNames } from '../testing/api-client.ts'
import { type RoutesWorld, startRoutes } from '../testing/routes-world.ts'
import { contentRoutes } from './content-routes.ts'
import { sandboxRoutes } from './sandbox-routes.ts'
import { treeRoutes } from './tree-routes.ts'

const noSignal = new AbortController().signal

describe('the tree of the workspace', () => {
  let world: RoutesWorld
  let id: SessionId
  let base = ''
  let folder = ''

  before(async () => {
    world = await startRoutes([treeRoutes, contentRoutes, sandboxRoutes], { uploadBytes: 1024 * 1024 })
    const session = await world.session()
    id = session.id
    folder = session.folder
    await world.parts.manager.close(id) // a stored one, whose sandbox does not run
    base = `${world.url}/api/conversations/${id}`
  })
  after(() => world[Symbol.asyncDispose]())

  const content = (path: string): string => `${base}/files/content?path=${encodeURIComponent(path)}`

  test('looking starts no sandbox, and says how to', async () => {
    assert.deepEqual((await ask(`${base}/files`)).json, { running: false, entries: [], left_out: 0 })
    const refused = await ask(content('a'))
    assert.equal(refused.status, 409)
    assert.match(refused.json.remedy, /POST .*sandbox/)
    await using changes = new EventReader(`${base}/files/changes`)
    assert.deepEqual((await changes.waitFor(() => true)).data, { running: false, paths: [], all: false })
    assert.equal((await ask(`${base}/sandbox`)).json.running, false)
    assert.equal((await ask(`${base}/sandbox`, 'POST')).json.running, true)
  })

  test('one level at a time, with kind, size and what git says', async () => {
    await mkdir(join(folder, 'd', 'inner'), { recursive: true })
    await writeFile(join(folder, 'd', 'file'), 'text')
    await writeFile(join(folder, 'ü b'), 'x')
    const runtime = await (await world.parts.manager.open(id)).runtime(noSignal)
    await runtime.run({ command: 'git init -q', isInput: false, timeoutMs: 60_000 }, noSignal)
    const level = TreeLevel.parse((await ask(`${base}/files`)).json)
    const found = new Map(level.entries.map(entry => [entry.name, entry]))
    assert.deepEqual([found.get('d')?.kind, found.get('d')?.git], ['folder', 'modified'])
    assert.deepEqual([found.get('ü b')?.size, found.get('ü b')?.git], [1, 'untracked'])
    const inner = TreeLevel.parse((await ask(`${base}/files?path=d`)).json)
    assert.deepEqual(
      inner.entries.map(({ path, kind }) => [path, kind]),
      [
        ['d/inner', 'folder'],
        ['d/file', 'file'],
      ],
    )
    assert.equal((await ask(`${base}/files?path=nowhere`)).status, 404)
  })

  test('[S15] a file comes as an attachment that no browser runs, byte for byte', async () => {
    const bytes = Buffer.from([0, 255, 1, 13, 10, 254])
    await writeFile(join(folder, 'evil "x".html'), bytes)
    const { status, headers, bytes: got } = await ask(content('evil "x".html'))
    assert.equal(status, 200)
    assert.deepEqual(got, bytes)
    assert.equal(headers.get('content-type'), 'application/octet-stream')
    assert.equal(headers.get('x-content-type-options'), 'nosniff')
    assert.match(headers.get('content-security-policy') ?? '', /sandbox/)
    assert.equal(
      headers.get('content-disposition'),
      `attachment; filename="evil__x_.html"; filename*=UTF-8''evil%20%22x%22.html`,
    )
  })

  test('[P14] a file is written from a stream, only as long as it is as it was read, whatever its type', async () => {
    const made = await ask(content('new/a.json'), 'PUT', '{ not json', {
      'content-type': 'application/json',
      'if-none-match': '*',
    })
    assert.equal(made.status, 200, made.text)
    const { size, version } = Written.parse(made.json)
    assert.equal(size, 10)
    assert.equal(made.headers.get('etag'), JSON.stringify(version))
    assert.equal((await ask(content('new/a.json'))).headers.get('etag'), JSON.stringify(version))
    assert.equal((await ask(content('new/a.json'), 'PUT', 'x', { 'if-none-match': '*' })).status, 412)
    const second = await ask(content('new/a.json'), 'PUT', 'second', { 'if-match': JSON.stringify(version) })
    assert.equal(second.status, 200)
    assert.equal(
      (await ask(content('new/a.json'), 'PUT', 'third', { 'if-match': JSON.stringify(version) })).status,
      412,
    )
    assert.equal((await ask(content('new/a.json'), 'PUT', 'x', { 'if-match': 'W/"x"' })).status, 400)
    assert.equal(await readFile(join(folder, 'new/a.json'), 'utf8'), 'second')
    const big = await ask(content('big'), 'PUT', Buffer.alloc(1024 * 1024 + 1))
    assert.equal(big.status, 409)
    await assert.rejects(readFile(join(folder, 'big')), /ENOENT/)
  })

  test('folders are made, things are moved and deleted; nothing is replaced, and links are not followed', async () => {
    assert.equal((await ask(`${base}/files/folder`, 'POST', { path: 'one/two' })).status, 201)
    assert.equal((await ask(`${base}/files/folder`, 'POST', { path: 'one/two' })).status, 409)
    await ask(content('one/two/f'), 'PUT', 'kept')
    assert.deepEqual((await ask(`${base}/files/move`, 'POST', { from: 'one', to: 'three/four' })).json, { done: true })
    assert.equal(await readFile(join(folder, 'three/four/two/f'), 'utf8'), 'kept')
    await ask(content('other'), 'PUT', 'other')
    assert.equal((await ask(`${base}/files/move`, 'POST', { from: 'other', to: 'three/four/two/f' })).status, 409)
    assert.equal((await ask(`${base}/files/move`, 'POST', { from: 'three', to: 'three/four/five' })).status, 409)
    assert.equal((await ask(`${base}/files/move`, 'POST', { from: 'nowhere', to: 'x' })).status, 409)
    await symlink('three', join(folder, 'link'))
    assert.deepEqual((await ask(`${base}/files?path=link`, 'DELETE')).json, { done: true })
    assert.equal(await readFile(join(folder, 'three/four/two/f'), 'utf8'), 'kept')
    assert.deepEqual((await ask(`${base}/files?path=three`, 'DELETE')).json, { done: true })
    assert.equal((await ask(`${base}/files?path=three`, 'DELETE')).status, 404)
    assert.equal((await ask(`${base}/files?path=.`, 'DELETE')).status, 400)
  })

  test('changes are told as they happen, until the sandbox ends', async () => {
    await using changes = new EventReader(`${base}/files/changes`)
    await changes.waitFor(({ data }) => data['running'] === true)
    await ask(content('told/of'), 'PUT', 'x')
    await changes.waitFor(({ data }) => data['all'] === true || String(data['paths']).includes('told'))
  })

  test('[S09] [S10] [S11] no spelling of a path leads out of the workspace', async () => {
    await symlink('/etc', join(folder, 'out'))
    for (const name of [...hostileNames, 'out/passwd', '../a', 'a/../../b', '/etc/passwd']) {
      for (const [method, path] of [
        ['GET', `files?path=${name}`],
        ['GET', `files/content?path=${name}`],
        ['PUT', `files/content?path=${name}/x`],
        ['DELETE', `files?path=${name}/x`],
      ] as const) {
        const { status, text } = await ask(`${base}/${path}`, method, method === 'PUT' ? 'x' : undefined)
        assert.ok([200, 400, 404, 409, 422].includes(status), `${method} ${path}: ${status} ${text}`)
        assert.doesNotMatch(text, /root:/, path)
        const leads = /\.\.|%5c|etc|%00|%0d/.test(name)
        if (leads) assert.notEqual(status, 200, `${method} ${path}`)
      }
      const outside = { path: decodeURIComponent(name.replaceAll(/%c0%ae|%2f$/g, '..')), from: 'a', to: '../b' }
      assert.ok((await ask(`${base}/files/move`, 'POST', outside)).status >= 400)
    }
    const foreign = `${world.url}/api/conversations/${'0'.repeat(32)}/files`
    for (const [method, path] of [
      ['GET', ''],
      ['GET', '/content?path=a'],
      ['PUT', '/content?path=a'],
      ['DELETE', '?path=a'],
      ['GET', '/changes'],
    ])
      assert.equal((await ask(`${foreign}${path}`, method)).status, 404, path)
  })
})
