import assert from 'node:assert/strict'
import { mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { crc32, deflateRawSync } from 'node:zlib'
import type { Files } from '../core/ports.ts'
import { type RoutesWorld, startRoutes } from '../testing/routes-world.ts'
import { fileRoutes } from './file-routes.ts'
import { archiveLimits, unpackProject } from './project-archive.ts'

interface ZipEntry {
  readonly name: string
  readonly text?: string
  readonly mode?: number
  /** What the archive says of the size instead of the truth. */
  readonly size?: number
  readonly sum?: number
}

/** A zip archive with whatever names, modes and sizes a test wants it to have. */
function zipOf(entries: readonly ZipEntry[]): Buffer<ArrayBuffer> {
  const local: Buffer[] = []
  const central: Buffer[] = []
  let at = 0
  for (const { name, text = '', mode = name.endsWith('/') ? 0o40755 : 0o100644, ...lies } of entries) {
    const [path, content] = [Buffer.from(name), Buffer.from(text)]
    const packed = deflateRawSync(content)
    const facts = Buffer.alloc(16)
    facts.writeUInt32LE(lies.sum ?? crc32(content), 0)
    facts.writeUInt32LE(packed.length, 4)
    facts.writeUInt32LE(lies.size ?? content.length, 8)
    facts.writeUInt16LE(path.length, 12)
    const begin = Buffer.from([20, 0, 0, 8, 8, 0, 0, 0, 0, 0])
    const header = Buffer.concat([Buffer.from('PK\x03\x04'), begin, facts, path, packed])
    const end = Buffer.alloc(14)
    end.writeUInt32LE((mode << 16) >>> 0, 6)
    end.writeUInt32LE(at, 10)
    central.push(Buffer.concat([Buffer.from('PK\x01\x02\x14\x03'), begin, facts, end, path]))
    local.push(header)
    at += header.length
  }
  const directory = Buffer.concat(central)
  const tail = Buffer.alloc(22)
  tail.write('PK\x05\x06')
  tail.writeUInt16LE(entries.length, 8)
  tail.writeUInt16LE(entries.length, 10)
  tail.writeUInt32LE(directory.length, 12)
  tail.writeUInt32LE(at, 16)
  return Buffer.concat([...local, directory, tail])
}

describe('[S13] an archive is checked as a whole before a file of it is written', () => {
  let folder = ''
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'openhands-test-'))
  })
  after(() => rm(folder, { recursive: true, force: true }))

  const noSignal = new AbortController().signal
  const unpack = async (bytes: Uint8Array, limits = archiveLimits) => {
    const path = join(folder, 'archive.zip')
    await writeFile(path, bytes)
    const written: string[] = []
    const upload: Files['upload'] = async (name, content) => {
      const pieces: Uint8Array[] = []
      for await (const piece of content) pieces.push(piece)
      written.push(`${name}=${Buffer.concat(pieces)}`)
      return { ok: true, size: 0, version: '' }
    }
    const answer = await unpackProject(path, { upload } as Files, noSignal, limits)
    return { answer, written }
  }
  const good: ZipEntry = { name: 'good.txt', text: 'good' }

  test('files and folders of a project come out as they are', async () => {
    const { answer, written } = await unpack(
      zipOf([{ name: 'a/' }, { name: 'a/b.txt', text: 'B' }, { name: 'a/ü.txt', text: '' }, good]),
    )
    assert.deepEqual(answer, { ok: true, files: 3 })
    assert.deepEqual(written, ['a/b.txt=B', 'a/ü.txt=', 'good.txt=good'])
  })

  const evil: readonly (readonly [what: string, entries: readonly ZipEntry[], reason: RegExp])[] = [
    ['a way out', [{ name: '../x' }], /invalid relative path/],
    ['a way out further in', [{ name: 'a/../../x' }], /invalid relative path/],
    ['an absolute path', [{ name: '/etc/x' }], /absolute path/],
    ['a drive', [{ name: 'C:/x' }], /absolute path/],
    ['backslashes', [{ name: 'a\\..\\x' }], /invalid characters|invalid relative path/],
    ['an empty part', [{ name: 'a//x' }], /does not lie in the workspace/],
    ['a line end', [{ name: 'a\nb' }], /no name/],
    ['a NUL', [{ name: 'a\0b' }], /no name/],
    ['a link', [{ name: 'l', text: '/etc', mode: 0o120777 }], /no plain file/],
    ['a device', [{ name: 'd', mode: 0o20666 }], /no plain file/],
    ['a pipe', [{ name: 'p', mode: 0o10666 }], /no plain file/],
    ['a setuid program', [{ name: 's', mode: 0o104755 }], /somebody else/],
    ['the same name twice', [good], /twice/],
    ['the same name in another case', [{ name: 'GOOD.txt' }], /twice/],
    ['a file that is a folder too', [{ name: 'good.txt/x' }], /twice/],
    ['too many folders', [{ name: `${'a/'.repeat(70)}x` }], /too deep/],
    ['a size that is too small', [{ name: 'x', text: 'much more', size: 2 }], /too many bytes/],
    ['a size that is too large', [{ name: 'x', text: 'y', size: 20 }], /not enough bytes/],
    ['damage', [{ name: 'x', text: 'y', sum: 1 }], /damaged/],
    ['a bomb', [{ name: 'x', text: '0'.repeat(11_000_000) }], /far more than it is/],
  ]
  for (const [what, entries, reason] of evil) {
    test(`refused whole: ${what}`, async () => {
      const { answer, written } = await unpack(zipOf([good, ...entries]))
      assert.equal(answer.ok, false)
      assert.match(answer.ok ? '' : answer.message, reason)
      assert.deepEqual(written, [])
    })
  }

  test('refused whole: what is no archive, and what is beyond each limit', async () => {
    const two = zipOf([good, { name: 'b', text: 'four' }])
    for (const [bytes, limits, reason] of [
      [Buffer.from('no archive at all, but long enough'), archiveLimits, /refused/],
      [two.subarray(0, two.length - 30), archiveLimits, /refused/],
      [two, { ...archiveLimits, entries: 1 }, /more than 1 entries/],
      [two, { ...archiveLimits, bytes: 7 }, /more than 7 bytes/],
      [two, { ...archiveLimits, fileBytes: 3 }, /more than 3 bytes/],
    ] as const) {
      const { answer, written } = await unpack(bytes, limits)
      assert.match(answer.ok ? '' : answer.message, reason)
      assert.deepEqual(written, [])
    }
  })
})

