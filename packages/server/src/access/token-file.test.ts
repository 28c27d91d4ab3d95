import assert from 'node:assert/strict'
import { renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { temporaryFolder } from '../testing/server-process.ts'
import { TokenFile } from './token-file.ts'

function rotation(file: TokenFile): Promise<void> {
  return new Promise(resolve => file.onRotated(resolve))
}

function replace(path: string, token: string, mode = 0o600): void {
  writeFileSync(`${path}.new`, `${token}\n`, { mode })
  renameSync(`${path}.new`, path)
}

test('[S08] another file in its place is another token, and that is told', async () => {
  await using folder = await temporaryFolder()
  const path = join(folder.path, 'token')
  using file = await TokenFile.open(path)
  const first = file.token
  assert.ok(first.length >= 22)
  for (const token of ['the-second-token-of-this-test', 'the-third-token-of-this-test']) {
    const rotated = rotation(file)
    replace(path, token)
    await rotated
    assert.equal(file.token, token)
  }
})

test('[S08] writing into the file works as well; the newest text counts however fast they follow', async () => {
  await using folder = await temporaryFolder()
  const path = join(folder.path, 'token')
  using file = await TokenFile.open(path)
  const { promise, resolve } = Promise.withResolvers<void>()
  file.onRotated(() => {
    if (file.token === 'token-number-0049-of-fifty') resolve()
  })
  for (let i = 0; i < 50; i++) writeFileSync(path, `token-number-${String(i).padStart(4, '0')}-of-fifty\n`)
  await promise
  assert.equal(file.token, 'token-number-0049-of-fifty')
})

test('[S08] a file that is gone, empty or open to others leaves the old token in force, and that is told', async () => {
  await using folder = await temporaryFolder()
  const path = join(folder.path, 'token')
  const troubles: string[] = []
  const { promise, resolve } = Promise.withResolvers<void>()
  using file = await TokenFile.open(path, error => {
    troubles.push(String(error))
    if (/chmod 600/.test(String(error))) resolve()
  })
  const { token } = file
  rmSync(path)
  writeFileSync(path, '', { mode: 0o600 })
  replace(path, 'a-token-that-others-may-read', 0o644)
  await promise
  assert.equal(file.token, token)
  const rotated = rotation(file)
  replace(path, 'a-token-for-nobody-else-to-read')
  await rotated
  assert.equal(file.token, 'a-token-for-nobody-else-to-read')
})
