import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Runtime, Terminal, TerminalSize } from '../../core/ports.ts'
import { eventually, processesWith, type RuntimeWorld, run, sleepOf, startIn, type } from '../runtime-contract.ts'

const noSignal = new AbortController().signal
const size: TerminalSize = { columns: 90, rows: 30 }

/** A person at a terminal: types, and remembers everything that was shown. */
class Person implements AsyncDisposable {
  shown = ''
  hasEnded = false
  readonly terminal: Terminal
  readonly #reading: Promise<void>

  constructor(terminal: Terminal) {
    this.terminal = terminal
    this.#reading = this.#read()
  }

  async type(text: string): Promise<void> {
    await this.terminal.write(Buffer.from(text))
  }

  /** Resolves when this has been shown after what was there before the call of `from`. */
  async sees(expected: RegExp | string, from = 0): Promise<void> {
    const isSeen = (): boolean => {
      const text = this.shown.slice(from)
      return typeof expected === 'string' ? text.includes(expected) : expected.test(text)
    }
    const isOver = eventually(() => isSeen() || this.hasEnded, 'it is shown')
    await isOver.catch(() => undefined)
    assert.ok(isSeen(), `${expected} in ${JSON.stringify(this.shown.slice(-500))}`)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.terminal[Symbol.asyncDispose]()
    await this.#reading
  }

  async #read(): Promise<void> {
    const decoder = new TextDecoder()
    for await (const bytes of this.terminal.output) this.shown += decoder.decode(bytes, { stream: true })
    this.hasEnded = true
  }
}

