import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { CellResult, Runtime } from '../../core/ports.ts'
import { eventually, processesWith, type RuntimeWorld, run, sleepOf, startIn } from '../runtime-contract.ts'

const noSignal = new AbortController().signal
const patience = 60_000

/** What cells print and whether they succeed; each begins with the state that those before have left. */
const cells: readonly (readonly [what: string, code: string, text: string | RegExp, succeeded: boolean])[] = [
  ['the value of the last expression', '1 + 1', '2\n', true],
  ['the last value has a name', '_ * 21', '42\n', true],
  ['nothing', 'None', '', true],
  ['an empty cell', '', '', true],
  ['a semicolon at the end keeps the value back', '5;', '', true],
  ['a definition', 'def half(x):\n    return 1 / x\nkept = [1, 2]', '', true],
  ['state of an earlier cell', 'kept', '[1, 2]\n', true],
  [
    'both streams and programs in order',
    'import os, subprocess, sys\nprint("a"); print("b", file=sys.stderr); subprocess.run(["echo", "c"]); os.write(1, b"d\\n"); print("e")',
    'a\nb\nc\nd\ne\n',
    true,
  ],
  ['what C writes', 'import ctypes\nn = ctypes.CDLL(None).printf(b"from C\\n")', 'from C\n', true],
  ['letters', 'print("ä😀" * 3)', 'ä😀ä😀ä😀\n', true],
  ['half a letter', 'print("\\ud800")', '\\ud800\n', true],
  ['colours and progress', 'print("\\033[31mred\\033[0m"); print("10%\\r100%")', 'red\n100%\n', true],
  [
    'a traceback of the cell only',
    'half(0)',
    /^Traceback \(most recent call last\):\n {2}Cell In\[\d+\], line 1, in <module>\n {4}half\(0\)\n {2}Cell In\[\d+\], line 2, in half\n[\s\S]*ZeroDivisionError: division by zero\n$/,
    false,
  ],
  ['a broken cell', 'if True\n  x', /^ {2}Cell In\[\d+\], line 1\n {4}if True\n[\s\S]*SyntaxError: [^\n]*\n$/, false],
  ['a NUL in a cell', 'x = "\0"', /null bytes/, false],
  ['waiting at the top', 'import asyncio\nasync def late():\n    return 7\nawait late()', '7\n', true],
  ['an event loop of the cell', 'asyncio.run(late())', '7\n', true],
  ['the end of a program does not end Python', 'raise SystemExit(3)', 'SystemExit: 3\n', false],
  ['nor does exit()', 'exit()', '', true],
  ['nobody types', 'input("name? ")', /^name\? [\s\S]*Cell In[\s\S]*EOFError: nobody can type into a cell/, false],
  ['standard input is empty', 'sys.stdin.read()', "''\n", true],
  ['a command of the shell', 'x = 5\n!echo "it\'s" {x} $x', "it's 5 5\n", true],
  ['the lines of a command', 'lines = !printf "1\\n2\\n"\nlines', "['1', '2']\n", true],
  ['a script', '%%bash\nfor i in 1 2; do echo $i; done', '1\n2\n', true],
  ['a script that fails', '%%sh\nexit 3', 'UsageError: The script ended with exit code 3.\n', false],
  ['a folder', '%cd /tmp\n%pwd', "/tmp\n'/tmp'\n", true],
  ['back again', '%cd -', /^\/.*\n$/, true],
  ['a folder that is not there', '%cd nowhere', 'UsageError: %cd nowhere: No such file or directory\n', false],
  ['a variable of the environment', '%env CELL=x\n!echo $CELL', 'x\n', true],
  ['a command that there is not', '%nosuch', /^UsageError: `%nosuch` is not known here; there are %cd, /, false],
  ['a text that looks like commands', 'text = """\n!no\n%no\n"""\ntext', "'\\n!no\\n%no\\n'\n", true],
  ['a remainder', 'y = (7\n%4)\ny', '3\n', true],
  ['an output by name', 'print("x", file=open("/dev/stdout", "w"))', 'x\n', true],
  [
    'a copy of the process',
    'pid = os.fork()\nif pid: done = os.waitpid(pid, 0)[1]\nprint(pid > 0)',
    /^(?:False\nTrue|True\nFalse)\n$/,
    true,
  ],
  ['the source of what a cell has made', 'import inspect\nprint(inspect.getsource(half))', /^def half\(x\):\n/, true],
  [
    'a value that cannot be shown',
    'class Shy:\n    def __repr__(self): raise ValueError("no")\nShy()',
    /ValueError: no\n$/,
    false,
  ],
  [
    'markup of what has no other form',
    'class Page:\n    def _repr_html_(self): return "<b>x</b>"\nPage()',
    '<b>x</b>\n',
    true,
  ],
]

