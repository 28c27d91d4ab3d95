import assert from 'node:assert/strict'
import { mkdirSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import fastify, { type FastifyInstance } from 'fastify'
import { temporaryFolder } from '../testing/server-process.ts'
import { PageFiles } from './page-files.ts'

interface Served extends AsyncDisposable {
  readonly app: FastifyInstance
  readonly folder: string
  readonly page: PageFiles
}

/** A built page behind a server; `open` says what the guard would have to let pass. */
async function served(isForeign = false): Promise<Served> {
  const { path: root, ...rest } = await temporaryFolder()
  const folder = join(root, 'dist')
  mkdirSync(join(folder, 'assets'), { recursive: true })
  writeFileSync(join(root, 'secret'), 'canary')
  writeFileSync(
    join(folder, 'index.html'),
    '<html><head></head><script type="module" src="./assets/index-BfGk3x1Q.js"></script></html>',
  )
  writeFileSync(join(folder, 'assets', 'index-BfGk3x1Q.js'), 'export {}')
  writeFileSync(join(folder, 'assets', 'part-Aa1Bb2Cc.js'), 'export const a = 1\n'.repeat(5_000))
  writeFileSync(join(folder, 'beep.wav'), Buffer.alloc(100_000, 7))
  writeFileSync(join(folder, 'empty.txt'), '')
  writeFileSync(join(folder, 'pic.svg'), '<svg/>')
  writeFileSync(join(folder, '.env'), 'canary')
  symlinkSync(join(root, 'secret'), join(folder, 'link.txt'))
  const page = await PageFiles.open({ folder, isForeign, frames: () => [] })
  const app = fastify()
  app.setNotFoundHandler(async (request, reply) =>
    page.covers(request.raw) ? await page.answer(request, reply) : reply.code(404).send('nothing'),
  )
  return {
    app,
    folder,
    page,
    async [Symbol.asyncDispose]() {
      await app.close()
      await rest[Symbol.asyncDispose]()
    },
  }
}

const html = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' }

test('[wire A5.15] the page, its files with their types, and its views for whoever wants to see them', async () => {
  await using world = await served()
  const table: [url: string, accept: object, status: number, type: RegExp | undefined, cache: string][] = [
    ['/', {}, 200, /^text\/html/, 'no-cache'],
    ['/?x=1', {}, 200, /^text\/html/, 'no-cache'],
    ['/index.html', {}, 200, /^text\/html/, 'no-cache'],
    ['/app/jupyter', html, 200, /^text\/html/, 'no-cache'],
    ['/oauth/github/callback?code=a.b', html, 200, /^text\/html/, 'no-cache'],
    ['/assets/index-BfGk3x1Q.js', {}, 200, /^text\/javascript/, 'public, max-age=31536000, immutable'],
    ['/beep.wav', {}, 200, /^audio\/wav/, 'no-cache'],
    ['/empty.txt', {}, 200, /^text\/plain/, 'no-cache'],
    ['/app', {}, 404, undefined, ''],
    ['/assets/missing.js', html, 404, undefined, ''],
    ['/api/nothing', html, 404, undefined, ''],
    ['/API/nothing', html, 404, undefined, ''],
    ['/ws', html, 404, undefined, ''],
    ['/socket.io/', html, 404, undefined, ''],
    ['/locales/de/translation.json', html, 404, undefined, ''],
  ]
  for (const [url, headers, status, type, cache] of table) {
    const answer = await world.app.inject({ url, headers: { ...headers } })
    assert.equal(answer.statusCode, status, url)
    if (type === undefined) continue
    assert.match(String(answer.headers['content-type']), type, url)
    assert.equal(answer.headers['cache-control'], cache, url)
    assert.equal(Number(answer.headers['content-length']), answer.rawPayload.length, url)
    const head = await world.app.inject({ method: 'HEAD', url, headers: { ...headers } })
    assert.deepEqual([head.statusCode, head.body], [200, ''], url)
    assert.equal(head.headers['content-length'], answer.headers['content-length'], url)
    const again = await world.app.inject({
      url,
      headers: { ...headers, 'if-none-match': `"x", W/${answer.headers.etag}` },
    })
    assert.deepEqual([again.statusCode, again.body], [304, ''], url)
  }
  assert.equal((await world.app.inject({ method: 'POST', url: '/' })).statusCode, 404)
})

test('[S10] nothing but what was there when the page was built can be had: no link, no dotfile, no way up', async () => {
  await using world = await served()
  for (const url of [
    '/link.txt',
    '/.env',
    '/../secret',
    '/%2e%2e/secret',
    '/assets/../../secret',
    '/assets/%2e%2e%2f%2e%2e%2fsecret',
    '/..%5csecret',
    '/%00',
    '/assets/',
    '/assets',
    '//pic.svg',
    '/%2fetc/passwd',
    '/%zz',
    '/__proto__',
    '/constructor',
  ]) {
    const answer = await world.app.inject({ url })
    assert.ok(answer.statusCode >= 400, url)
    assert.ok(!answer.body.includes('canary'), url)
  }
})

test('[S36] scripts and pages have the policy of the page; a picture that is opened has none of its rights', async () => {
  await using world = await served()
  for (const url of ['/', '/assets/index-BfGk3x1Q.js'])
    assert.match(String((await world.app.inject({ url })).headers['content-security-policy']), /script-src 'self'/, url)
  assert.equal((await world.app.inject({ url: '/pic.svg' })).headers['content-security-policy'], undefined)
})

test('[wire A5.15] a page that is built again is served as it is now', async () => {
  await using world = await served()
  writeFileSync(join(world.folder, 'assets', 'index-Cq2Lw9aa.js'), 'export const x = 1')
  assert.equal(world.page.covers({ method: 'GET', url: '/assets/index-Cq2Lw9aa.js', headers: {} }), false)
  writeFileSync(join(world.folder, 'index.html'), '<html><head></head><script>1</script></html>')
  utimesSync(join(world.folder, 'index.html'), 1, 1)
  const shell = await world.app.inject({ url: '/' })
  assert.match(shell.body, /<script>1</)
  assert.match(String(shell.headers['content-security-policy']), /script-src 'self' 'sha256-/)
  assert.equal((await world.app.inject({ url: '/assets/index-Cq2Lw9aa.js' })).statusCode, 200)
})

test('[wire A5.15] a folder without a page is refused', async () => {
  await using folder = await temporaryFolder()
  await assert.rejects(PageFiles.open({ folder: folder.path, isForeign: true, frames: () => [] }), /ENOENT/)
})

test('what gets smaller by it goes out as gzip to who takes it, and each form has a version of its own', async () => {
  await using world = await served()
  const url = '/assets/part-Aa1Bb2Cc.js'
  const get = (headers: Record<string, string>, path = url) => world.app.inject({ url: path, headers })
  const plain = await get({})
  const packed = await get({ 'accept-encoding': 'gzip, br' })
  assert.equal(plain.headers['content-encoding'], undefined)
  assert.equal(packed.headers['content-encoding'], 'gzip')
  assert.ok(packed.rawPayload.length * 10 < plain.rawPayload.length)
  assert.deepEqual(gunzipSync(packed.rawPayload), plain.rawPayload)
  assert.notEqual(packed.headers.etag, plain.headers.etag)
  for (const { headers } of [plain, packed]) assert.equal(headers.vary, 'accept-encoding')
  const known = await get({ 'accept-encoding': 'gzip', 'if-none-match': String(packed.headers.etag) })
  assert.equal(known.statusCode, 304)
  const sound = await get({ 'accept-encoding': 'gzip' }, '/beep.wav')
  assert.deepEqual([sound.headers['content-encoding'], sound.rawPayload.length], [undefined, 100_000])
})
