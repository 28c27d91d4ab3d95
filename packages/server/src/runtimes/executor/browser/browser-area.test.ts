import assert from 'node:assert/strict'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import type { Area } from '../area.ts'
import { CallInput } from '../call-input.ts'
import { CallOutput } from '../call-output.ts'
import type { Answer } from '../calls.ts'
import { Params } from '../params.ts'
import { listProcesses, readProc } from '../processes.ts'
import { browserArea } from './browser-area.ts'

let root = ''
let server: Server
let address = ''

before(async () => {
  root = await mkdtemp(join(tmpdir(), 'openhands-browser-area-'))
  server = createServer((_, response) => {
    response.setHeader('content-type', 'text/html')
    response.end('<title>Here</title><button onclick="document.title=\'pressed\'">press</button>')
  })
  const { promise, resolve } = Promise.withResolvers<void>()
  server.listen(0, '127.0.0.1', resolve)
  await promise
  const bound = server.address()
  address = `http://127.0.0.1:${typeof bound === 'object' ? bound?.port : 0}/`
})

after(async () => {
  server.close()
  server.closeAllConnections()
  await rm(root, { recursive: true })
})

function areaWith(idleMs: number, more: Readonly<Record<string, string>> = {}): Area {
  const environment = { PATH: process.env['PATH'] ?? '', HOME: root, TMPDIR: root, LANG: 'C.UTF-8', ...more }
  const options = {
    ...{ workspace: root, writable: [root], control: root, home: root, state: root, egress: '', environment },
    ...{ mark: 'test', outputLimit: 1000, silenceMs: 1000, reserveBytes: 0 },
  }
  return browserArea({ options }, idleMs)
}

async function ask(area: Area, method: string, params: Readonly<Record<string, string>>): Promise<Answer> {
  const handler = area.handlers.get(method)
  assert.ok(handler)
  const { signal } = new AbortController()
  const [input, output] = [new CallInput(() => undefined), new CallOutput(0, () => undefined)]
  return handler({ params: new Params(params), body: Buffer.alloc(0), signal, input, output })
}

/** Processes that name our folder: the browser's, by its profile. */
function browsers(): number[] {
  return listProcesses()
    .map(each => each.pid)
    .filter(pid => readProc(`${pid}/cmdline`)?.includes(`${root}/browser-`))
}

async function eventually(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await pause(20)
}

const hasFolders = async (): Promise<boolean> => (await readdir(root)).some(name => name.startsWith('browser-'))

test('[P08] an idle browser is ended, and the next use shows where it was', { timeout: 120_000 }, async () => {
  const area = areaWith(100)
  try {
    assert.equal((await ask(area, 'browser_open', { url: address })).value?.['title'], 'Here')
    assert.notDeepEqual(browsers(), [])
    await eventually(async () => browsers().length === 0 && !(await hasFolders()))
    const { value } = await ask(area, 'browser_act', { code: "click('1')" })
    assert.match(String(value?.['error']), /had been idle and was started anew at this page\. Nothing was done/)
    assert.equal(value?.['title'], 'Here')
  } finally {
    area.close()
  }
})

test('[P08] closing leaves neither a process nor a file', { timeout: 120_000 }, async () => {
  const area = areaWith(600_000)
  await ask(area, 'browser_open', { url: address })
  assert.notDeepEqual(browsers(), [])
  area.close()
  assert.deepEqual(browsers(), [])
  assert.equal(await hasFolders(), false)
})

test('a program that is no browser is a clear result', { timeout: 120_000 }, async () => {
  const area = areaWith(600_000, { CHROMIUM: '/bin/false' })
  await assert.rejects(ask(area, 'browser_open', { url: address }), {
    name: 'Refusal',
    message: /^The browser failed: /,
  })
  area.close()
})
