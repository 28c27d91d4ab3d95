import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, chown, mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, before, describe, test } from 'node:test'
import { SessionId } from '@openhands/protocol'
import type { RuntimeError, Runtimes } from '../core/ports.ts'
import { eventually, processesWith, run, sleepOf, startIn } from '../testing/runtime-contract.ts'
import { createRuntimes, type RuntimesOptions } from './catalogue.ts'

const signal = new AbortController().signal

describe('starting sandboxes', () => {
  let root: string
  let count = 0
  before(async () => {
    root = await mkdtemp('/tmp/openhands-catalogue-')
  })
  after(() => rm(root, { recursive: true }))

  const folder = async (): Promise<string> => {
    const path = join(root, `folder-${++count}`)
    await mkdir(path)
    return path
  }
  // A session of its own each time: what is kept of one belongs to the owner of its workspace.
  let session = 100
  const refusal = async (options: Partial<RuntimesOptions>, directory: string): Promise<RuntimeError> => {
    const runtimes = createRuntimes({ sandbox: 'bubblewrap', dataDirectory: root, ...options })
    const started = performance.now()
    const error: unknown = await startIn(runtimes, directory, ++session).then(
      () => undefined,
      reason => reason,
    )
    // Three seconds are promised; the first start also prepares the executor, on a machine that others use too.
    assert.ok(performance.now() - started < 15_000)
    // A cast beside the check of its name.
    assert.equal(error instanceof Error ? error.name : error, 'RuntimeError')
    return error as RuntimeError
  }

  test('[P23] [S26] without bubblewrap nothing starts, and the remedy is named', async () => {
    const error = await refusal({ bubblewrap: join(root, 'none') }, await folder())
    assert.equal(error.kind, 'unavailable')
    assert.match(error.message, /apt-get install -y bubblewrap/)
  })

  test('[P11] [P23] a bubblewrap that fails is told with its last words at once', async () => {
    const fake = join(root, 'fake-bwrap')
    await writeFile(fake, '#!/bin/sh\necho "bwrap: No permissions to create new namespace" >&2\nexit 1\n')
    await chmod(fake, 0o755)
    await chmod(root, 0o755)
    const error = await refusal({ bubblewrap: fake }, await folder())
    assert.equal(error.kind, 'unavailable')
    assert.match(error.message, /exit code 1[\s\S]*No permissions to create new namespace[\s\S]*What to do: /)
  })

  test('[P11] a way out that cannot be made is told with its remedy, and not as a fault of the server', async () => {
    const egress = { open: () => Promise.reject(new Error('ENOSPC: no space left on device')) }
    const error = await refusal({ egress }, await folder())
    assert.equal(error.kind, 'unavailable')
    assert.match(error.message, /no space left on device[\s\S]*What to do: see that .* has room/)
  })

  for (const sandbox of ['bubblewrap', 'local'] as const) {
    test(`[P11] an executor that cannot run is told at once: ${sandbox}`, async () => {
      const error = await refusal({ sandbox, node: '/bin/false' }, await folder())
      assert.equal(error.kind, 'unavailable')
      assert.match(error.message, /could not be started[\s\S]*exit code 1/)
    })

    test(`[P11] a program that says something else is not waited for: ${sandbox}`, async () => {
      const error = await refusal({ sandbox, node: '/bin/echo' }, await folder())
      assert.match(error.message, /could not be started/)
    })

    test(`[P08] a server that is killed leaves nothing: ${sandbox}`, { timeout: 60_000 }, async () => {
      const [directory, dataDirectory, sleep] = [await folder(), await folder(), sleepOf()]
      const server = spawnServer(
        { sandbox, dataDirectory },
        directory,
        `setsid nohup ${sleep} >/dev/null 2>&1 & (${sleep} &)`,
      )
      await once(createInterface(server.stdout), 'line')
      await eventually(() => processesWith(sleep.replace(' ', '\0')).length >= 2, 'they run')
      const gone = once(server, 'exit')
      server.kill('SIGKILL')
      await gone
      await eventually(() => processesWith(sleep.replace(' ', '\0')).length === 0, 'all are gone')
    })

    test(`[P08] what survives a killed server is reaped by the next, and nobody else's: ${sandbox}`, {
      timeout: 60_000,
    }, async () => {
      const [mine, other, sleep] = [await folder(), await folder(), sleepOf()]
      const runtimes = createRuntimes({ sandbox, dataDirectory: mine })
      await using foreign = await startIn(createRuntimes({ sandbox, dataDirectory: other }), await folder())
      await using own = await startIn(runtimes, await folder())
      // A process of a server that has gone, as one that cut itself loose in time would look.
      const { Owner } = await import('./owner.ts')
      const mark = new Owner(mine).markOf('x').replace(/\.\d+\.\d+\./, '.1.1.')
      const orphan = spawn('sleep', [sleep.slice(6)], {
        env: { OPENHANDS_SANDBOX: mark },
        stdio: 'ignore',
        detached: true,
      })
      const gone = once(orphan, 'exit')
      await eventually(() => processesWith(sleep.replace(' ', '\0')).length === 1, 'it runs')
      assert.equal(await createRuntimes({ sandbox, dataDirectory: other }).reap(), 0)
      assert.equal(await runtimes.reap(), 1)
      await gone
      assert.equal(await runtimes.reap(), 0)
      for (const runtime of [own, foreign]) assert.equal((await run(runtime, 'echo lives')).output, 'lives\n')
    })
  }

  test('[P32] a folder of root that holds something is not touched but refused, with the remedy', async () => {
    const directory = await folder()
    await writeFile(join(directory, 'mine'), '')
    const error = await refusal({}, directory)
    assert.equal(error.kind, 'unavailable')
    assert.match(error.message, /chown -R/)
    assert.equal((await stat(directory)).uid, 0)
  })

  test('[P32] a workspace that its user cannot write is told before anything runs', async () => {
    const directory = await folder()
    await chown(directory, 20_001, 20_001)
    await chmod(directory, 0o555)
    const error = await refusal({}, directory)
    assert.match(error.message, /cannot be written/)
  })

  test('[S28] a data directory that only root can enter does not stand in the way', async () => {
    const dataDirectory = await folder()
    await chmod(dataDirectory, 0o700)
    const directory = join(dataDirectory, 'workspace')
    await mkdir(directory)
    await using runtime = await startIn(createRuntimes({ sandbox: 'bubblewrap', dataDirectory }), directory, ++session)
    assert.equal((await run(runtime, 'echo x > f; cat f')).output, 'x\n')
    const { uid } = await stat(join(directory, 'f'))
    assert.ok(uid >= 0x70000000)
    assert.deepEqual(await readdir(directory), ['f'])
  })

  test('one word of progress comes first, and the workspace has the same name before and after the start', async () => {
    for (const sandbox of ['bubblewrap', 'local'] as const) {
      const runtimes: Runtimes = createRuntimes({ sandbox, dataDirectory: root })
      const [directory, statuses] = [await folder(), [] as string[]]
      const onStatus = (id: string): void => void statuses.push(id)
      const request = { session: SessionId.parse(String(++session).padStart(32, '0')), directory, onStatus, signal }
      await using runtime = await runtimes.start(request)
      assert.equal(statuses[0], 'STATUS$STARTING_RUNTIME')
      assert.equal(runtime.workspace, runtimes.workspaceOf(directory))
    }
  })
})

/** A process that starts a sandbox, runs a command in it, says so and then waits for its death. */
function spawnServer(
  options: RuntimesOptions,
  directory: string,
  command: string,
): ReturnType<typeof spawn> & { stdout: NonNullable<ReturnType<typeof spawn>['stdout']> } {
  const program = `
    import { createRuntimes } from ${JSON.stringify(join(import.meta.dirname, 'catalogue.ts'))}
    const [options, directory, command] = JSON.parse(process.env.REQUEST)
    const signal = new AbortController().signal
    const session = '1'.repeat(32)
    const runtime = await createRuntimes(options).start({ session, directory, onStatus() {}, signal })
    await runtime.run({ command, isInput: false, timeoutMs: 10000 }, signal)
    process.stdout.write('ready\\n')
    setInterval(() => {}, 1000)
  `
  const env = { REQUEST: JSON.stringify([options, directory, command]) }
  return spawn(process.execPath, ['--input-type=module', '-e', program], { env, stdio: ['ignore', 'pipe', 'inherit'] })
}
