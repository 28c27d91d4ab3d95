import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { seeded } from '../../../testing/seeded.ts'
import { Refusal } from '../refusal.ts'
import { Checkpoints } from './checkpoints.ts'
import { Git } from './git-process.ts'
import type { CheckpointLimits } from './limits.ts'
import { CheckpointStore } from './store.ts'

const noSignal = new AbortController().signal
const path = process.env['PATH'] ?? ''

interface World {
  readonly workspace: string
  readonly state: string
  readonly store: CheckpointStore
  /** Checkpoints of a process of their own, on the same state. */
  open(limits?: Partial<CheckpointLimits>, now?: () => number): Checkpoints
  write(name: string, content: string | Buffer): void
}

function world(t: TestContext): World {
  const root = mkdtempSync(join(tmpdir(), 'openhands-checkpoints-'))
  const [workspace, state] = [join(root, 'work'), join(root, 'state')]
  mkdirSync(workspace)
  mkdirSync(state)
  const store = new CheckpointStore(new Git(join(state, 'repository'), { PATH: path }))
  const opened: Checkpoints[] = []
  t.after(() => {
    for (const each of opened) each.close()
    rmSync(root, { recursive: true })
  })
  return {
    workspace,
    state,
    store,
    open(limits = {}, now = Date.now) {
      const memoryFile = join(state, 'files.json')
      const made = new Checkpoints({ workspace, store, memoryFile, limits: { idleMs: 3_600_000, ...limits }, now })
      opened.push(made)
      return made
    },
    write(name, content) {
      mkdirSync(join(workspace, name, '..'), { recursive: true })
      writeFileSync(join(workspace, name), content)
    },
  }
}

/** Everything below a folder: kinds, permissions of files, targets of links, contents. */
function picture(folder: string, except: readonly string[] = []): Record<string, string> {
  const entries = readdirSync(folder, { recursive: true, encoding: 'latin1' }).sort()
  return Object.fromEntries(
    entries
      .filter(name => !except.some(each => name === each || name.startsWith(`${each}/`)))
      .map(name => {
        const place = Buffer.from(`${folder}/${name}`, 'latin1')
        const stats = lstatSync(place)
        if (stats.isSymbolicLink()) return [name, `link ${readlinkSync(place, { encoding: 'latin1' })}`]
        if (!stats.isFile()) return [name, 'folder']
        return [name, `${(stats.mode & 0o777).toString(8)} ${readFileSync(place, 'latin1')}`]
      }),
  )
}

const names = [
  'a',
  'b',
  'name with blank',
  'quote"s',
  "it's",
  'line\nbreak',
  '-n',
  '--',
  'ä',
  '\xff\xfe',
  'back\\slash',
  '.env',
  '*',
]

/** Edits a workspace at random: files, links, folders, permissions, names of all kinds. */
function edit(workspace: string, chance: () => number): void {
  const pick = <T>(list: readonly T[]): T | undefined => list[Math.floor(chance() * list.length)]
  const place = (): Buffer => {
    const depth = 1 + Math.floor(chance() * 3)
    const parts = Array.from({ length: depth }, () => pick(names))
    return Buffer.concat([Buffer.from(`${workspace}/`), Buffer.from(parts.join('/'), 'latin1')])
  }
  const above = (where: Buffer): Buffer => where.subarray(0, where.lastIndexOf('/'))
  const attempt = (change: (where: Buffer) => void): void => {
    try {
      change(place())
    } catch {
      // A file stands where the folder of another should: the next one may fit.
    }
  }
  const writeSome = (where: Buffer): void => {
    mkdirSync(above(where), { recursive: true })
    writeFileSync(where, `content ${Math.floor(chance() * 5)}\r\n$Id$\n`.repeat(Math.floor(chance() * 3)))
  }
  for (let count = 0; count < 6; count++) {
    const kind = chance()
    if (kind < 0.45) attempt(writeSome)
    else if (kind < 0.55) attempt(where => symlinkSync(pick(['a', '/etc/passwd', 'nowhere', '../b']) ?? '', where))
    else if (kind < 0.65) attempt(where => mkdirSync(where, { recursive: true }))
    else if (kind < 0.75) attempt(where => rmSync(where, { recursive: true }))
    else if (kind < 0.85)
      attempt(where => lstatSync(where).isFile() && chmodSync(where, pick([0o644, 0o755, 0o600, 0o700]) ?? 0))
    else attempt(where => renameSync(where, place()))
  }
}

