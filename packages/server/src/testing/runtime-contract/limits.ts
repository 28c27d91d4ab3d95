import assert from 'node:assert/strict'
import { statfs } from 'node:fs/promises'
import { after, before, describe, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { type Limit, type Runtime, RuntimeError } from '../../core/ports.ts'
import { eventually, type RuntimeWorld, run, startIn } from '../runtime-contract.ts'

/** Bounds that a sandbox is started with; those that it says it is held to must then bite. */
export interface ContractLimits {
  readonly memoryBytes: number
  readonly processes: number
  readonly openFiles: number
  readonly temporaryBytes: number
  readonly reserveBytes: number
}

const mebi = 1024 ** 2
const limits: ContractLimits = {
  memoryBytes: 400 * mebi,
  processes: 150,
  openFiles: 512,
  temporaryBytes: 8 * mebi,
  reserveBytes: mebi,
}
const bomb = 'bomb() { bomb | bomb & }; bomb 2>/dev/null; sleep 60'
const spin = 'for i in 1 2 3 4; do while :; do :; done & done; wait'

/** What every sandbox promises about what its programs may use up; what it does not claim is not tried. */
export function limitsContract(name: string, makeWorld: (limits: ContractLimits) => Promise<RuntimeWorld>): void {
  describe(`${name}: limits`, { timeout: 300_000 }, () => {
    let world: RuntimeWorld
    let runtime: Runtime
    let neighbour: Runtime
    before(async () => {
      world = await makeWorld(limits)
      runtime = await startIn(world.runtimes, await world.directory(), 1)
      neighbour = await startIn(world.runtimes, await world.directory(), 2)
    })
    after(async () => {
      await runtime?.[Symbol.asyncDispose]()
      await neighbour?.[Symbol.asyncDispose]()
      await world?.[Symbol.asyncDispose]()
    })
    const heldTo = (of: Limit['of']): number | undefined => runtime.limits.find(limit => limit.of === of)?.value
    /** Runs a command until its time is over, and checks that nobody else is kept waiting meanwhile. */
    const besides = async (command: string, milliseconds: number): ReturnType<typeof run> => {
      const floor = await slowest(neighbour, 20)
      const running = run(runtime, command, milliseconds)
      await setTimeout(300)
      const during = await slowest(neighbour, 20)
      const result = await running
      // Both at once on a machine that others use too.
      assert.ok(during < Math.max(1500, 20 * floor), `${during} ms instead of ${floor} ms`)
      return result
    }

    test('[S30] the bounds in force are the ones that were asked for, each with what holds it', () => {
      const asked = new Map<Limit['of'], number>([
        ['memory', limits.memoryBytes],
        ['processes', limits.processes],
        ['open files', limits.openFiles],
        ['temporary files', limits.temporaryBytes],
        ['free disk', limits.reserveBytes],
      ])
      for (const { of, value, by } of runtime.limits) {
        assert.deepEqual([of, value], [of, asked.get(of)])
        assert.ok(by.length > 0)
      }
      assert.ok(heldTo('free disk') !== undefined)
    })

    test('[P45] [S30] a fork bomb meets its limit, which is named; others are served, and the sandbox lives', async () => {
      if (heldTo('processes') === undefined) return assert.equal(runtime.isolated, false)
      await run(runtime, 'export KEPT=yes')
      const result = await besides(bomb, 3000)
      assert.equal(result.timedOut, true)
      assert.match(result.output, new RegExp(`\\[The limit of ${limits.processes} processes was reached\\.\\]`))
      await runtime.write('after', 'x', new AbortController().signal)
      // The last of it may still be falling.
      await eventually(async () => (await run(runtime, 'cat after; echo $KEPT')).output === 'xyes\n', 'all is quiet')
    })

    test('[P45] [S30] a program that takes too much memory dies, the limit is named, and the sandbox lives', async () => {
      if (heldTo('memory') === undefined) return
      await run(runtime, 'export KEPT=yes')
      const result = await run(runtime, 'tail /dev/zero')
      assert.equal(result.exitCode, 137)
      assert.match(result.output, /\[Out of memory: limit 400 MiB\.\]\n$/)
      const child = await run(runtime, `bash -c 'x=xxxxxxxx; while :; do x=$x$x; done'; echo "code $?"`)
      assert.match(child.output, /code 137\n\[Out of memory: limit 400 MiB\.\]\n$/)
      assert.deepEqual(await run(runtime, 'echo $KEPT'), { ...result, output: 'yes\n', exitCode: 0 })
    })

    test('[P45] [P37] a shell that takes too much memory dies alone, and the next command gets another', async () => {
      if (heldTo('memory') === undefined) return
      const result = await run(runtime, 'x=xxxxxxxx; while :; do x=$x$x; done')
      assert.match(result.output, /The shell ended[\s\S]*\[Out of memory: limit 400 MiB\.\]\n$/)
      assert.equal((await run(runtime, 'echo fine')).output, 'fine\n')
    })

    test('[P45] a sandbox whose executor dies for want of memory says so, and another can be started', async () => {
      if (heldTo('memory') === undefined) return
      const directory = await world.directory()
      await using other = await startIn(world.runtimes, directory, 3)
      const hog = 'echo 1000 >/proc/$PPID/oom_score_adj; (echo 0 >/proc/self/oom_score_adj; exec tail /dev/zero)'
      const lost = (error: unknown): boolean => error instanceof RuntimeError && /Out of memory/.test(error.message)
      await assert.rejects(run(other, hog), lost)
      assert.match(await other.gone, /Out of memory: limit 400 MiB/)
      await using again = await startIn(world.runtimes, directory, 3)
      assert.equal((await run(again, 'echo fine')).output, 'fine\n')
    })

    test('[P45] [S30] a program that opens 100,000 files is refused the most of them', async () => {
      if (heldTo('open files') === undefined) return assert.equal(runtime.isolated, false)
      const open = 'n=0; while exec {fd}</dev/null; do n=$((n+1)); [ $n -lt 100000 ] || exit 3; done; exit 4'
      const result = await run(runtime, `bash -c '${open}'`)
      assert.match(result.output, /Too many open files/)
      assert.notEqual(result.exitCode, 3)
      assert.equal((await run(runtime, 'ulimit -n; ulimit -c')).output, `${limits.openFiles}\n0\n`)
    })

    test('[P45] [S30] the folder for temporary files has an end', async () => {
      if (heldTo('temporary files') === undefined) return assert.equal(runtime.isolated, false)
      const result = await run(runtime, 'head -c 20000000 /dev/zero >/tmp/full; code=$?; rm /tmp/full; exit $code')
      assert.match(result.output, /No space left/)
      assert.equal((await run(runtime, 'echo x >/tmp/f && cat /tmp/f')).output, 'x\n')
    })

    test('[P45] [S30] busy loops in one sandbox do not stop another, or the server', async () => {
      const delays: number[] = []
      const looking = new AbortController()
      const look = (async (): Promise<void> => {
        while (!looking.signal.aborted) {
          const begin = performance.now()
          await setTimeout(10)
          delays.push(performance.now() - begin)
        }
      })()
      const result = await besides(spin, 2000).finally(() => looking.abort())
      await look
      assert.equal(result.timedOut, true)
      const middle = delays.sort((one, other) => one - other)[delays.length >> 1] ?? 0
      assert.ok(middle < 200, `the event loop took ${middle} ms for 10 ms`)
    })
  })

  describe(`${name}: a disk that is nearly full`, { timeout: 120_000 }, () => {
    let world: RuntimeWorld
    let directory: string
    before(async () => {
      const { bavail, bsize } = await statfs('/tmp')
      world = await makeWorld({ ...limits, reserveBytes: bavail * bsize - 200 * mebi })
      directory = await world.directory()
    })
    after(() => world?.[Symbol.asyncDispose]())
    const fill = 'dd if=/dev/zero of=full bs=1M count=3000'
    const told = /\[No space left: at least .* of the disk must stay free \(limit of free disk space\)\. /

    test('[P45] [S30] a command that fills the disk is ended, the limit is named, and there can be made room', async () => {
      await using runtime = await startIn(world.runtimes, directory)
      const result = await run(runtime, `${fill} 2>/dev/null; sleep 20`)
      assert.match(result.output, told)
      assert.match(result.output, /The command was ended/)
      assert.notEqual(result.exitCode, 0)
      assert.deepEqual((await run(runtime, 'rm full; sleep 1; echo done')).output, 'done\n')
    })

    test('[P45] [S30] so is what fills it in the background, and the next command is told', async () => {
      await using runtime = await startIn(world.runtimes, directory)
      await run(runtime, `(${fill} 2>/dev/null; sleep 77) &`)
      let output = ''
      for (let tries = 0; tries < 100 && !told.test(output); tries++) output = (await run(runtime, 'sleep 0.5')).output
      assert.match(output, told)
      await eventually(async () => /^done$/m.test((await run(runtime, 'wait; rm -f full; echo done')).output), 'room')
    })
  })
}

/** Milliseconds of the slowest of so many commands, after each other. */
async function slowest(runtime: Runtime, times: number): Promise<number> {
  let most = 0
  for (let at = 0; at < times; at++) {
    const begin = performance.now()
    assert.equal((await run(runtime, 'echo x')).output, 'x\n')
    most = Math.max(most, performance.now() - begin)
  }
  return most
}