/** What every sandbox promises of terminals that people type into. */
export function terminalsContract(name: string, open: () => Promise<RuntimeWorld>): void {
  describe(name, () => {
    let world: RuntimeWorld
    let runtime: Runtime
    before(async () => {
      world = await open()
      runtime = await startIn(world.runtimes, await world.directory(), 72)
    })
    after(async () => {
      await runtime[Symbol.asyncDispose]()
      await world[Symbol.asyncDispose]()
    })
    const terminal = async (): Promise<Person> => {
      const opened = await runtime.terminals.open(size, noSignal)
      return opened.ok ? new Person(opened.terminal) : assert.fail(opened.message)
    }
    const takeOver = async (): Promise<Person> => {
      const taken = await runtime.terminals.takeOver(size, noSignal)
      return taken.ok ? new Person(taken.terminal) : assert.fail(taken.message)
    }
    const promise = (rule: string, body: () => Promise<void>): void =>
      void test(rule, { timeout: 60_000 }, async () => {
        try {
          await body()
        } finally {
          await type(runtime, 'C-c', 1000)
        }
        assert.match((await run(runtime, 'echo in order')).output, /in order\n$/)
      })

    promise("[F20] a user's own terminal is a shell in the workspace, with a size that changes", async () => {
      await using person = await terminal()
      await person.type('echo "is $PWD"; stty size; tty\r')
      await person.sees(`is ${runtime.workspace}\r\n30 90\r\n/dev/pts/`)
      person.terminal.resize({ columns: 120, rows: 40 })
      await eventually(async () => {
        await person.type('stty size\r')
        return person.shown.includes('40 120')
      }, 'the new size')
      await person.type("printf '\\303\\244\\007\\033[1mbold'\r")
      await person.sees('ä\x07\x1b[1mbold')
    })

    promise('[F20] closing a terminal ends everything that was started in it, and nothing else', async () => {
      const [mine, other] = [sleepOf(), sleepOf()]
      const of = (sleep: string): number => processesWith(sleep.replace(' ', '\0')).length
      await run(runtime, `setsid ${other} &`)
      {
        await using person = await terminal()
        const survivor = `bash -c 'trap "" HUP TERM; ${mine}; :' &`
        await person.type(`${mine} & (setsid nohup ${mine} >/dev/null 2>&1 &); ${survivor}\r`)
        await eventually(() => of(mine) >= 3 && of(other) === 1, 'all run')
        assert.equal((await runtime.jobs.list(noSignal)).filter(job => job.pids.length > 0).length, 1)
      }
      assert.equal(of(mine), 0)
      assert.equal(of(other), 1)
      for (const job of await runtime.jobs.list(noSignal)) await runtime.jobs.kill(job.id, noSignal)
      await run(runtime, 'true')
    })

    promise('[F20] [P07] ending a command of the agent ends nothing of a terminal', async () => {
      const sleep = sleepOf()
      await using person = await terminal()
      const abort = new AbortController()
      const running = runtime.run({ command: 'sleep 1000', isInput: false, timeoutMs: 60_000 }, abort.signal)
      await person.type(`(setsid nohup ${sleep} >/dev/null 2>&1 &); echo started\r`)
      await person.sees(/[\r\n]started\r/)
      await eventually(() => processesWith(sleep.replace(' ', '\0')).length === 1, 'it runs')
      abort.abort()
      assert.equal((await running).exitCode, 130)
      assert.equal(processesWith(sleep.replace(' ', '\0')).length, 1)
    })

    promise('[F20] at most eight terminals at a time; `exit` ends one', async () => {
      const people: Person[] = []
      try {
        for (let count = 0; count < 8; count++) people.push(await terminal())
        const refused = await runtime.terminals.open(size, noSignal)
        assert.match(refused.ok ? 'opened' : refused.message, /8 terminals open already/)
        const [first] = people
        assert.ok(first)
        await first.type('exit\r')
        await eventually(() => first.hasEnded, 'its end')
        await eventually(async () => {
          const again = await runtime.terminals.open(size, noSignal)
          if (again.ok) people.push(new Person(again.terminal))
          return again.ok
        }, 'another one')
      } finally {
        for (const person of people) await person[Symbol.asyncDispose]()
      }
    })

    promise('[F20] [P38] every byte arrives at a reader that takes its time, and nothing is kept for it', async () => {
      const opened = await runtime.terminals.open(size, noSignal)
      assert.ok(opened.ok)
      const { terminal } = opened
      await terminal.write(Buffer.from("stty -echo -opost; head -c 6000000 /dev/zero | tr '\\0' x; echo; echo e''nd\r"))
      let [count, tail] = [0, '']
      for await (const bytes of terminal.output) {
        const text = Buffer.from(bytes).toString('latin1')
        count += text.split('x').length - 1
        tail = (tail + text).slice(-100)
        if (tail.includes('end\n')) break
        if (count < 1_000_000) await new Promise(resolve => setImmediate(resolve))
      }
      await terminal[Symbol.asyncDispose]()
      assert.ok(count >= 6_000_000 && count < 6_000_020, String(count))
    })

    promise('[F20] a person who takes over sees what the agent did, and the agent is refused meanwhile', async () => {
      await run(runtime, 'echo what the agent did')
      {
        await using person = await takeOver()
        await person.sees(/echo what the agent did\r\nwhat the agent did\r\n/)
        const refused = await run(runtime, 'echo agent')
        assert.equal(refused.exitCode, -1)
        assert.match(refused.output, /a person has this terminal/)
        assert.equal((await type(runtime, 'x')).exitCode, -1)
        const second = await runtime.terminals.takeOver(size, noSignal)
        assert.match(second.ok ? 'taken' : second.message, /has the agent's terminal already/)
        await person.type('stty size; export BY_HAND=yes\r')
        await person.sees('30 90\r\n')
        person.terminal.resize({ columns: 77, rows: 22 })
        await eventually(async () => {
          await person.type('stty size\r')
          return person.shown.includes('22 77')
        }, 'the new size')
        assert.doesNotMatch(person.shown, /__openhands|command-\d/)
      }
      // More was typed than was waited for; the agent is told of it, once it has ended.
      await eventually(async () => (await run(runtime, 'true')).output === '', 'the terminal is in order')
      const result = await run(runtime, 'stty size; echo $BY_HAND')
      assert.equal(result.output, '50 200\nyes\n')
    })

    promise(
      "[F20] [P38] who watches the agent's terminal sees all of it; who falls behind delays nobody and begins anew",
      async () => {
        await run(runtime, 'echo before it was watched')
        const watched = await runtime.terminals.watch(noSignal)
        const slow = await runtime.terminals.watch(noSignal)
        assert.ok(watched.ok && slow.ok)
        await using person = new Person({ ...watched.stream, resize: () => undefined })
        await person.sees('before it was watched\r\n')
        await run(runtime, "head -c 3000000 /dev/zero | tr '\\0' x; echo; echo 'this e''nd'")
        await person.sees('this end\r\n')
        let shown = ''
        for await (const bytes of slow.stream.output) {
          shown = (shown + Buffer.from(bytes).toString('latin1')).slice(-100_000)
          if (shown.includes('this end\r\n')) break
        }
        await slow.stream[Symbol.asyncDispose]()
        assert.ok(shown.includes('\x1bc'), 'it begins anew')
      },
    )

    promise('[F20] [P34] where the person goes, the agent is afterwards, and told so', async () => {
      await run(runtime, 'mkdir -p by/hand')
      {
        await using person = await takeOver()
        await person.type('cd by/hand; echo moved\r')
        await person.sees(/\r\nmoved\r\n.*by\/hand/)
      }
      const result = await run(runtime, 'true')
      assert.deepEqual([result.output, result.directory], ['', `${runtime.workspace}/by/hand`])
      await run(runtime, 'cd ../..')
    })

    for (const [what, typed, shown] of [
      ['half a line', 'rm -rf imp', 'rm -rf imp'],
      ['an open quote', 'echo "open\rstill', 'still'],
      ['an open block', 'if true; then\recho x\r', 'echo x'],
      ['a question of the shell', 'read -p "Name? " name\r', /Name\? $/],
      ['a raw terminal without echo', 'stty raw -echo; echo done\r', /done\n/],
      ['an ignored interrupt', "trap '' INT; echo done\r", /done\r\n/],
    ] as const) {
      promise(`[F20] what a person leaves is not in the agent's way: ${what}`, async () => {
        {
          await using person = await takeOver()
          const from = person.shown.length
          await person.type(typed)
          await person.sees(shown, from)
        }
        assert.equal((await run(runtime, 'echo next')).output, 'next\n')
        await run(runtime, 'trap - INT')
      })
    }

    promise("[F20] a program that a person leaves open is said to run, and is the agent's to end", async () => {
      {
        await using person = await takeOver()
        await person.type('cat -\r')
        await person.type('typed line\r')
        await person.sees(/typed line\r\ntyped line/)
      }
      const refused = await run(runtime, 'echo next')
      assert.equal(refused.exitCode, -1)
      assert.match(refused.output, /Nothing was run: .*cat - \(started by a person.*still runs/)
      assert.match((await type(runtime, 'from the agent')).output, /from the agent\nfrom the agent\n/)
      assert.equal((await type(runtime, 'C-c')).exitCode, 130)
      assert.equal((await run(runtime, 'echo next')).output, 'next\n')
    })

    promise("[F20] a person answers the agent's command, whose end the agent is told", async () => {
      assert.equal((await run(runtime, 'read -p "Code? " code; echo "got $code"')).exitCode, -1)
      {
        await using person = await takeOver()
        await person.sees('Code? ')
        await person.type('1234\r')
        await person.sees('got 1234')
      }
      assert.match((await run(runtime, 'echo next')).output, /^\[Meanwhile the command[\s\S]*got 1234\n[\s\S]*next\n$/)
    })

    promise(
      "[F20] a command under way goes on while a person has its terminal, and its result is the agent's",
      async () => {
        const asked = runtime.run({ command: 'cat > f; cat f', isInput: false, timeoutMs: 60_000 }, noSignal)
        const left = await asked
        assert.equal(left.exitCode, -1)
        const waiting = type(runtime, '')
        {
          await using person = await takeOver()
          await person.type('by hand\r')
          await person.type('\x04')
          await person.sees(/by hand\r\nby hand\r\n/)
        }
        await waiting
        await run(runtime, 'true')
        assert.equal((await run(runtime, 'cat f')).output, 'by hand\n')
      },
    )

    promise('[F20] a person who leaves the shell ends it; the agent gets another', async () => {
      await run(runtime, 'export KEPT=yes')
      {
        await using person = await takeOver()
        await person.type('exit\r')
        await eventually(() => person.hasEnded, 'its end')
        assert.equal((await run(runtime, 'echo $KEPT')).output, 'yes\n')
      }
      assert.equal((await run(runtime, 'stty size')).output, '50 200\n')
    })

    promise('[F20] [P05] what a person leaves in the background is a job', async () => {
      const sleep = sleepOf()
      {
        await using person = await takeOver()
        await person.type(`${sleep} & echo started\r`)
        await person.sees(/[\r\n]started\r/)
      }
      const jobs = (await runtime.jobs.list(noSignal)).filter(job => job.pids.length > 0)
      assert.equal(jobs.length, 1)
      assert.deepEqual(await runtime.jobs.kill(jobs[0]?.id ?? 0, noSignal), { ok: true })
      assert.deepEqual(processesWith(sleep.replace(' ', '\0')), [])
      await run(runtime, 'true')
    })
  })
}