/** How many processes of the host sleep so long; the arguments of a program have no blanks between them there. */
function processesNamed(sleep: string): number {
  return processesWith(sleep.replace('sleep ', '')).length
}

/** What cells of Python promise in every sandbox. */
export function pythonContract(name: string, makeWorld: () => Promise<RuntimeWorld>): void {
  describe(`${name}: Python`, () => {
    let world: RuntimeWorld
    let runtime: Runtime
    before(async () => {
      world = await makeWorld()
      runtime = await startIn(world.runtimes, await world.directory())
    })
    after(async () => {
      await runtime[Symbol.asyncDispose]()
      await world[Symbol.asyncDispose]()
    })
    const cell = async (code: string, limit = patience, signal = noSignal): Promise<CellResult> => {
      const outcome = await runtime.python.run(code, limit, signal)
      assert.ok(outcome.ok, outcome.ok ? '' : outcome.message)
      return outcome
    }
    const promise = (rule: string, body: () => Promise<void>): void => void test(rule, { timeout: 120_000 }, body)

    promise('cells share a state, and print what a person would see', async () => {
      for (const [what, code, text, succeeded] of cells) {
        const result = await cell(code)
        if (typeof text === 'string') assert.equal(result.text, text, what)
        else assert.match(result.text, text, what)
        assert.equal(result.succeeded, succeeded, what)
        assert.doesNotMatch(result.text, /cells\.py|cell_language/, what)
      }
    })

    promise('cells begin in the workspace, apart from the shell, and tell where they are', async () => {
      await cell(`%cd ${runtime.workspace}`)
      await run(runtime, 'cd /')
      const result = await cell('import os; open("made.txt", "w").close()')
      assert.equal(result.directory, runtime.workspace)
      assert.match(result.interpreter, /^\/.*python3/)
      assert.equal((await run(runtime, `ls ${runtime.workspace}/made.txt`)).exitCode, 0)
    })

    promise('images come beside the text, as bytes', async () => {
      const result = await cell(
        'class Plot:\n    def _repr_png_(self): return b"\\x89PNG" + bytes(range(256))\n    def __repr__(self): return "a plot"\nprint("before"); display(Plot(), Plot()); Plot()',
      )
      assert.equal(result.text, 'before\na plot\na plot\na plot\n')
      const wanted = Buffer.concat([
        Buffer.from([0x89]),
        Buffer.from('PNG'),
        Buffer.from(Array.from({ length: 256 }, (_, n) => n)),
      ])
      assert.deepEqual(
        result.images.map(({ mediaType, bytes }) => [mediaType, Buffer.from(bytes).equals(wanted)]),
        [
          ['image/png', true],
          ['image/png', true],
          ['image/png', true],
        ],
      )
    })

    promise('[P17] images and text are bounded, and what is left out is said', async () => {
      const many = await cell('for _ in range(10): display(Plot())')
      assert.equal(many.images.length, 8)
      assert.match(many.text, /An image was left out: at most 8 are shown/)
      const large = await cell('Plot._repr_jpeg_ = lambda self: b"x" * 3_000_000\ndel Plot._repr_png_\nPlot()')
      assert.equal(large.images.length, 0)
      assert.match(large.text, /An image of 3000000 bytes was left out/)
      const long = await cell('print("begin"); print("x" * 1_000_000); print("end")')
      assert.ok(long.text.length < 31_000)
      assert.match(long.text, /^begin\n[\s\S]*\[\d+ bytes were left out here\]\n[\s\S]*\nend\n$/)
    })

    promise('[P17] endless output costs neither memory nor the time limit', async () => {
      const result = await cell('while True: print("y" * 1000)', 1500)
      assert.ok(result.text.length < 40_000)
      assert.match(result.text, /KeyboardInterrupt\n\[Execution timed out \(1\.5 seconds\)\.\]\n$/)
      assert.equal((await cell('"still here"')).text, "'still here'\n")
    })

    promise('output is seen while the cell runs', async () => {
      const abort = new AbortController()
      let seen = ''
      const outcome = await runtime.python.run(
        'import time\nprint("now ä")\ntime.sleep(600)',
        patience,
        abort.signal,
        text => {
          seen += text
          if (seen.includes('now ä\n')) abort.abort()
        },
      )
      assert.ok(outcome.ok)
      assert.match(outcome.text, /^now ä\nTraceback[\s\S]*KeyboardInterrupt\n$/)
    })

    promise('what threads and programs print later comes with the next cell', async () => {
      await cell(
        'import threading\ngate, gone = threading.Event(), threading.Event()\ndef late():\n    gate.wait(); print("late"); gone.set()\nthreading.Thread(target=late).start()\nkept = 5',
      )
      await cell('threading.Timer(0.05, gate.set).start()')
      assert.equal((await cell('gone.wait(); None')).text, 'late\n')
    })

    promise('[P35] a cell that is over its time is interrupted, and the state stays', async () => {
      const [sleep, other] = [sleepOf(), sleepOf()]
      await cell('kept = 5')
      const result = await cell(`!${sleep}`, 300)
      assert.match(result.text, /KeyboardInterrupt\n\[Execution timed out \(0\.3 seconds\)\.\]\n$/)
      assert.equal(result.succeeded, false)
      assert.equal((await cell('kept')).text, '5\n')
      const deaf = await cell(`os.system("${other}"); os.system("${other}")`, 300)
      assert.match(deaf.text, /\[Execution timed out/)
      assert.equal((await cell('kept')).text, '5\n')
      await eventually(
        () => processesNamed(sleep) + processesNamed(other) === 0,
        'the programs of the cells have ended',
      )
    })

    promise(
      '[P07] [P35] a cell that ignores signals is ended with all it started; servers of earlier cells stay',
      async () => {
        const [earlier, child, daemon] = [sleepOf(), sleepOf(), sleepOf()]
        await cell(`server = subprocess.Popen("exec ${earlier}", shell=True)`)
        const code = `import signal
for name in (signal.SIGINT, signal.SIGTERM): signal.signal(name, signal.SIG_IGN)
subprocess.Popen("exec ${child}", shell=True)
subprocess.run("setsid ${daemon} &", shell=True)
print("deaf")
while True: pass`
        const abort = new AbortController()
        await eventually(() => processesNamed(earlier) > 0, 'the server of the earlier cell runs')
        const pending = runtime.python.run(code, patience, abort.signal, text => {
          if (text.includes('deaf')) abort.abort()
        })
        const outcome = await pending
        assert.ok(outcome.ok)
        assert.match(
          outcome.text,
          /^deaf\n\[The cell did not stop when it was interrupted, so Python was ended[^\n]*lost\.\]\n$/,
        )
        await eventually(() => processesNamed(child) + processesNamed(daemon) === 0, 'all has ended')
        assert.ok(processesNamed(earlier) > 0)
        assert.match((await cell('kept')).text, /NameError/)
        await run(runtime, `pkill -f '${earlier}'`)
      },
    )

    promise('[P07] a cell that waits for its turn can be given up', async () => {
      const first = new AbortController()
      const running = runtime.python.run('import time\nprint("on")\ntime.sleep(600)', patience, first.signal, () =>
        waiting.abort(),
      )
      const waiting = new AbortController()
      await assert.rejects(runtime.python.run('ran = True', patience, waiting.signal))
      first.abort()
      await running
      assert.match((await cell('ran')).text, /NameError/)
    })

    promise('Python that has died is started anew, and the loss is said', async () => {
      await cell('kept = 6')
      const died = await cell('import os\nprint("last words")\nos._exit(3)')
      assert.match(died.text, /^last words\n\[Python has ended: exit code 3\.[^\n]*lost\.\]\n$/)
      assert.equal(died.succeeded, false)
      assert.match((await cell('kept')).text, /^Traceback[\s\S]*NameError/)
      const pid = Number((await cell('os_pid = __import__("os").getpid(); os_pid')).text)
      const inside = await run(runtime, `kill -9 ${pid}; while [ -e /proc/${pid} ]; do :; done; echo gone`)
      assert.match(inside.output, /gone/)
      await eventually(
        async () => (await cell('1')).text.startsWith('[Python had ended since the last cell'),
        'it is said',
      )
      assert.equal((await cell('2')).text, '2\n')
    })

    promise('the environment is that of the shell', async () => {
      const result = await cell('import os\nos.environ["HOME"], os.environ["GIT_TERMINAL_PROMPT"]')
      const { output } = await run(runtime, 'echo $HOME')
      assert.equal(result.text, `('${output.trim()}', '0')\n`)
    })
  })
}
