import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { type FileHandle, mkdtemp, open, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'
import { ZipWriter } from './zip-writer.ts'

const execute = promisify(execFile)
const changed = Date.UTC(2024, 1, 29, 12, 34, 56)
const zeros = Buffer.alloc(16 * 1024 * 1024)
let folder = ''
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'openhands-zip-'))
})
after(() => rm(folder, { recursive: true }))

/** Writes to a file, and leaves holes where zeros would be. */
async function sparse(file: FileHandle): Promise<{ put: (bytes: Buffer) => Promise<void>; end: () => Promise<void> }> {
  let at = 0
  return {
    put: async bytes => {
      if (bytes.buffer !== zeros.buffer) await file.write(bytes, 0, bytes.length, at)
      at += bytes.length
    },
    end: () => file.truncate(at),
  }
}

/** What another program's reader says about an archive. */
async function ask(path: string, question: string): Promise<unknown> {
  const script = `import json, sys, zipfile\nz = zipfile.ZipFile(sys.argv[1])\nprint(json.dumps(${question}))`
  const { stdout } = await execute('python3', ['-c', script, path], { maxBuffer: 64 * 1024 * 1024 })
  return JSON.parse(stdout)
}

test('[P48] an archive of more than 65,535 entries is valid', { timeout: 120_000 }, async () => {
  const path = join(folder, 'many.zip')
  const pieces: Buffer[] = []
  const zip = new ZipWriter(async bytes => {
    pieces.push(bytes)
  })
  for (let number = 0; number < 70_000; number++) {
    await zip.add({ path: `f${number}`, mode: 0o100644, changed, isDeflated: false }, Buffer.from(`${number}`))
  }
  await zip.end()
  await writeFile(path, Buffer.concat(pieces))
  const question = `[len(z.infolist()), z.read('f69999').decode(), z.testzip(), z.infolist()[7].date_time]`
  assert.deepEqual(await ask(path, question), [70_000, '69999', null, [2024, 2, 29, 12, 34, 56]])
})

test('[P48] an archive of more than 4 GiB, and a file of as much in it, are valid', { timeout: 120_000 }, async () => {
  const path = join(folder, 'large.zip')
  await using file = await open(path, 'w')
  const { put, end } = await sparse(file)
  const zip = new ZipWriter(put)
  const count = 260
  async function* pieces(): AsyncGenerator<Buffer> {
    for (let piece = 0; piece < count; piece++) yield zeros
  }
  const size = count * zeros.length
  const entry = { path: 'large', mode: 0o100600, changed, isDeflated: false }
  await zip.addStream(entry, size, pieces())
  await zip.add({ ...entry, path: 'after', isDeflated: true }, Buffer.from('after '.repeat(100)))
  await zip.addStream(
    { ...entry, path: 'shorter', isDeflated: true },
    10,
    (async function* () {
      yield Buffer.from('abc')
    })(),
  )
  await zip.end()
  await end()
  const question = `[[i.filename, i.file_size, i.header_offset > 2**32] for i in z.infolist()] + [z.read('after').decode()[:6], z.read('shorter').decode(), z.open('large').read(4).hex()]`
  assert.deepEqual(await ask(path, question), [
    ['large', size, false],
    ['after', 600, true],
    ['shorter', 3, true],
    'after ',
    'abc',
    '00000000',
  ])
})
