import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import type { UserSettings } from '@openhands/protocol'
import type { SettingsStore } from '../core/ports.ts'
import { Secret } from '../lib/secret.ts'
import { temporaryFolder } from '../testing/server-process.ts'
import { openSecretStore } from './secret-store.ts'
import { openSettingsStore, SettingsStoreError } from './settings-store.ts'

const KEY = 'sk-canary-0123456789'

async function openIn(path: string): Promise<SettingsStore> {
  return await openSettingsStore(path, await openSecretStore(path))
}

const full: UserSettings = {
  language: 'en',
  agent: 'CodeActAgent',
  max_iterations: 7,
  security_analyzer: 'policy',
  confirmation_mode: true,
  llm_model: 'openai/gpt-4o',
  llm_base_url: 'http://127.0.0.1:1/v1',
  remote_runtime_resource_factor: 2,
}

test('[P31] whatever is changed, everything else stays as it was, also across a restart', async () => {
  await using folder = await temporaryFolder()
  const store = await openIn(folder.path)
  assert.equal(await store.load(), undefined)
  await store.save(full)
  for (const name of Object.keys(full) as (keyof UserSettings)[]) {
    // the keys of the settings above
    await store.save({ [name]: null })
    assert.deepEqual(await store.load(), { ...full, [name]: null })
    await store.save({ [name]: full[name] })
    assert.deepEqual(await (await openIn(folder.path)).load(), full)
  }
})

test('[P31] changes that come at once are all kept', async () => {
  await using folder = await temporaryFolder()
  const store = await openIn(folder.path)
  await Promise.all(Object.entries(full).map(([name, value]) => store.save({ [name]: value })))
  assert.deepEqual(await store.load(), full)
})

test('[S20] the file is for its owner only and holds no key, and nothing is left beside it', async () => {
  await using folder = await temporaryFolder()
  const store = await openIn(folder.path)
  await store.save({ ...full, llm_api_key: new Secret(KEY) })
  assert.equal((await stat(join(folder.path, 'settings.json'))).mode & 0o777, 0o600)
  assert.deepEqual((await readdir(folder.path)).sort(), ['secret.key', 'secrets.json', 'settings.json'])
  for (const name of await readdir(folder.path))
    assert.doesNotMatch(await readFile(join(folder.path, name), 'latin1'), /sk-canary/)
  assert.doesNotMatch(JSON.stringify(await store.load()), /sk-canary/)
})

test('[S21] a key is there for the provider and the address that it was entered for, and for no other', async () => {
  await using folder = await temporaryFolder()
  const store = await openIn(folder.path)
  await store.save({ ...full, llm_api_key: new Secret(KEY) })
  assert.equal((await store.key())?.reveal(), KEY)
  const elsewhere = [
    { llm_base_url: 'http://127.0.0.1:2/v1' },
    { llm_base_url: null },
    { llm_model: 'anthropic/claude-sonnet-4-5' },
    { llm_model: null },
  ]
  for (const change of elsewhere) {
    await store.save(change)
    assert.equal(await store.key(), undefined, JSON.stringify(change))
    await store.save({ llm_model: full.llm_model, llm_base_url: full.llm_base_url })
    assert.equal((await store.key())?.reveal(), KEY)
  }
  await store.save({ llm_model: 'openai/gpt-5', llm_base_url: `${full.llm_base_url}/` })
  assert.equal((await (await openIn(folder.path)).key())?.reveal(), KEY, 'the same place in other words')
  await store.save({ llm_model: 'anthropic/x', llm_api_key: new Secret('sk-other') })
  assert.equal((await store.key())?.reveal(), 'sk-other')
  await store.save({ llm_api_key: null })
  assert.equal(await store.key(), undefined)
})

test('[P29] fields of older and newer versions do no harm; what is no settings is named', async () => {
  await using folder = await temporaryFolder()
  const path = join(folder.path, 'settings.json')
  await writeFile(path, '{"llm_model":"openai/gpt-4o","of_tomorrow":[1]}', { mode: 0o600 })
  const store = await openIn(folder.path)
  assert.equal((await store.load())?.llm_model, 'openai/gpt-4o')
  await store.save({ language: 'de' })
  assert.deepEqual(JSON.parse(await readFile(path, 'utf8')).of_tomorrow, [1])
  await writeFile(path, '{"llm_model":')
  await assert.rejects(openIn(folder.path), (error: unknown) => {
    assert.ok(error instanceof SettingsStoreError)
    assert.match(error.message, /settings\.json does not hold settings/)
    return true
  })
})

test('[P31] a process that is killed in the middle of saving leaves the old settings or the new ones', async () => {
  await using folder = await temporaryFolder()
  const script = `
    import { openSecretStore } from ${JSON.stringify(import.meta.resolve('./secret-store.ts'))}
    import { openSettingsStore } from ${JSON.stringify(import.meta.resolve('./settings-store.ts'))}
    import { Secret } from ${JSON.stringify(import.meta.resolve('../lib/secret.ts'))}
    const store = await openSettingsStore(${JSON.stringify(folder.path)}, await openSecretStore(${JSON.stringify(folder.path)}))
    for (let i = 0; ; i++) {
      const both = { language: String(i), agent: 'x'.repeat(10_000) + i }
      await store.save({ ...both, llm_model: 'openai/m', llm_api_key: new Secret('sk-key-' + i) })
      process.stdout.write(i + '\\n')
    }`
  let oldest = 0
  for (let round = 0; round < 4; round++) {
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let told = -1
    const enough = Promise.withResolvers<void>()
    child.stdout.setEncoding('utf8').on('data', (lines: string) => {
      told = Number(lines.trim().split('\n').at(-1))
      if (told >= 3 + round) enough.resolve()
    })
    await enough.promise
    child.kill('SIGKILL')
    await once(child, 'close')
    const store = await openIn(folder.path)
    const settings = await store.load()
    const saved = Number(settings?.language)
    assert.ok(saved >= told, `${saved} after ${told} was told to be kept`)
    assert.equal(settings?.agent, `${'x'.repeat(10_000)}${saved}`)
    const key = Number((await store.key())?.reveal().slice('sk-key-'.length))
    assert.ok(key === saved || key === saved - 1, `key ${key} of settings ${saved}`)
    const left = (await readdir(folder.path)).filter(name => name.startsWith('settings.json'))
    assert.deepEqual(left, ['settings.json'], 'what was unfinished is gone')
    oldest = Math.max(oldest, saved)
  }
  assert.ok(oldest > 0)
})
