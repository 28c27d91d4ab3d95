import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream, mkdirSync, truncateSync, writeFileSync } from 'node:fs'
import { readdir, rm, stat } from 'node:fs/promises'
import { type IncomingMessage, request } from 'node:http'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { promisify } from 'node:util'
import { MemoryGrowth, sameHeap } from '../src/testing/server-memory.ts'
import { ServerProcess, temporaryFolder } from '../src/testing/server-process.ts'
import { SocketClient } from '../src/testing/socket-client.ts'

const MB = 1024 * 1024
const execute = promisify(execFile)

/** Reads an archive with a reader that is not ours: how many entries it has, and the first that is damaged. */
const lister = `
import sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as archive: print(len(archive.namelist()), archive.testzip())
`

describe('files of the size that projects have', () => {
  const stack = new AsyncDisposableStack()
  let server: ServerProcess
  let scratch = ''
  /** The workspace as the host sees it. */
  let folder = ''
  let byId = ''
  let authorization = ''

  before(async () => {
    const { path: dataDir } = stack.use(await temporaryFolder())
    scratch = dataDir
    server = stack.use(await ServerProcess.start({ dataDir, env: sameHeap }))
    const page = await SocketClient.connect(server.url, { protocols: ['openhands', 'NO_JWT', 'NO_GITHUB'] })
    const { token } = await page.waitFor<{ token: string }>(frame => 'token' in frame)
    await page.close()
    authorization = `Bearer ${token}`
    byId = `${server.url}/api/conversations/${page.session}`
    folder = join(dataDir, 'workspaces', page.session)
    assert.equal((await fetch(`${byId}/list-files`)).status, 200) // now there is a sandbox
  })
  after(() => stack.disposeAsync())

  /** Sends one file of so many MiB as a page does; `onSent` is told how much is out. */
  async function upload(
    url: string,
    headers: Record<string, string>,
    size: number,
    onSent: (sent: number) => Promise<void> = async () => undefined,
  ): Promise<{ status: number | undefined; report: unknown }> {
    const head = '--edge\r\nContent-Disposition: form-data; name="files"; filename="big.bin"\r\n\r\n'
    const tail = '\r\n--edge--\r\n'
    const sending = request(url, {
      method: 'POST',
      headers: {
        ...headers,
        'content-type': 'multipart/form-data; boundary=edge',
        'content-length': head.length + size * MB + tail.length,
      },
    })
    const answer = once(sending, 'response')
    sending.write(head)
    const piece = Buffer.alloc(MB, 'x')
    for (let sent = 0; sent < size; sent++) {
      if (!sending.write(piece)) await once(sending, 'drain')
      await onSent(sent)
    }
    sending.end(tail)
    const [response] = (await answer) as [IncomingMessage] // of this event
    return { status: response.statusCode, report: JSON.parse(await text(response)) }
  }

  async function archive(): Promise<IncomingMessage> {
    const [response] = (await once(request(`${byId}/zip-directory`).end(), 'response')) as [IncomingMessage] // as above
    assert.equal(response.statusCode, 200)
    return response
  }

  test('[P48] 2 GB up: the server grows by no more than 64 MB, and nothing has the name before it is whole', async () => {
    const growth = new MemoryGrowth(server.pid)
    const kept = { message: 'File upload process completed', uploaded_files: ['big.bin'], skipped_files: [] }
    for (const [url, headers, size] of [
      [`${byId}/upload-files`, {}, 2048],
      [`${server.url}/api/upload-files`, { authorization }, 256],
    ] as const) {
      const seen = new Set<string>()
      const { status, report } = await upload(url, headers, size, async sent => {
        if (sent % 128 === 100) for (const name of await readdir(folder)) seen.add(name)
      })
      assert.deepEqual([status, report], [200, kept])
      assert.equal((await stat(join(folder, 'big.bin'))).size, size * MB)
      assert.deepEqual([...seen].map(isDraft), [true], 'only the draft was there meanwhile')
      await rm(join(folder, 'big.bin'))
    }
    assert.ok(growth.peak <= 64, `the server grew by ${growth.peak.toFixed(0)} MB`)
  })

  // The full 200,000 files take minutes; what counts is that memory does not follow the number of them.
  test('[P48] [S14] a large tree down: the first byte at once, and no more memory for a reader that is slow or stops', async () => {
    for (let number = 0; number < 10_000; number++) {
      const inner = join(folder, 'tree', `d${Math.floor(number / 200)}`)
      if (number % 200 === 0) mkdirSync(inner, { recursive: true })
      writeFileSync(join(inner, `f${number}.txt`), `${number}\n`)
    }
    writeFileSync(join(folder, 'film.mp4'), '')
    truncateSync(join(folder, 'film.mp4'), 300 * MB)
    const growth = new MemoryGrowth(server.pid)
    const began = performance.now()
    const response = await archive()
    const path = join(scratch, 'archive.zip')
    const file = createWriteStream(path)
    let size = 0
    for await (const piece of response) {
      if (size === 0) assert.ok(performance.now() - began < 5000, 'the first byte') // 1 s where nothing else runs
      if (!file.write(piece)) await once(file, 'drain')
      const before = size
      size += piece.length
      if (size < 3 * MB) await wait(piece.length / 1000) // 1 MB/s
      // It reads nothing at all while others are served.
      if (before < 5 * MB && size >= 5 * MB) for (let i = 0; i < 100; i++) await fetch(`${byId}/list-files`)
    }
    file.end()
    await once(file, 'close')
    assert.ok(growth.peak <= 64, `the server grew by ${growth.peak.toFixed(0)} MB`)
    const { stdout } = await execute('python3', ['-c', lister, path])
    assert.equal(stdout.trim(), `${10_000 + 50 + 1 + 1} None`)
    await rm(path)
  })

  test('[P48] [S14] an archive that nobody wants any more is not read on: its place is free at once', async () => {
    for (let round = 0; round < 30; round++) {
      const response = await archive()
      await once(response, 'readable')
      response.destroy()
    }
    const answer = await fetch(`${byId}/select-file?file=tree/d0/f1.txt`)
    assert.deepEqual(await answer.json(), { code: '1\n' })
  })
})

function isDraft(name: string): boolean {
  return /^\.openhands-\w+\.tmp$/.test(name)
}

async function text(response: IncomingMessage): Promise<string> {
  let all = ''
  for await (const piece of response.setEncoding('utf8')) all += piece
  return all
}