test('[P43] whatever happened to a workspace, going back gives every byte, link, permission and empty folder', async t => {
  for (let seed = 1; seed <= 12; seed++) {
    const { workspace, open } = world(t)
    const chance = seeded(seed)
    const checkpoints = open()
    const taken: { id: string; picture: Record<string, string> }[] = []
    for (let step = 0; step < 8; step++) {
      edit(workspace, chance)
      const { id } = await checkpoints.take(`step ${step}`, noSignal)
      taken.push({ id, picture: picture(workspace) })
      const back = taken[Math.floor(chance() * taken.length)]
      if (chance() < 0.5 || back === undefined) continue
      edit(workspace, chance)
      const before = picture(workspace)
      const undo = await checkpoints.restore(back.id, noSignal)
      assert.deepEqual(picture(workspace), back.picture, `seed ${seed}, step ${step}`)
      assert.deepEqual(undo.leftOut, [])
      if (chance() < 0.5) continue
      await (chance() < 0.5 ? checkpoints : open()).restore(undo.before, noSignal)
      assert.deepEqual(picture(workspace), before, `undo, seed ${seed}, step ${step}`)
    }
  }
})

test('nothing changed, nothing written; a file that was only touched has not changed', async t => {
  const { write, workspace, open, store } = world(t)
  const checkpoints = open()
  write('a/b', 'x')
  const first = await checkpoints.take('first', noSignal)
  assert.equal(first.changed, true)
  assert.deepEqual(await checkpoints.take('again', noSignal), { ...first, changed: false })
  utimesSync(join(workspace, 'a/b'), 1, 1)
  assert.equal((await checkpoints.take('touched', noSignal)).changed, false)
  assert.equal((await open().take('by another process', noSignal)).changed, false)
  assert.equal((await store.list(noSignal)).length, 1)
  write('a/b', 'y')
  const second = await checkpoints.take('two\nlines', noSignal)
  assert.deepEqual([second.changed, second.id > first.id], [true, true])
  const kept = await checkpoints.list(noSignal)
  assert.deepEqual(
    kept.map(({ id, label }) => [id, label]),
    [
      [second.id, 'two lines'],
      [first.id, 'first'],
    ],
  )
})

test('an edit that keeps size and time is noticed', async t => {
  const { write, workspace, open } = world(t)
  // Long after the file was written, so that its stamp is trusted.
  const checkpoints = open({}, () => Date.now() + 60_000)
  write('a', 'one')
  utimesSync(join(workspace, 'a'), 1, 1)
  await checkpoints.take('one', noSignal)
  write('a', 'two')
  utimesSync(join(workspace, 'a'), 1, 1)
  assert.equal((await checkpoints.take('two', noSignal)).changed, true)
})

test('files that only their owner may read are so again, even where the content is the same', async t => {
  const { write, workspace, open } = world(t)
  const checkpoints = open()
  for (const name of ['key', 'tool', 'open']) write(name, name)
  chmodSync(join(workspace, 'key'), 0o600)
  chmodSync(join(workspace, 'tool'), 0o700)
  const before = picture(workspace)
  const { id } = await checkpoints.take('first', noSignal)
  chmodSync(join(workspace, 'key'), 0o644)
  chmodSync(join(workspace, 'tool'), 0o755)
  chmodSync(join(workspace, 'open'), 0o600)
  await checkpoints.restore(id, noSignal)
  assert.deepEqual(picture(workspace), before)
})

test('[P43] what is left out is listed and survives going back', async t => {
  const { write, workspace, open } = world(t)
  const checkpoints = open({ fileBytes: 1000 })
  write('kept', 'old')
  write('big', Buffer.alloc(1001))
  write('node_modules/p/index.js', 'x')
  write('crate/Cargo.toml', '')
  write('crate/target/out', 'x')
  write('target/out', 'mine')
  write('venv/pyvenv.cfg', '')
  execFileSync('mkfifo', [join(workspace, 'pipe')])
  const { id, leftOut } = await checkpoints.take('first', noSignal)
  const wanted = [
    'big (1001 bytes)',
    'crate/target/ (can be made anew)',
    'node_modules/ (can be made anew)',
    'pipe (not a file)',
    'venv/ (can be made anew)',
  ]
  assert.deepEqual([...leftOut].sort(), wanted)
  rmSync(join(workspace, 'kept'))
  rmSync(join(workspace, 'target'), { recursive: true })
  write('node_modules/q', 'new')
  write('new/file', 'new')
  assert.deepEqual([...(await checkpoints.restore(id, noSignal)).leftOut].sort(), wanted)
  assert.equal(readFileSync(join(workspace, 'kept'), 'utf8'), 'old')
  assert.equal(readFileSync(join(workspace, 'target/out'), 'utf8'), 'mine')
  assert.equal(readFileSync(join(workspace, 'node_modules/q'), 'utf8'), 'new')
  assert.deepEqual([existsSync(join(workspace, 'new')), lstatSync(join(workspace, 'big')).size], [false, 1001])
})

