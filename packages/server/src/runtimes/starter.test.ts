import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { after, before, describe, test } from 'node:test'
import { promisify } from 'node:util'
import { eventually, processesWith, run, sleepOf, startIn } from '../testing/runtime-contract.ts'
import { createRuntimes } from './catalogue.ts'
import { childrenOf, readProcess } from './executor/processes.ts'
import { prepareExecutor } from './executor-program.ts'
import { Starter, type StartRequest } from './starter.ts'

describe('starting programs', { timeout: 60_000 }, () => {
  let root: string
  let folder: string
  let starter: Starter
  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'openhands-starter-'))
    // Longer than the address of a socket may be.
    folder = join(root, 'f'.repeat(120))
    const program = prepareExecutor(join(root, 'runtime'), process.execPath)
    starter = new Starter(() => program, folder)
  })
  after(() => rm(root, { recursive: true, force: true }))
  const shell = (script: string, more: Partial<StartRequest> = {}): StartRequest => ({
    program: '/bin/sh',
    args: ['-c', script],
    directory: root,
    environment: { PATH: '/usr/bin:/bin' },
    ...more,
  })
  const spawnerOf = (pid: number): number => readProcess(pid)?.parent ?? 0

  test('bytes go both ways, and nothing is lost at the end', async () => {
    const started = await starter.start(shell('cat; head -c 3000000 /dev/zero'))
    started.input.write('hello')
    started.input.end()
    const output = await text(started.output)
    assert.equal(output.length, 3_000_005)
    assert.ok(output.startsWith('hello'))
    assert.equal(await started.ended, 'exit code 0')
  })

  test('inputs are read from 3 on, and the environment is what was given', async () => {
    const inputs = [Buffer.alloc(200_000, 'a'), Buffer.from([0, 255, 10])]
    const request = shell('wc -c <&3; od -An -tx1 <&4; echo; env', { inputs, environment: { PATH: '/bin', ONE: '1' } })
    const output = await text((await starter.start(request)).output)
    const [size, bytes, , ...variables] = output.trim().split('\n')
    assert.deepEqual([size, bytes?.trim()], ['200000', '00 ff 0a'])
    assert.deepEqual(variables.filter(line => !/^(_|PWD|SHLVL)=/.test(line)).sort(), ['ONE=1', 'PATH=/bin'])
  })

  test('a program has no more descriptors than any other, a session of its own, and dies when it is told to', async () => {
    const descriptors = 'echo $(ls /proc/self/fd)'
    const { stdout: ours } = await promisify(execFile)('/bin/sh', ['-c', descriptors])
    const script = `echo "$(${descriptors}) $(cut -d' ' -f6 /proc/$$/stat)"; exec cat`
    const started = await starter.start(shell(script))
    const [said] = await once(started.output, 'data')
    assert.equal(String(said), `${ours.trim()} ${started.pid}\n`)
    started.kill()
    started.output.resume()
    assert.equal(await started.ended, 'signal SIGKILL')
    started.kill()
  })

  test('[P11] the end is told with its last lines', async () => {
    const started = await starter.start(shell('seq 30 >&2; exit 7'))
    started.output.resume()
    const lines = Array.from({ length: 20 }, (_, at) => at + 11)
    assert.equal(await started.ended, `exit code 7; its last lines:\n${lines.join('\n')}`)
  })

  test('[P11] what cannot be started has ended, with the reason, and many at once have no effect on each other', async () => {
    const requests = Array.from({ length: 30 }, (_, at) =>
      at % 3 === 0
        ? shell('', { program: join(root, 'none') })
        : at % 3 === 1
          ? shell('', { directory: join(root, 'none') })
          : shell(`echo ${at}`),
    )
    for (const [at, started] of (await Promise.all(requests.map(request => starter.start(request)))).entries()) {
      if (at % 3 === 2) assert.equal(await text(started.output), `${at}\n`)
      else assert.deepEqual([started.pid, /ENOENT/.test(await started.ended)], [0, true])
      started.input.write('ignored')
      started.kill()
    }
    assert.match(await (await starter.start(shell('a\0b'))).ended, /null bytes/)
  })

  for (const sandbox of ['bubblewrap', 'local'] as const) {
    test(`[P08] signals do not end what starts them; when it dies all are lost, and the next get another: ${sandbox}`, async () => {
      const dataDirectory = join(root, sandbox)
      const directory = join(dataDirectory, 'workspace')
      await mkdir(directory, { recursive: true })
      const runtimes = createRuntimes({ sandbox, dataDirectory })
      const before = new Set(childrenOf(process.pid))
      const runtime = await startIn(runtimes, directory)
      const [spawner = 0] = childrenOf(process.pid).filter(pid => !before.has(pid))
      for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.kill(spawner, name)
      const [inBackground, inFront] = [sleepOf(), sleepOf()]
      const left = (): number[] => [inBackground, inFront].flatMap(sleep => processesWith(sleep.replace(' ', '\0')))
      assert.equal((await run(runtime, `(setsid ${inBackground} &); echo fine`)).output, 'fine\n')
      const running = run(runtime, inFront)
      await eventually(() => left().length === 2, 'both run')
      process.kill(spawner, 'SIGKILL')
      await assert.rejects(running, { name: 'RuntimeError', kind: 'lost' })
      assert.match(await runtime.gone, /the process that starts sandboxes has ended/)
      assert.deepEqual(left(), [])
      await using next = await startIn(runtimes, directory)
      assert.equal((await run(next, 'echo fine')).output, 'fine\n')
      // The socket of the one that was killed is no more than a name, which the next one takes away.
      assert.equal((await readdir(join(dataDirectory, 'runtime', 'start'))).length, 1)
    })
  }

  test('[P08] starts that wait while it dies are told', async () => {
    const first = await starter.start(shell('exec cat'))
    const starts = Array.from({ length: 20 }, () => starter.start(shell('exec cat')))
    process.kill(spawnerOf(first.pid), 'SIGKILL')
    first.output.resume()
    assert.match(await first.ended, /has ended/)
    for (const started of await Promise.all(starts)) {
      started.output.resume()
      started.input.end()
      assert.match(await started.ended, /has ended|ECONN|ENOENT|exit code 0/)
    }
  })

  test('a server that has nothing running is not kept alive by it, and takes it along', async () => {
    const program = `
      import { Starter } from ${JSON.stringify(join(import.meta.dirname, 'starter.ts'))}
      const [program, folder] = JSON.parse(process.env.REQUEST)
      const starter = new Starter(async () => program, folder)
      const request = { program: '/bin/true', args: [], directory: '/', environment: {} }
      const all = await Promise.all(Array.from({ length: 5 }, () => starter.start(request)))
      for (const { output } of all) output.resume()
      process.stdout.write(JSON.stringify(await Promise.all(all.map(({ ended }) => ended))))
    `
    const own = join(root, 'own')
    const env = { REQUEST: JSON.stringify([await prepareExecutor(join(root, 'runtime'), process.execPath), own]) }
    const server = spawn(process.execPath, ['--input-type=module', '-e', program], {
      env,
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const ended = once(server, 'exit')
    assert.deepEqual(JSON.parse(await text(server.stdout)), Array(5).fill('exit code 0'))
    assert.deepEqual(await ended, [0, null])
    await eventually(async () => (await readdir(own)).length === 0, 'it has ended too')
  })
})
