import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { after, test } from 'node:test'
import { DataDirInUseError, lockDataDir } from './data-dir-lock.ts'

const root = mkdtempSync(join(tmpdir(), 'openhands-lock-'))
after(() => rmSync(root, { recursive: true, force: true }))
const temporary = (): string => join(mkdtempSync(join(root, 'lock-')), 'data')

/** Another process that locks the directory and then waits to be killed; resolves once it has the lock. */
async function holderProcess(dataDir: string): Promise<{ pid: number; kill(): Promise<void> }> {
  const script = `
    import { lockDataDir } from ${JSON.stringify(import.meta.resolve('./data-dir-lock.ts'))}
    const lock = await lockDataDir(${JSON.stringify(dataDir)})
    await lock.update({ address: 'http://127.0.0.1:3999' })
    process.stdout.write('locked')
    setInterval(() => lock, 1000)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
  await once(child.stdout, 'data')
  return {
    pid: child.pid ?? 0,
    kill: async () => {
      const exit = once(child, 'exit')
      child.kill('SIGKILL')
      await exit
    },
  }
}

test('[P44] the second server is refused within a second and told the process and address of the first', async () => {
  const dataDir = temporary()
  const first = await holderProcess(dataDir)
  try {
    const begin = performance.now()
    await assert.rejects(lockDataDir(dataDir), (error: Error) => {
      assert.ok(error instanceof DataDirInUseError)
      assert.ok(error.message.includes(`process ${first.pid}, at http://127.0.0.1:3999`), error.message)
      assert.ok(error.message.includes(dataDir))
      return true
    })
    assert.ok(performance.now() - begin < 1000)
  } finally {
    await first.kill()
  }
})

test('[P44] after kill -9 of the first the lock is free, whoever has its process id now', async () => {
  const dataDir = temporary()
  const first = await holderProcess(dataDir)
  await first.kill()
  writeFileSync(join(dataDir, 'server.json'), JSON.stringify({ pid: process.pid, address: 'somebody else' }))
  await using lock = await lockDataDir(dataDir)
  assert.ok(lock)
})

test('[P44] two locks in one process exclude each other; disposing frees the directory', async () => {
  const dataDir = temporary()
  {
    await using lock = await lockDataDir(dataDir)
    await lock.update({ address: 'http://127.0.0.1:1' })
    await assert.rejects(lockDataDir(dataDir), new RegExp(`process ${process.pid}, at http://127.0.0.1:1`))
  }
  assert.equal(existsSync(join(dataDir, 'server.json')), false)
  await using again = await lockDataDir(dataDir)
  assert.ok(again)
})

test('[P44] of many who come at once exactly one gets the lock', async () => {
  const dataDir = temporary()
  const outcomes = await Promise.allSettled(Array.from({ length: 8 }, () => lockDataDir(dataDir)))
  const got = outcomes.filter(outcome => outcome.status === 'fulfilled')
  assert.equal(got.length, 1)
  for (const { value } of got) await value[Symbol.asyncDispose]()
})

test('[P44] a spoilt lock file is no obstacle, and a held one stays held', async () => {
  const dataDir = temporary()
  await (await lockDataDir(dataDir))[Symbol.asyncDispose]()
  writeFileSync(join(dataDir, 'server.lock'), 'no lock at all, but long enough to be looked at'.repeat(99))
  await using lock = await lockDataDir(dataDir)
  assert.ok(lock)
  await assert.rejects(lockDataDir(dataDir), DataDirInUseError)
})

test('[S23] the data directory is for its owner only', async () => {
  const dataDir = temporary()
  await using lock = await lockDataDir(dataDir)
  assert.ok(lock)
  assert.equal(statSync(dataDir).mode & 0o777, 0o700)
})