test('what is in the way and kept nowhere is moved aside', async t => {
  const { write, workspace, open } = world(t)
  const checkpoints = open({ fileBytes: 1000 })
  write('log', 'short')
  write('folder/file', 'x')
  write('target', 'a file')
  const { id } = await checkpoints.take('first', noSignal)
  write('log', Buffer.alloc(2000, 'l'))
  rmSync(join(workspace, 'folder'), { recursive: true })
  write('folder', Buffer.alloc(3000, 'f'))
  rmSync(join(workspace, 'target'))
  write('target/CACHEDIR.TAG', '')
  const { leftOut } = await checkpoints.restore(id, noSignal)
  assert.equal(readFileSync(join(workspace, 'log'), 'utf8'), 'short')
  assert.equal(readFileSync(join(workspace, 'folder/file'), 'utf8'), 'x')
  assert.equal(readFileSync(join(workspace, 'target'), 'utf8'), 'a file')
  assert.equal(lstatSync(join(workspace, 'log.before-restore')).size, 2000)
  assert.equal(lstatSync(join(workspace, 'folder.before-restore')).size, 3000)
  assert.ok(existsSync(join(workspace, 'target.before-restore/CACHEDIR.TAG')))
  assert.ok(leftOut.some(each => each.startsWith('log.before-restore (')))
})

test('a link in the place of a folder is never written through', async t => {
  const { write, workspace, state, open } = world(t)
  const checkpoints = open()
  const outside = join(state, 'outside')
  mkdirSync(outside)
  write('d/file', 'x')
  write('d/other', 'y')
  const { id } = await checkpoints.take('first', noSignal)
  rmSync(join(workspace, 'd'), { recursive: true })
  symlinkSync(outside, join(workspace, 'd'))
  await checkpoints.restore(id, noSignal)
  assert.deepEqual(readdirSync(outside), [])
  assert.equal(readFileSync(join(workspace, 'd/file'), 'utf8'), 'x')
})

test('[P43] [S24] repositories of the user are not touched, and nothing they configure runs or changes bytes', async t => {
  const { write, workspace, state, open } = world(t)
  const checkpoints = open()
  const canary = join(state, 'canary')
  const git = (folder: string, ...args: string[]): string =>
    execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@b', ...args], {
      cwd: join(workspace, folder),
      encoding: 'utf8',
      stdio: 'pipe',
    })
  git('', 'init', '-q')
  write('.gitattributes', '* filter=evil text eol=crlf ident diff=evil\n')
  write('.gitignore', '.env\nignored/\n')
  write('.env', 'KEY=1')
  write('ignored/file', 'kept too')
  write('text', 'a\r\nb\n$Id$\n')
  git('', 'commit', '-q', '--allow-empty', '-m', 'x')
  for (const name of [
    'filter.evil.clean',
    'filter.evil.smudge',
    'filter.evil.process',
    'core.fsmonitor',
    'diff.evil.textconv',
    'core.sshCommand',
    'core.pager',
    'gpg.program',
  ])
    git('', 'config', name, `touch ${canary}`)
  git('', 'config', 'core.autocrlf', 'true')
  for (const hook of ['post-checkout', 'post-index-change', 'reference-transaction', 'pre-commit'])
    writeFileSync(join(workspace, '.git/hooks', hook), `#!/bin/sh\ntouch ${canary}\n`, { mode: 0o755 })
  mkdirSync(join(workspace, 'nested/deep'), { recursive: true })
  git('nested', 'init', '-q')
  write('nested/deep/file', 'in a nested repository')
  git('nested', 'add', '.')
  git('nested', 'commit', '-q', '-m', 'x')
  write('nested-without-commit/.git/HEAD', 'ref: refs/heads/x\n')
  write('nested-without-commit/file', 'y')
  const own = picture(join(workspace, '.git'))
  const nested = picture(join(workspace, 'nested/.git'))
  const before = picture(workspace, ['.git', 'nested/.git'])
  const { id, leftOut } = await checkpoints.take('first', noSignal)
  assert.deepEqual(
    [...leftOut].sort(),
    ['.git', 'nested-without-commit/.git', 'nested/.git'].map(each => `${each} (a repository of its own)`),
  )
  for (const name of ['.env', 'ignored/file', 'text', 'nested/deep/file', 'nested-without-commit/file'])
    write(name, 'changed')
  await checkpoints.restore(id, noSignal)
  assert.deepEqual(picture(workspace, ['.git', 'nested/.git']), before)
  assert.deepEqual(picture(join(workspace, '.git')), own)
  assert.deepEqual(picture(join(workspace, 'nested/.git')), nested)
  assert.equal(existsSync(canary), false)
})

