import assert from 'node:assert/strict'
import { mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises'
import { request as httpRequest } from 'node:http'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { SessionId } from '@openhands/protocol'
import { type RoutesWorld, startRoutes } from '../testing/routes-world.ts'
import { fileRoutes } from './file-routes.ts'

type Way = { readonly name: string; readonly prefix: string; readonly headers: Record<string, string> }

describe('the files of a session', () => {
  let world: RoutesWorld
  let folder = ''
  let ways: readonly Way[] = []

  before(async () => {
    world = await startRoutes([fileRoutes], {
      uploadBytes: 1024 * 1024,
      uploadEndings: new Set(['.txt', '.zip', '.bin', '.png', '.']),
    })
    const { id, authorization, ...session } = await world.session()
    folder = session.folder
    ways = [
      { name: '0.13.1', prefix: '/api', headers: { authorization } },
      { name: '0.21.1', prefix: `/api/conversations/${id}`, headers: {} },
    ]
    await fetch(`${world.url}/api/list-files`, { headers: { authorization } }) // now there is a sandbox, and its folder
  })
  after(() => world[Symbol.asyncDispose]())

  const ask = async (
    way: Way,
    path: string,
    init: { method?: string; headers?: Record<string, string>; body?: NonNullable<RequestInit['body']> } = {},
  ) => {
    const headers = { ...way.headers, ...init.headers }
    const answer = await fetch(`${world.url}${way.prefix}${path}`, { ...init, headers })
    const bytes = Buffer.from(await answer.arrayBuffer())
    const text = bytes.toString('utf8')
    return { status: answer.status, headers: answer.headers, bytes, text, json: parse(text) }
  }
  const save = (way: Way, body: unknown, headers: Record<string, string> = {}) =>
    ask(way, '/save-file', {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    })
  const upload = (way: Way, files: readonly (readonly [name: string, content: string | Uint8Array<ArrayBuffer>])[]) => {
    const form = new FormData()
    for (const [name, content] of files) form.append('files', new Blob([content]), name)
    return ask(way, '/upload-files', { method: 'POST', body: form })
  }
  const each = async (act: (way: Way) => Promise<void>): Promise<void> => {
    for (const way of ways) await act(way)
  }

  test('[wire A5.0] a 0.13.1 page names its session by a token, and hears which of three things is wrong', async () => {
    const [way] = ways
    assert.ok(way)
    const token = await world.parts.sessionTokens.sign(SessionId.parse('0'.repeat(32)))
    const cases = [
      [{}, 401, { error: 'Missing Authorization header' }],
      [{ authorization: 'Bearer nonsense' }, 401, { error: 'Invalid token' }],
      [{ authorization: `Bearer ${token}` }, 404, { error: 'Session not found' }],
    ] as const
    for (const path of ['/list-files', '/select-file?file=x', '/zip-directory'])
      for (const [headers, status, json] of cases) {
        const answer = await ask({ ...way, headers: { ...headers } }, path)
        assert.deepEqual([answer.status, answer.json], [status, json])
      }
    const bare = await ask(
      { ...way, headers: { authorization: way.headers['authorization']?.slice(7) ?? '' } },
      '/list-files',
    )
    assert.equal(bare.status, 200)
  })

  test('[wire B2] a path that names no session answers 404, whatever it names', async () => {
    for (const id of ['0'.repeat(32), '..%2f..%2fetc', '%00', 'x'.repeat(90)]) {
      const way = { name: id, prefix: `/api/conversations/${id}`, headers: {} }
      const answer = await ask(way, '/list-files')
      assert.deepEqual([answer.status, answer.json], [404, { error: 'Session not found' }], id)
    }
  })

  test('[wire A5.0] framework errors: 422 with details, 405, in both ways', async () => {
    await each(async way => {
      const answer = await ask(way, '/select-file')
      const detail = [{ type: 'missing', loc: ['query', 'file'], msg: 'Field required', input: null }]
      assert.deepEqual([answer.status, answer.json], [422, { detail }])
      const twice = await ask(way, '/select-file?file=a&file=b')
      assert.equal(twice.status, 422)
      const wrong = await ask(way, '/select-file?file=a', { method: 'DELETE' })
      assert.deepEqual([wrong.status, wrong.json], [405, { detail: 'Method Not Allowed' }])
      assert.equal(wrong.headers.get('allow'), 'GET')
      assert.equal((await ask(way, '/zip-directory', { method: 'HEAD' })).status, 405)
    })
  })

  test('[wire A5.4] a listing: folders first, each group by name whatever the case, prefixed as asked, .gitignore kept to', async () => {
    await mkdir(join(folder, 'sub', 'deep'), { recursive: true })
    await mkdir(join(folder, 'Alpha'))
    await mkdir(join(folder, '.git'))
    await mkdir(join(folder, 'node_modules'))
    await mkdir(join(folder, 'build'))
    await writeFile(join(folder, '.gitignore'), '*.log\nbuild/\nsub/secret.txt\n')
    for (const name of ['Zed.txt', 'beta.txt', 'x.log', '.DS_Store', 'sub/f.txt', 'sub/secret.txt', 'sub/y.log'])
      await writeFile(join(folder, name), '')
    await each(async way => {
      const top = await ask(way, '/list-files')
      assert.deepEqual([top.status, top.json], [200, ['Alpha/', 'sub/', '.gitignore', 'beta.txt', 'Zed.txt']])
      for (const [asked, expected] of [
        ['sub', ['sub/deep/', 'sub/f.txt']],
        ['sub/', ['sub/deep/', 'sub/f.txt']],
        ['./sub', ['./sub/deep/', './sub/f.txt']],
        ['/workspace/sub', ['/workspace/sub/deep/', '/workspace/sub/f.txt']],
        ['', top.json],
        ['nowhere', []],
        ['Zed.txt', []],
      ] as const) {
        const below = await ask(way, `/list-files?path=${encodeURIComponent(asked)}`)
        assert.deepEqual([below.status, below.json], [200, expected], asked)
      }
    })
  })

  test('[wire A5.5] a text comes as it is; pictures, PDF and video as data URLs; HTML and SVG as text [S15]', async () => {
    const text = '\ufeffgrüße 🙂\r\n"\\\u2028 last'
    const picture = Buffer.from(Array.from({ length: 700_001 }, (_, index) => (index * 7) % 256))
    await writeFile(join(folder, 'text.py'), text)
    await writeFile(join(folder, 'a.PNG'), picture)
    await writeFile(join(folder, 'x.svg'), '<svg onload="alert(1)"/>')
    await each(async way => {
      const read = await ask(way, '/select-file?file=text.py')
      assert.deepEqual([read.status, read.json], [200, { code: text }])
      const absolute = await ask(way, '/select-file?file=%2Fworkspace%2Ftext.py')
      assert.deepEqual(absolute.json, { code: text })
      const shown = await ask(way, '/select-file?file=a.PNG')
      assert.deepEqual(shown.json, { code: `data:image/png;base64,${picture.toString('base64')}` })
      const svg = await ask(way, '/select-file?file=x.svg')
      assert.deepEqual(svg.json, { code: '<svg onload="alert(1)"/>' })
      assert.match(svg.headers.get('content-type') ?? '', /^application\/json/)
    })
  })

  test('[wire A5.5] what cannot be shown answers 500 with a reason: missing, a folder, no text, too large', async () => {
    await writeFile(join(folder, 'noise.dat'), Buffer.from([0xff, 0xfe, 0x00, 0x80]))
    await writeFile(join(folder, 'large.dat'), Buffer.alloc(5 * 1024 * 1024 + 1, 'a'))
    await each(async way => {
      const absent = await ask(way, '/select-file?file=x')
      const error =
        'Error opening file: **ErrorObservation**\nFile not found: /workspace/x. Your current working directory is /workspace.'
      assert.deepEqual([absent.status, absent.json], [500, { error }])
      for (const [file, reason] of [
        ['sub', /directory/],
        ['noise.dat', /could not be decoded/],
        ['large.dat', /at most/],
      ] as const) {
        const answer = await ask(way, `/select-file?file=${file}`)
        assert.equal(answer.status, 500)
        assert.match(answer.text, reason)
      }
    })
  })

  test('[wire A5.6, D2.11] a file is saved byte for byte, again and again; fields that are missing are the request’s fault', async () => {
    await each(async way => {
      for (const content of ['one\ntwo\n', 'one\ntwo\n', '', 'x'.repeat(2_000_000)]) {
        const saved = await save(way, { filePath: 'made/by/page.txt', content })
        assert.deepEqual([saved.status, saved.json], [200, { message: 'File saved successfully' }])
        assert.equal(await readFile(join(folder, 'made/by/page.txt'), 'utf8'), content)
      }
      const missing = await save(way, { filePath: 'a' })
      assert.deepEqual([missing.status, missing.json], [400, { detail: 'Missing filePath or content' }])
      const broken = await save(way, '{"filePath":')
      assert.equal(broken.status, 400)
      assert.match(broken.text, /^\{"detail":"Error saving file: /)
      const folderName = await save(way, { filePath: 'made', content: '' })
      assert.equal(folderName.status, 500)
      assert.match(folderName.text, /^\{"error":"Failed to save file: /)
    })
  })

  test('[P14] with the version that it was read in, a file that somebody changed meanwhile is not replaced', async () => {
    await each(async way => {
      await save(way, { filePath: 'shared.txt', content: 'first' })
      const etag = (await ask(way, '/select-file?file=shared.txt')).headers.get('etag') ?? ''
      const mine = await save(way, { filePath: 'shared.txt', content: 'mine' }, { 'if-match': etag })
      assert.deepEqual([mine.status, mine.text], [200, '{"message":"File saved successfully"}'], etag)
      const late = await save(way, { filePath: 'shared.txt', content: 'late' }, { 'if-match': etag })
      assert.equal(late.status, 409)
      assert.equal(await readFile(join(folder, 'shared.txt'), 'utf8'), 'mine')
      const next = await save(
        way,
        { filePath: 'shared.txt', content: 'ok' },
        { 'if-match': mine.headers.get('etag') ?? '' },
      )
      assert.equal(next.status, 200)
    })
  })

  test('[S10] no path outside of the workspace is read, listed or written, however it is spelled', async () => {
    await symlink('/etc', join(folder, 'out'))
    const paths = [
      '../x',
      '..',
      'sub/../../x',
      '/etc/passwd',
      '/',
      '//etc/passwd',
      '/workspace-evil/x',
      '/workspace/../etc/passwd',
      '..\\..\\x',
      'C:\\x',
      '~/x',
      '~',
      'a\0b',
      '%2e%2e%2fetc',
      '%252e%252e%252fetc',
      '..%c0%afetc',
      '\uff0e\uff0e/x',
      '\u2024\u2024/x',
      `${'a/'.repeat(5000)}x`,
      'x'.repeat(5000),
      '\ud800',
    ]
    await each(async way => {
      for (const path of paths) {
        const query = encodeURIComponent(path.toWellFormed())
        for (const route of ['/list-files?path=', '/select-file?file=']) {
          const { status, text } = await ask(way, route + query)
          if (path === '\ud800') continue // no query can say it
          assert.ok(status >= 400 && status < 500, `${route} ${JSON.stringify(path.slice(0, 40))}: ${status} ${text}`)
          assert.doesNotMatch(text, /root:|etc/)
        }
        const saved = await save(way, { filePath: path, content: 'evil' })
        assert.equal(saved.status, 400, path)
      }
      assert.deepEqual((await ask(way, '/list-files?path=out')).json, [])
      assert.equal((await ask(way, '/select-file?file=out/passwd')).status, 500)
      assert.equal((await save(way, { filePath: 'out/evil', content: '' })).status, 500)
    })
  })

  test('[wire A5.7] what is refused is reported beside what is kept; names are reduced to what they should be', async () => {
    await each(async way => {
      const big = new Uint8Array(1024 * 1024 + 1)
      const mixed = await upload(way, [
        ['a.txt', 'A'],
        ['b.exe', 'B'],
        ['big.bin', big],
        ['../../sp ace/../é v$il.TXT', 'C'],
        ['plain', 'D'],
        ['..', 'E'],
        ['a.txt', 'second'],
        ['full.bin', big.subarray(1)],
      ])
      assert.equal(mixed.status, 200)
      assert.deepEqual(mixed.json, {
        message: 'File upload process completed',
        uploaded_files: ['a.txt', 'évil.TXT', 'plain', 'a-1.txt', 'full.bin'],
        skipped_files: [
          { name: 'b.exe', reason: 'File type not allowed' },
          { name: 'big.bin', reason: 'Exceeds maximum size limit of 1MB' },
          { name: '..', reason: 'Invalid file name' },
        ],
      })
      assert.equal(await readFile(join(folder, 'évil.TXT'), 'utf8'), 'C')
      assert.equal(await readFile(join(folder, 'a-1.txt'), 'utf8'), 'second')
      assert.equal((await stat(join(folder, 'full.bin'))).size, 1024 * 1024)
      assert.deepEqual(
        (await readdir(folder)).filter(name => /big|b\.exe/.test(name)),
        [],
      )
    })
  })

  test('[wire A5.7] nothing kept answers 400 with the same report; no part named files answers 422', async () => {
    await each(async way => {
      const none = await upload(way, [['b.exe', 'B']])
      assert.deepEqual(
        [none.status, none.json],
        [
          400,
          {
            message: 'File upload process completed',
            uploaded_files: [],
            skipped_files: [{ name: 'b.exe', reason: 'File type not allowed' }],
            error: 'No files were uploaded successfully',
          },
        ],
      )
      const other = new FormData()
      other.append('other', new Blob(['x'.repeat(200_000)]), 'x.txt')
      other.append('files', 'no file')
      for (const body of [other, new URLSearchParams({ files: 'x' })]) {
        const answer = await ask(way, '/upload-files', { method: 'POST', body })
        const isForm = body === other
        assert.equal(answer.status, isForm ? 422 : 415)
        if (isForm) assert.deepEqual(answer.json.detail[0].loc, ['body', 'files'])
      }
    })
  })

  test('[F09] a body that ends before its last part does is 400: the request is wrong, not the server', async () => {
    const part = '--b\r\nContent-Disposition: form-data; name="files"; filename="cut.NAME"\r\n\r\nhalf'
    await each(async way => {
      for (const ending of ['txt', 'zip']) {
        const headers = { 'content-type': 'multipart/form-data; boundary=b' }
        const body = part.replace('NAME', ending)
        const answer = await ask(way, '/upload-files', { method: 'POST', headers, body })
        assert.equal(answer.status, 400, answer.text)
        assert.match(answer.text, /"detail":"The upload cannot be read: /)
      }
    })
  })

  test('[P48] an upload that breaks off leaves nothing, under no name', async () => {
    const way = ways[1]
    assert.ok(way)
    const boundary = 'edge'
    const sending = httpRequest(`${world.url}${way.prefix}/upload-files`, {
      method: 'POST',
      headers: { 'content-type': `multipart/form-data; boundary=${boundary}`, 'transfer-encoding': 'chunked' },
    })
    sending.on('error', () => undefined)
    sending.write(`--${boundary}\r\nContent-Disposition: form-data; name="files"; filename="part.txt"\r\n\r\n`)
    sending.write('x'.repeat(300_000))
    await until(async () => (await readdir(folder)).some(name => !shown.has(name) && name.startsWith('.')), 'a draft')
    sending.destroy()
    await until(async () => (await readdir(folder)).every(name => shown.has(name) || !name.startsWith('.')), 'no draft')
    assert.equal((await readdir(folder)).includes('part.txt'), false)
  })

  test('[wire A5.10, S14] the workspace comes as a zip file, links as links', async () => {
    await each(async way => {
      const { status, headers, bytes } = await ask(way, '/zip-directory')
      assert.equal(status, 200)
      assert.equal(headers.get('content-type'), 'application/x-zip-compressed')
      assert.equal(headers.get('content-disposition'), 'attachment; filename="workspace.zip"')
      assert.equal(bytes.readUInt32LE(0), 0x04034b50)
      assert.ok(bytes.includes('sub/f.txt') && !bytes.includes('root:'))
    })
  })

  test('[P48] downloads that are given up free their streams', async () => {
    const way = ways[1]
    assert.ok(way)
    await writeFile(join(folder, 'huge.mp4'), Buffer.alloc(40 * 1024 * 1024, 7))
    for (const path of ['/zip-directory', '/select-file?file=huge.mp4'])
      for (let round = 0; round < 30; round++) {
        const gone = new AbortController()
        const answer = await fetch(`${world.url}${way.prefix}${path}`, { signal: gone.signal })
        assert.equal(answer.status, 200, `${path} ${round}`)
        await answer.body?.getReader().read()
        gone.abort()
      }
    await until(async () => (await ask(way, '/select-file?file=sub/f.txt')).status === 200, 'a stream is free')
  })

  test('[wire B2] a sandbox that cannot be had is said so in the words of each route', async () => {
    const { id, authorization } = await world.session()
    const session = await world.parts.manager.open(id)
    const gone = async (): Promise<never> => Promise.reject(new Error('the sandbox is gone'))
    Object.defineProperty(session, 'runtime', { value: gone })
    const old = { name: 'old', prefix: '/api', headers: { authorization } }
    const young = { name: 'young', prefix: `/api/conversations/${id}`, headers: {} }
    const failed = { uploaded_files: [], skipped_files: [] }
    const reason = 'the sandbox is gone'
    for (const [way, path, json] of [
      [old, '/list-files', { error: `Error listing files: ${reason}` }],
      [young, '/select-file?file=a', { error: `Error opening file: ${reason}` }],
      [old, '/zip-directory', { detail: 'Failed to zip workspace' }],
      [young, '/zip-directory', { error: `Error zipping workspace: ${reason}` }],
    ] as const) {
      const answer = await ask(way, path)
      assert.deepEqual([answer.status, answer.json], [500, json], path)
    }
    for (const [way, error] of [
      [old, `Error during file upload: ${reason}`],
      [young, `Error saving file: ${reason}`],
    ] as const) {
      const answer = await upload(way, [['a.txt', 'x'.repeat(500_000)]])
      assert.deepEqual([answer.status, answer.json], [500, { error, ...failed }])
    }
    assert.deepEqual((await save(young, { filePath: 'a', content: '' })).json, {
      error: `Error saving file: ${reason}`,
    })
  })
})

/** Dot files that the tests make. */
const shown: ReadonlySet<string> = new Set(['.git', '.gitignore', '.DS_Store'])

async function until(holds: () => Promise<boolean>, what: string): Promise<void> {
  for (let tries = 0; tries < 1000; tries++) {
    if (await holds()) return
    await wait(10)
  }
  assert.fail(`never happened: ${what}`)
}

function parse(text: string) {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

describe('files that are larger than what the server should hold', () => {
  test('[P48] an upload passes through piece by piece, at the pace of the disk inside', async () => {
    await using world = await startRoutes([fileRoutes])
    const { id, folder } = await world.session()
    const piece = Buffer.alloc(64 * 1024, 'x')
    const pieces = 4096
    const held = (): number => process.memoryUsage().arrayBuffers
    const before = held()
    let most = 0
    async function* body(): AsyncGenerator<Uint8Array, void> {
      yield Buffer.from('--edge\r\nContent-Disposition: form-data; name="files"; filename="big.bin"\r\n\r\n')
      for (let count = 0; count < pieces; count++) {
        most = Math.max(most, held() - before)
        yield piece
      }
      yield Buffer.from('\r\n--edge--\r\n')
    }
    const answer = await fetch(`${world.url}/api/conversations/${id}/upload-files`, {
      method: 'POST',
      headers: { 'content-type': 'multipart/form-data; boundary=edge' },
      body: ReadableStream.from(body()),
      duplex: 'half',
    })
    assert.equal(answer.status, 200, await answer.text())
    assert.equal((await stat(join(folder, 'big.bin'))).size, pieces * piece.length)
    // The client is in this process too; a server that keeps what it has passed on would hold all 256 MiB.
    assert.ok(most < 160 * 1024 * 1024, `held ${most} bytes`)
  })
})
