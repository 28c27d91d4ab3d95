import assert from 'node:assert/strict'
import { mkdirSync, realpathSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { newSessionId } from '../testing/events.ts'
import { temporaryFolder } from '../testing/server-process.ts'
import { workspaceFolders } from './workspace-folders.ts'

test('[S12] without a folder of the operator every session has its own, for the owner alone, and may wish for none', async () => {
  await using folder = await temporaryFolder()
  const folders = workspaceFolders({ dataDir: folder.path })
  const [one, two] = [newSessionId(), newSessionId()]
  assert.deepEqual(await folders.folderOf(one, undefined), { ok: true, path: join(folder.path, 'workspaces', one) })
  assert.equal(statSync(join(folder.path, 'workspaces', one)).mode & 0o777, 0o700)
  for (const wanted of ['/', '/etc', homedir(), folder.path, '.', '', join(folder.path, 'workspaces', two)]) {
    const outcome = await folders.folderOf(one, wanted)
    assert.equal(outcome.ok, false, wanted)
    assert.match(outcome.ok ? '' : outcome.message, /--workspace-base/, 'the reason names the remedy')
  }
})

test('[S12] within the operator’s folder clients choose; nothing they name leads out of it', async () => {
  await using folder = await temporaryFolder()
  const at = (...names: string[]): string => join(folder.path, ...names)
  for (const name of ['work/a/b', 'work/..dots', 'work-evil', 'data/workspaces/another', 'elsewhere'])
    mkdirSync(at(name), { recursive: true })
  writeFileSync(at('work/file'), '')
  symlinkSync(at('work/a'), at('work/inner-link'))
  symlinkSync('../elsewhere', at('work/link-out'))
  symlinkSync('/', at('work/link-to-root'))
  symlinkSync(at('data'), at('work/link-to-data'))
  symlinkSync(at('nothing'), at('work/link-to-nothing'))
  const folders = workspaceFolders({ dataDir: at('data'), base: at('work') })
  const wish = (wanted?: string): ReturnType<typeof folders.folderOf> => folders.folderOf(newSessionId(), wanted)
  const root = realpathSync(at('work'))
  const right = {
    '': root,
    '.': root,
    a: join(root, 'a'),
    './a/../a/b': join(root, 'a/b'),
    '..dots': join(root, '..dots'),
    [join(root, 'a')]: join(root, 'a'),
    'inner-link/b': join(root, 'a/b'),
  }
  for (const [wanted, path] of Object.entries(right)) assert.deepEqual(await wish(wanted), { ok: true, path }, wanted)
  assert.deepEqual(await wish(), { ok: true, path: root })
  const outside = [
    '/',
    '/etc',
    homedir(),
    at('data'),
    at('data/workspaces/another'),
    folder.path,
    '..',
    '../x',
    '../work-evil',
    at('work-evil'),
    `${root}/../elsewhere`,
    'a/../../elsewhere',
    'link-out',
    'link-to-root',
    'link-to-root/etc',
    'link-to-data',
    'link-to-data/workspaces/another',
    import.meta.dirname,
  ]
  for (const wanted of outside) {
    const outcome = await wish(wanted)
    assert.match(outcome.ok ? 'taken' : outcome.message, /lies outside of what this server offers/, wanted)
  }
  for (const wanted of ['nothing', 'file', 'file/x', 'link-to-nothing', 'a\0b', `${'x/'.repeat(5_000)}x`]) {
    const outcome = await wish(wanted)
    assert.equal(outcome.ok, false, wanted)
    assert.ok(outcome.ok || !outcome.message.includes(root), 'and where that folder is, is nobody’s business')
  }
})

test('[S12] [S23] a folder that contains the data folder is refused, by whatever name', async () => {
  await using folder = await temporaryFolder()
  mkdirSync(join(folder.path, 'work/server/data'), { recursive: true })
  mkdirSync(join(folder.path, 'work/project'))
  symlinkSync(join(folder.path, 'work'), join(folder.path, 'alias'))
  const folders = workspaceFolders({ dataDir: join(folder.path, 'work/server/data'), base: join(folder.path, 'alias') })
  for (const wanted of [undefined, '.', 'server', 'server/data'])
    assert.equal((await folders.folderOf(newSessionId(), wanted)).ok, false, wanted)
  assert.equal((await folders.folderOf(newSessionId(), 'project')).ok, true)
})

test('[S12] deleting a session deletes its own folder and never the operator’s', async () => {
  await using folder = await temporaryFolder()
  const session = newSessionId()
  const own = workspaceFolders({ dataDir: folder.path })
  const made = await own.folderOf(session, undefined)
  assert.ok(made.ok)
  const base = join(folder.path, 'base')
  mkdirSync(base)
  const shared = workspaceFolders({ dataDir: folder.path, base })
  assert.ok((await shared.folderOf(session, undefined)).ok)
  await shared.remove(session)
  assert.ok(statSync(base).isDirectory())
  await own.remove(session)
  assert.throws(() => statSync(made.path), /ENOENT/)
  await own.remove(session)
})