test('[P43] a workspace with too many files is refused, once, until it changes or time has passed', async t => {
  const { write, workspace, open } = world(t)
  let now = 1_000_000
  const checkpoints = open({ entries: 20, retryMs: 1000 }, () => now)
  for (let number = 0; number < 25; number++) write(`many/deep/${number}`, '')
  const refused = { name: 'Refusal', message: /more than 20 files.*smaller folder/ }
  await assert.rejects(checkpoints.take('x', noSignal), refused)
  for (let number = 0; number < 10; number++) rmSync(join(workspace, `many/deep/${number}`))
  await assert.rejects(checkpoints.take('x', noSignal), refused, 'it has not been looked through again')
  now += 1001
  assert.equal((await checkpoints.take('x', noSignal)).changed, true)
  for (let number = 0; number < 25; number++) write(`more/${number}`, '')
  await assert.rejects(checkpoints.take('x', noSignal), refused)
  rmSync(join(workspace, 'more'), { recursive: true })
  assert.equal((await checkpoints.take('x', noSignal)).changed, false)
})

test('[P43] taking one that lasts too long is given up, says so, and leaves nothing behind', async t => {
  const { write, state, open } = world(t)
  for (let number = 0; number < 2000; number++) write(`f/${number}`, `${number}`.repeat(1000))
  const hasty = open({ takeMs: 1 })
  await assert.rejects(hasty.take('x', noSignal), { name: 'Refusal', message: /longer than 0\.001 s/ })
  assert.equal((await open().take('x', noSignal)).changed, true)
  assert.deepEqual(litter(state), [])
})

test('[P43] an aborted checkpoint leaves no lock, and the next one is whole', async t => {
  const { write, workspace, state, open } = world(t)
  const checkpoints = open()
  for (let number = 0; number < 500; number++) write(`f/${number}`, Buffer.alloc(20_000, `${number}`))
  for (const delay of [0, 5, 20, 40, 80]) {
    const abort = new AbortController()
    const pending = checkpoints.take('aborted', abort.signal)
    await Promise.race([setTimeout(delay), pending])
    abort.abort(new Error('given up'))
    await pending.catch(error => assert.equal(error.message, 'given up'))
  }
  const { id } = await checkpoints.take('whole', noSignal)
  const before = picture(workspace)
  rmSync(join(workspace, 'f'), { recursive: true })
  await open().restore(id, noSignal)
  assert.deepEqual(picture(workspace), before)
  assert.deepEqual(litter(state), [])
})

test('[P43] going back that was broken off can be done again', async t => {
  const { write, workspace, open } = world(t)
  const checkpoints = open()
  for (let number = 0; number < 400; number++) write(`f${number % 7}/${number}`, Buffer.alloc(10_000, `${number}`))
  const { id } = await checkpoints.take('first', noSignal)
  const before = picture(workspace)
  for (let number = 0; number < 7; number++) rmSync(join(workspace, `f${number}`), { recursive: true })
  write('f1', 'a file now')
  for (const count of [1, 50, 300]) {
    const abort = new AbortController()
    const pending = checkpoints.restore(id, abort.signal)
    const isFar = (): boolean => readdirSync(workspace, { recursive: true }).length > count
    while (!isFar() && !(await Promise.race([pending.then(() => true), setTimeout(1, false)])));
    abort.abort(new Error('given up'))
    await pending.catch(error => assert.equal(error.message, 'given up'))
  }
  await checkpoints.restore(id, noSignal)
  assert.deepEqual(picture(workspace), before)
})

