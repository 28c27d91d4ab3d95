import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { Job, Runtime } from '../../core/ports.ts'
import { eventually, processesWith, type RuntimeWorld, run, sleepOf, startIn, type } from '../runtime-contract.ts'

const noSignal = new AbortController().signal

/** The processes of a `sleep` of this test. */
const sleepers = (sleep: string): number[] => processesWith(sleep.replace(' ', '\0'))

/** A server that says so, where there is no Python too. */
const server = (sleep: string): string =>
  `if command -v python3 >/dev/null; then python3 -u -m http.server 0 & else (echo Serving HTTP; ${sleep}) & fi`

/** The commands of P05, and whether something of them can be found on the host by its `sleep`. */
const inBackground: readonly (readonly [command: string, leavesSleep: boolean])[] = [
  ['SLEEP &', true],
  ['nohup yes >/dev/null &', false],
  ['(while :; do echo x; sleep 0.01; done) &', false],
  ['SLEEP </dev/null >/dev/null &', true],
  ['setsid SLEEP &', true],
  ['(setsid nohup SLEEP >/dev/null 2>&1 &)', true],
  ['bash -c "SLEEP & disown"', true],
]

/** What every sandbox promises of commands that are left running in the background. */
export function jobsContract(name: string, open: () => Promise<RuntimeWorld>): void {
  describe(name, () => {
    let world: RuntimeWorld
    let runtime: Runtime
    let directory: string
    before(async () => {
      world = await open()
      directory = await world.directory()
      runtime = await startIn(world.runtimes, directory, 71)
    })
    after(async () => {
      await runtime[Symbol.asyncDispose]()
      await world[Symbol.asyncDispose]()
    })
    const running = async (): Promise<readonly Job[]> =>
      (await runtime.jobs.list(noSignal)).filter(job => job.pids.length > 0)
    const jobOf = async (command: string): Promise<Job> => {
      const job = (await running()).findLast(each => each.command === command)
      return job ?? assert.fail(`no job of ${command}`)
    }
    const output = async (id: number): Promise<string> => {
      const outcome = await runtime.jobs.output(id, noSignal)
      return outcome.ok ? outcome.text : assert.fail(outcome.message)
    }
    const kill = async (id: number): Promise<void> =>
      assert.deepEqual(await runtime.jobs.kill(id, noSignal), { ok: true })
    const promise = (rule: string, body: () => Promise<void>): void =>
      void test(rule, { timeout: 60_000 }, async () => {
        try {
          await body()
        } finally {
          await type(runtime, 'C-c', 1000)
          for (const job of await running()) await kill(job.id)
          await run(runtime, 'true')
        }
      })

    promise('[P05] what is left in the background delays nothing, and is listed, readable and killable', async () => {
      for (const [template, leavesSleep] of inBackground) {
        const sleep = sleepOf()
        const command = `${template.replaceAll('SLEEP', sleep)}\necho foreground; (exit 5)`
        const started = performance.now()
        const result = await run(runtime, command)
        assert.ok(performance.now() - started < 5000, command)
        assert.equal(result.exitCode, 5, command)
        assert.match(result.output, /foreground\n/, command)
        if (leavesSleep) await eventually(() => sleepers(sleep).length === 1, `${sleep} runs`)
        const job = await jobOf(command)
        assert.ok(job.ageMs >= 0 && job.ageMs < 60_000)
        await output(job.id)
        await kill(job.id)
        assert.deepEqual(sleepers(sleep), [], command)
        assert.equal((await runtime.jobs.list(noSignal)).find(each => each.id === job.id)?.pids.length, 0, command)
        await run(runtime, 'true')
      }
    })

    promise('[P05] what a server prints in the background can be read', async () => {
      const command = server(sleepOf())
      assert.equal((await run(runtime, command)).exitCode, 0)
      const { id } = await jobOf(command)
      await eventually(async () => (await output(id)).includes('Serving HTTP'), 'it has told its port')
    })

    promise('[P05] the shell whose own output is redirected goes on, and its reader is a job', async () => {
      const command = 'exec 5>&1 6>&2 > >(tee log) 2>&1; true'
      const result = await run(runtime, command)
      assert.deepEqual([result.exitCode, result.output], [0, ''])
      const logged = await run(runtime, 'echo logged')
      const reader = await jobOf(command)
      // The reader passes on what it gets at a pace of its own, perhaps after the command has ended.
      await eventually(async () => logged.output + (await output(reader.id)) === 'logged\n', 'it was passed on')
      assert.equal((await run(runtime, 'exec >&5 2>&6 5>&- 6>&-')).exitCode, 0)
      await eventually(async () => (await running()).length === 0, 'the reader has ended')
      await run(runtime, 'true')
      assert.match((await run(runtime, 'cat log')).output, /logged\n/)
    })

    promise('[P05] killing ends the whole tree of a job, and nothing else', async () => {
      const [one, other] = [sleepOf(), sleepOf()]
      const tree = `(trap "" TERM HUP INT; ${one} & setsid bash -c '${one} & ${one}; :' & (setsid ${one} &); wait) &`
      await run(runtime, `${other} &`)
      await run(runtime, tree)
      await run(runtime, `setsid nohup ${other} >/dev/null 2>&1 &`)
      await eventually(() => sleepers(one).length === 4 && sleepers(other).length === 2, 'all run')
      const job = await jobOf(tree)
      assert.ok(job.pids.length >= 4)
      await kill(job.id)
      assert.deepEqual(sleepers(one), [])
      assert.equal(sleepers(other).length, 2)
      assert.deepEqual((await running()).length, 2)
    })

    promise('[P05] what a job starts later is its own, whatever commands run meanwhile', async () => {
      const sleep = sleepOf()
      const command = `(until [ -e start ]; do read -t 0.02 <> <(:); done; (setsid ${sleep} &); ${sleep}) &`
      await run(runtime, command)
      const { id } = await jobOf(command)
      await run(runtime, 'true; touch start')
      await eventually(() => sleepers(sleep).length === 2, 'both run')
      assert.deepEqual(
        (await running()).map(job => job.id),
        [id],
      )
      await kill(id)
      assert.deepEqual(sleepers(sleep), [])
      await run(runtime, 'rm start')
    })

    promise('[P05] [P33] commands without jobs are no jobs and say nothing of any', async () => {
      for (let count = 0; count < 300; count++) assert.equal((await run(runtime, 'echo "$(echo x)"')).output, 'x\n')
      assert.deepEqual(await running(), [])
    })

    promise('[P35] the end of a job is told once, with its last line; its output can still be read', async () => {
      const wait = 'do read -t 0.02 <> <(:); done'
      const command = `(until [ -e begin ]; ${wait}; echo first; until [ -e end ]; ${wait}; echo the last words) &`
      await run(runtime, command)
      const { id } = await jobOf(command)
      await writeFile(join(directory, 'begin'), '')
      await eventually(async () => (await output(id)).includes('first'), 'its output')
      await writeFile(join(directory, 'end'), '')
      await eventually(async () => (await running()).length === 0, 'it has ended')
      const told = await run(runtime, 'echo next')
      assert.match(
        told.output,
        new RegExp(`^\\[The background job ${id}, .* has ended\\..*the last words\\]\\nnext\\n$`),
      )
      assert.equal((await run(runtime, 'echo next')).output, 'next\n')
      assert.match(await output(id), /first\r?\n[\s\S]*the last words/)
      assert.match(JSON.stringify(await runtime.jobs.kill(id, noSignal)), /has ended already/)
      await run(runtime, 'rm begin end')
    })

    promise('[P35] a job ended by hand is told as such', async () => {
      const sleep = sleepOf()
      await run(runtime, `${sleep} &`)
      await kill((await jobOf(`${sleep} &`)).id)
      assert.match(
        (await run(runtime, 'echo next')).output,
        /^\[The background job \d+, .*, was ended by hand\.\]\nnext\n$/,
      )
    })

    promise('[P35] a time limit is of the foreground: what it left in the background lives on', async () => {
      const sleep = sleepOf()
      const result = await run(runtime, `${sleep} & echo started`, 400)
      assert.deepEqual([result.exitCode, result.timedOut], [0, false])
      await run(runtime, 'sleep 0.6')
      assert.equal(sleepers(sleep).length, 1)
    })

    promise('[P17] a job that floods the terminal costs bounded memory; head and tail are kept', async () => {
      const command = '(seq 1 400000; echo flooded) &'
      await run(runtime, command)
      await eventually(async () => {
        const job = (await runtime.jobs.list(noSignal)).find(each => each.command === command)
        return job !== undefined && (await output(job.id)).includes('flooded')
      }, 'all is printed')
      const job = (await runtime.jobs.list(noSignal)).find(each => each.command === command)
      const text = await output(job?.id ?? 0)
      assert.ok(text.length < 70_000, String(text.length))
      assert.match(text, /\n\[\d+ bytes were left out here\]\n/)
      await run(runtime, 'true')
    })

    promise('[P06] a stopped command is a job', async () => {
      await run(runtime, 'cat')
      assert.equal((await type(runtime, 'C-z')).exitCode, 148)
      await kill((await jobOf('cat')).id)
    })

    promise('[P05] jobs are still known after the shell that began them has ended', async () => {
      const sleep = sleepOf()
      await run(runtime, `${sleep} &`)
      await run(runtime, 'exit 3')
      const job = await jobOf(`${sleep} &`)
      await kill(job.id)
      assert.deepEqual(sleepers(sleep), [])
    })

    promise('[P05] an unknown job is refused in words', async () => {
      for (const id of [0, -1, 1.5, 99_999]) {
        assert.match(JSON.stringify(await runtime.jobs.output(id, noSignal)), /There is no job/)
        assert.match(JSON.stringify(await runtime.jobs.kill(id, noSignal)), /There is no job/)
      }
    })
  })
}
