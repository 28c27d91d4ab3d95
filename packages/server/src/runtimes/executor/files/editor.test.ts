import assert from 'node:assert/strict'
import {
  chmod,
  chown,
  link,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import { Refusal } from '../refusal.ts'
import { Editor } from './editor.ts'
import { SeenFiles } from './seen-files.ts'

const isRoot = process.geteuid?.() === 0
let folder = ''
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'openhands-editor-'))
})
after(() => rm(folder, { recursive: true }))

function newEditor(): Editor {
  return new Editor({ workspace: folder, writable: [folder] }, new SeenFiles())
}

const words = ['a', 'let x = 1', '\ttab', '  two', '', 'ä', '😀 emoji', 'end;', '$&', '}', 'a b']
const line = fc.constantFrom(...words)
const kind = fc.constantFrom('LF', 'CRLF', 'mixed', 'no final newline', 'BOM', 'Latin-1', 'UTF-16', 'long line')
const kept = fc.constantFrom('plain', 'executable', 'read-only', 'symlink', 'hard link', 'foreign owner')

interface Sample {
  readonly bytes: Buffer
  /** Once in the file, with the line ends that it has there. */
  readonly wanted: string
}

/** A file of a kind, with lines before and after the one that is to be replaced. */
function sample(of: string, above: readonly string[], below: readonly string[], number: number): Sample {
  const wanted = `unique-${number}`
  const ends = of === 'CRLF' ? ['\r\n'] : of === 'mixed' ? ['\r\n', '\n'] : ['\n']
  const lines = [...above, `x ${wanted} y`, ...below]
  let text = lines.map((each, index) => each + (ends[index % ends.length] ?? '\n')).join('')
  if (of === 'no final newline') text = text.replace(/\r?\n$/, '')
  if (of === 'BOM') text = `\ufeff${text}`
  if (of === 'long line') text += 'y'.repeat(number % 500 === 0 ? 5_000_000 : 50_000)
  if (of === 'UTF-16') return { bytes: Buffer.from(`\ufeff${text}`, 'utf16le'), wanted }
  if (of === 'Latin-1') return { bytes: Buffer.from(`${text}\u00fc\u00e9`, 'latin1'), wanted }
  return { bytes: Buffer.from(text), wanted }
}

test('[P14] in two thousand files of every kind one edit changes its span and nothing else', {
  timeout: 300_000,
}, async () => {
  const editor = newEditor()
  let number = 0
  const property = fc.asyncProperty(
    kind,
    kept,
    fc.array(line, { maxLength: 8 }),
    fc.array(line, { maxLength: 8 }),
    fc.constantFrom('', 'new', 'two\nlines', 'ä😀', '$1'),
    async (of, how, above, below, put) => {
      const { bytes, wanted } = sample(of, above, below, ++number)
      const real = join(folder, `real-${number}`)
      const path = how === 'symlink' || how === 'hard link' ? join(folder, `link-${number}`) : real
      await writeFile(real, bytes)
      await chmod(real, how === 'executable' ? 0o751 : how === 'read-only' ? 0o444 : 0o640)
      if (how === 'symlink') await symlink(`real-${number}`, path)
      if (how === 'hard link') await link(real, path)
      if (how === 'foreign owner' && isRoot) await chown(real, 12_345, 12_346)
      const old = await stat(real)
      const edit = { command: 'str_replace', path, oldText: wanted, newText: put } as const
      const outcome = await editor.apply(edit).catch(error => error)
      const isText = of !== 'UTF-16' && of !== 'Latin-1'
      const mayWrite = how !== 'read-only' || isRoot
      if (isText && mayWrite) {
        assert.ok(!(outcome instanceof Error), String(outcome))
        const at = bytes.indexOf(wanted)
        const tail = bytes.subarray(at + wanted.length)
        const after = await readFile(real)
        assert.deepEqual(after.subarray(0, at), bytes.subarray(0, at))
        assert.deepEqual(after.subarray(after.length - tail.length), tail)
        const middle = after.toString('utf8', at, after.length - tail.length)
        assert.equal(middle.replaceAll('\r\n', '\n'), put)
      } else {
        assert.ok(outcome instanceof Refusal, String(outcome))
        assert.deepEqual(await readFile(real), bytes)
      }
      const now = await stat(real)
      assert.deepEqual([now.mode, now.uid, now.gid, now.nlink], [old.mode, old.uid, old.gid, old.nlink])
      if (how === 'symlink') assert.equal(await readlink(path), `real-${number}`)
      await Promise.all([rm(real, { force: true }), rm(path, { force: true })])
    },
  )
  await fc.assert(property, { numRuns: 2000, seed: 14 })
  assert.deepEqual(await readdir(folder), [])
})

test('[P14] the third failure of the same edit gets another hint', async () => {
  const editor = newEditor()
  await writeFile(join(folder, 'f'), 'one\ntwo\n')
  const edit = { command: 'str_replace', path: 'f', oldText: 'tvo', newText: 'x' } as const
  const messages: string[] = []
  for (let round = 0; round < 3; round++) messages.push(String(await editor.apply(edit).catch(error => error)))
  assert.equal(messages[0], messages[1])
  assert.match(messages[2] ?? '', /failed 3 times/)
  await rm(join(folder, 'f'))
})
