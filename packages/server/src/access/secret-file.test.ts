import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import {
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { temporaryFolder } from '../testing/server-process.ts'
import { readSecret, secretFile } from './secret-file.ts'

test('[S08] a secret has 128 random bits at least, is for its owner alone, and stays what it is', async () => {
  await using folder = await temporaryFolder()
  const path = join(folder.path, 'token')
  const secret = await secretFile(path)
  assert.ok(Buffer.from(secret, 'base64url').length * 8 >= 128)
  assert.match(secret, /^[\w-]+$/, 'legal in a header and as a sub-protocol')
  assert.equal(statSync(path).mode & 0o777, 0o600)
  assert.equal(await secretFile(path), secret)
  assert.deepEqual(readdirSync(folder.path), ['token'], 'nothing is left beside it')
  assert.notEqual(await secretFile(join(folder.path, 'another')), secret)
})

test('[S08] a wide umask does not open it, not even for a moment', async () => {
  await using folder = await temporaryFolder()
  const before = process.umask(0)
  try {
    await secretFile(join(folder.path, 'token'))
  } finally {
    process.umask(before)
  }
  assert.equal(statSync(join(folder.path, 'token')).mode & 0o777, 0o600)
})

test('[S08] a planted link is refused, and what it points at is neither read nor written', async () => {
  await using folder = await temporaryFolder()
  const elsewhere = join(folder.path, 'elsewhere')
  for (const target of ['known to somebody else', undefined]) {
    const path = join(folder.path, `link-${target === undefined ? 'to-nothing' : 'to-a-file'}`)
    if (target !== undefined) writeFileSync(elsewhere, target, { mode: 0o600 })
    symlinkSync(target === undefined ? join(folder.path, 'nothing') : elsewhere, path)
    await assert.rejects(secretFile(path), /must be a plain file\. Remove it/)
  }
  assert.equal(readFileSync(elsewhere, 'utf8'), 'known to somebody else')
  assert.equal(existsSync(join(folder.path, 'nothing')), false)
})

test('[S08] a pipe or a folder in its place is refused at once', async () => {
  await using folder = await temporaryFolder()
  execFileSync('mkfifo', ['-m', '600', join(folder.path, 'pipe')])
  mkdirSync(join(folder.path, 'folder'), { mode: 0o700 })
  for (const name of ['pipe', 'folder'])
    await assert.rejects(secretFile(join(folder.path, name)), /must be a plain file/)
})

test('[S08] a file that others can read, or that holds too little, is refused with the remedy', async () => {
  await using folder = await temporaryFolder()
  const path = join(folder.path, 'token')
  writeFileSync(path, 'long enough to be a secret\n', { mode: 0o644 })
  await assert.rejects(secretFile(path), new RegExp(`Type: chmod 600 ${path}`))
  for (const text of ['', '\n', 'short\n', `${' '.repeat(40)}\n`]) {
    writeFileSync(join(folder.path, 'empty'), text, { mode: 0o600 })
    await assert.rejects(secretFile(join(folder.path, 'empty')), /16 characters or more/)
  }
})

test('[S08] a file of another user is refused: that user knows what is in it', async () => {
  await using folder = await temporaryFolder()
  const path = join(folder.path, 'token')
  writeFileSync(path, 'long enough to be a secret\n', { mode: 0o600 })
  if (process.getuid?.() !== 0) {
    assert.equal(await readSecret(path), 'long enough to be a secret', 'our own is not')
    return
  }
  chownSync(path, 65534, 65534)
  await assert.rejects(secretFile(path), /belongs to another user/)
})

test('[S08] of many who make it at once all get the same', async () => {
  await using folder = await temporaryFolder()
  const path = join(folder.path, 'token')
  const secrets = await Promise.all(Array.from({ length: 30 }, () => secretFile(path)))
  assert.equal(new Set(secrets).size, 1)
  assert.equal(secrets[0], await readSecret(path))
  assert.deepEqual(readdirSync(folder.path), ['token'])
})

test('[S08] where there is no file there is no secret', async () => {
  await using folder = await temporaryFolder()
  assert.equal(await readSecret(join(folder.path, 'token')), undefined)
  await assert.rejects(secretFile(join(folder.path, 'no', 'such', 'folder')), /ENOENT/)
})
