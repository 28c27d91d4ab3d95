import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { Shell } from './shell.ts'
import { type Watched, watch } from './watch.ts'

const signal = new AbortController().signal

describe('watching commands', { timeout: 60_000 }, () => {
  let root: string
  const shells: Shell[] = []
  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'openhands-watch-'))
  })
  after(async () => {
    for (const shell of shells) shell.close()
    await rm(root, { recursive: true, force: true })
  })
  const open = (): Shell => {
    const environment = { PATH: '/usr/bin:/bin', HOME: root }
    const limits = { mark: `watch-test-${process.pid}`, outputLimit: 1000, silenceMs: 5000 }
    const shell = new Shell({
      workspace: root,
      control: join(root, `${shells.length}`),
      state: root,
      environment,
      ...limits,
    })
    shells.push(shell)
    return shell
  }
  /** What the watcher says of a shell at its prompt that nothing has been typed to, or whose words do not arrive. */
  const atPrompt = async (hasBegun: boolean): Promise<string> => {
    const { pid } = await open().open()
    const watched: Watched = {
      shell: pid,
      lastActivity: performance.now(),
      hasBegun,
      hasEnded: false,
      onEnded: () => undefined,
    }
    return watch(watched, { silenceMs: 1000, timeoutMs: 10_000 }, signal)
  }

  test('[P06] [P33] the read of a prompt is no question of a command that has not begun', async () => {
    assert.equal(await atPrompt(false), 'silent')
    assert.equal(await atPrompt(true), 'waiting')
  })

  test('[P06] [P33] a command that ended while the machine was busy has ended, and was not waiting', async () => {
    const block = new Int32Array(new SharedArrayBuffer(4))
    let isBusy = true
    // Longer than the first two looks: when a timer is due, the end of the command lies unread in the terminal.
    const stall = (): void => {
      if (!isBusy) return
      Atomics.wait(block, 0, 0, 400)
      setImmediate(stall)
    }
    for (let round = 0; round < 5; round++) {
      const shell = open()
      await shell.open()
      isBusy = true
      const first = shell.run({ command: 'true', isInput: false, timeoutMs: 20_000 }, signal, () => undefined)
      setImmediate(stall)
      const { output, exitCode } = await first
      isBusy = false
      assert.deepEqual({ output, exitCode }, { output: '', exitCode: 0 })
    }
  })

  test('[P06] a question of the shell itself is one', async () => {
    const shell = open()
    const asked = await shell.run({ command: 'read x', isInput: false, timeoutMs: 20_000 }, signal, () => undefined)
    assert.equal(asked.exitCode, -1)
    assert.match(asked.output, /waits for input/)
    const told = await shell.run({ command: 'y', isInput: true, timeoutMs: 20_000 }, signal, () => undefined)
    assert.equal(told.exitCode, 0)
  })
})