test('[P43] all checkpoints together keep to their bytes: the oldest are dropped', async t => {
  const { write, workspace, store, open } = world(t)
  const storeBytes = 400_000
  const checkpoints = open({ storeBytes })
  const chance = seeded(7)
  let newest = ''
  for (let number = 0; number < 30; number++) {
    write('noise', Buffer.from(Array.from({ length: 30_000 }, () => chance() * 256)))
    newest = (await checkpoints.take(`${number}`, noSignal)).id
    assert.ok(store.size().bytes <= storeBytes / 2, `${store.size().bytes} bytes`)
  }
  const kept = await checkpoints.list(noSignal)
  assert.equal(kept[0]?.id, newest)
  assert.ok(kept.length >= 2 && kept.length < 10, `${kept.length} are kept`)
  const before = picture(workspace)
  write('noise', 'x')
  await checkpoints.restore(newest, noSignal)
  assert.deepEqual(picture(workspace), before)
  write('more', Buffer.alloc(150_000, 'x'))
  write('yet-more', Buffer.alloc(150_000, 'x'))
  await assert.rejects(checkpoints.take('too much', noSignal), { name: 'Refusal', message: /more than 200000 bytes/ })
})

test('in idle times old checkpoints are dropped and packs joined', async t => {
  const { write, workspace, store, open, state } = world(t)
  const checkpoints = open({ count: 5, packs: 3, idleMs: 50 })
  for (let number = 0; number < 12; number++) {
    write('file', `${number}`)
    await checkpoints.take(`${number}`, noSignal)
  }
  while (store.size().packs > 1) await setTimeout(20)
  const kept = await checkpoints.list(noSignal)
  assert.deepEqual(
    kept.map(({ label }) => label),
    ['11', '10', '9', '8', '7'],
  )
  assert.ok(existsSync(join(state, 'files.json')))
  await open().restore(kept[4]?.id ?? '', noSignal)
  assert.equal(readFileSync(join(workspace, 'file'), 'utf8'), '7')
})

test('a file that changes while it is read does not keep a checkpoint from being taken', async t => {
  const { write, workspace, open } = world(t)
  const checkpoints = open()
  write('still', 'x')
  const script = 'while :; do head -c 300000 /dev/zero >busy; : >busy; rm -f gone; echo >gone; done'
  const writer = spawn('sh', ['-c', script], { cwd: workspace, stdio: 'ignore' })
  try {
    for (let number = 0; number < 15; number++) await checkpoints.take(`${number}`, noSignal)
  } finally {
    writer.kill('SIGKILL')
    await once(writer, 'exit')
  }
  assert.equal((await checkpoints.take('quiet', noSignal)).leftOut.length, 0)
})

test('a damaged store is put right by the next checkpoint', async t => {
  const { write, state, open, store } = world(t)
  write('a', '1')
  await open().take('first', noSignal)
  for (const name of readdirSync(join(state, 'repository/objects/pack')))
    truncateSync(join(state, 'repository/objects/pack', name), 5)
  write('a', '2')
  const { id } = await open().take('second', noSignal)
  assert.deepEqual(
    (await store.list(noSignal)).map(each => each.id),
    [id],
  )
  rmSync(join(state, 'repository/HEAD'))
  writeFileSync(join(state, 'repository/packed-refs.lock'), '')
  write('a', '3')
  assert.equal((await open().take('third', noSignal)).changed, true)
})

test('without git there is a remedy, and no process is tried', async t => {
  const { workspace, state } = world(t)
  const store = new CheckpointStore(new Git(join(state, 'repository'), { PATH: '/nowhere' }))
  const checkpoints = new Checkpoints({ workspace, store, memoryFile: join(state, 'files.json') })
  for (let tries = 0; tries < 3; tries++)
    await assert.rejects(checkpoints.take('x', noSignal), {
      name: 'Refusal',
      message: /need git.*apt-get install -y git/,
    })
  assert.deepEqual(readdirSync(state), [])
})

test('a checkpoint that there is not is refused, and nothing is changed', async t => {
  const { write, workspace, open, store } = world(t)
  const checkpoints = open()
  write('a', '1')
  await checkpoints.take('first', noSignal)
  write('a', '2')
  for (const id of ['000000000000001-000000', '--upload-pack=x', '', 'HEAD'])
    await assert.rejects(checkpoints.restore(id, noSignal), error => error instanceof Refusal)
  assert.equal(readFileSync(join(workspace, 'a'), 'utf8'), '2')
  assert.equal((await store.list(noSignal)).length, 1)
})

/** What processes that were killed might have left in the store. */
function litter(state: string): string[] {
  const entries = readdirSync(join(state, 'repository'), { recursive: true, encoding: 'utf8' })
  return entries.filter(name => /\.lock$|tmp_|crash/.test(name))
}
