import assert from 'node:assert/strict'
import { chmod, copyFile, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { inspect } from 'node:util'
import { Secret } from '../lib/secret.ts'
import { temporaryFolder } from '../testing/server-process.ts'
import { openSecretStore, SecretStoreError } from './secret-store.ts'

const canary = 'canary-51d0e2'

test('[S20] secrets are kept, encrypted, for their owner only; only names are listed', async () => {
  await using folder = await temporaryFolder()
  const store = await openSecretStore(folder.path)
  await store.set('B_TOKEN', new Secret(canary))
  await store.set('A_TOKEN', new Secret('another\nvalue ä'))
  assert.deepEqual(store.names(), ['A_TOKEN', 'B_TOKEN'])
  const again = await openSecretStore(folder.path)
  assert.equal(again.get('B_TOKEN')?.reveal(), canary)
  assert.equal(again.get('A_TOKEN')?.reveal(), 'another\nvalue ä')
  assert.equal(again.get('constructor'), undefined)
  for (const name of await readdir(folder.path)) {
    assert.equal((await stat(join(folder.path, name))).mode & 0o777, 0o600)
    const bytes = await readFile(join(folder.path, name), 'latin1')
    assert.ok(!bytes.includes(canary) && !bytes.includes(Buffer.from(canary).toString('base64')))
  }
  assert.deepEqual((await readdir(folder.path)).sort(), ['secret.key', 'secrets.json'])
  assert.equal((await readFile(join(folder.path, 'secret.key'))).length, 32)
  for (const shown of [
    inspect(again, { depth: 9, showHidden: true }),
    JSON.stringify(again),
    JSON.stringify(again.get('B_TOKEN')),
  ])
    assert.ok(!shown.includes(canary))
})

test('a secret is replaced and deleted; many changes at once are all kept', async () => {
  await using folder = await temporaryFolder()
  const store = await openSecretStore(folder.path)
  await Promise.all(Array.from({ length: 40 }, (_, index) => store.set(`N${index % 20}`, new Secret(`v${index}`))))
  assert.equal(await store.delete('N3'), true)
  assert.equal(await store.delete('N3'), false)
  const again = await openSecretStore(folder.path)
  assert.equal(again.names().length, 19)
  assert.equal(again.get('N5')?.reveal(), 'v25')
  assert.equal(again.get('N3'), undefined)
  assert.deepEqual((await readdir(folder.path)).sort(), ['secret.key', 'secrets.json'])
})

test('a change to the file, its key or both is noticed, and the message says what to do and no value', async () => {
  await using folder = await temporaryFolder()
  const [file, key] = [join(folder.path, 'secrets.json'), join(folder.path, 'secret.key')]
  const store = await openSecretStore(folder.path)
  await store.set('TOKEN', new Secret(canary))
  const whole = await readFile(file, 'utf8')
  const { data, ...rest } = JSON.parse(whole)
  const flipped = Buffer.from(data, 'base64')
  flipped[3] = (flipped[3] ?? 0) ^ 1
  const spoilt = [
    JSON.stringify({ ...rest, data: flipped.toString('base64') }),
    JSON.stringify({ ...rest, data, iv: Buffer.alloc(12).toString('base64') }),
    JSON.stringify({ ...rest, data, tag: rest.tag.slice(0, 8) }),
    whole.slice(0, 40),
    '{}',
    '',
  ]
  const failure = async (): Promise<string> => {
    const error: unknown = await openSecretStore(folder.path).then(
      () => undefined,
      reason => reason,
    )
    assert.ok(error instanceof SecretStoreError)
    assert.ok(!inspect(error).includes(canary))
    return error.message
  }
  for (const text of spoilt) {
    await writeFile(file, text)
    assert.match(await failure(), /secrets.json was changed or does not belong to the secret.key[\s\S]*Bring back/)
  }
  await writeFile(file, whole)
  await copyFile(key, `${key}.copy`)
  await writeFile(key, Buffer.alloc(32, 7))
  assert.match(await failure(), /was changed or does not belong/)
  await writeFile(key, 'short')
  assert.match(await failure(), /is not a key/)
  await rm(key)
  assert.match(await failure(), /cannot be read without/)
  await copyFile(`${key}.copy`, key)
  await chmod(key, 0o644)
  assert.match(await failure(), /chmod 600/)
  await rm(key)
  await symlink(`${key}.copy`, key)
  assert.match(await failure(), /must be a plain file/)
})

test('a name or value that cannot be one is refused, and nothing is kept', async () => {
  await using folder = await temporaryFolder()
  const store = await openSecretStore(folder.path)
  for (const name of ['', '1A', 'a b', 'a/b', '__proto__'.repeat(20), 'ä'])
    await assert.rejects(store.set(name, new Secret('x')), SecretStoreError, name)
  for (const value of ['', 'x'.repeat(65_537)])
    await assert.rejects(store.set('TOKEN', new Secret(value)), /1 to 65536 bytes/)
  await store.set('__proto__', new Secret('y'))
  assert.deepEqual((await openSecretStore(folder.path)).names(), ['__proto__'])
})