describe('[wire A5.7] a project is imported', () => {
  let world: RoutesWorld
  before(async () => {
    world = await startRoutes([fileRoutes])
  })
  after(() => world[Symbol.asyncDispose]())

  test('a zip file is unpacked into the workspace and not kept; links that are there lead nowhere else; a bad one leaves nothing', async () => {
    const { id, folder } = await world.session()
    const url = `${world.url}/api/conversations/${id}`
    await fetch(`${url}/list-files`)
    const outside = await mkdtemp(join(tmpdir(), 'openhands-test-'))
    await symlink(outside, join(folder, 'out'))
    const send = async (bytes: Buffer<ArrayBuffer>) => {
      const form = new FormData()
      form.append('files', new Blob([bytes]), 'imported-project.zip')
      const answer = await fetch(`${url}/upload-files`, { method: 'POST', body: form })
      return { status: answer.status, json: JSON.parse(await answer.text()) }
    }
    const sent = await send(zipOf([{ name: 'src/' }, { name: 'src/main.py', text: 'print(1)\n' }, { name: 'README' }]))
    assert.deepEqual(
      [sent.status, sent.json.uploaded_files, sent.json.skipped_files],
      [200, ['imported-project.zip'], []],
    )
    assert.equal(await readFile(join(folder, 'src/main.py'), 'utf8'), 'print(1)\n')
    const bad = await send(zipOf([{ name: 'fine' }, { name: '../evil' }]))
    assert.equal(bad.status, 400)
    assert.match(bad.json.skipped_files[0].reason, /^The archive is refused: /)
    const through = await send(zipOf([{ name: 'out/evil', text: 'evil' }]))
    assert.equal(through.status, 400)
    assert.deepEqual((await readdir(folder)).sort(), ['README', 'out', 'src'])
    assert.deepEqual(await readdir(outside), [])
    assert.deepEqual(await readdir(join(world.parts.facts.dataDir, 'imports')), [])
    await rm(outside, { recursive: true })
  })
})
