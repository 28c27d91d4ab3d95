import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { mkdir, readFile, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { SessionId } from '@openhands/protocol'
import { type CommandResult, type Runtime, RuntimeError, type Runtimes } from '../core/ports.ts'

/** What a sandbox is tested with. */
export interface RuntimeWorld extends AsyncDisposable {
  /** Commands are left to themselves after 2500 ms of silence where that is tested, and their results have 30,000 characters. */
  readonly runtimes: Runtimes
  /** A new, empty folder of the host for a workspace. */
  directory(): Promise<string>
}

const noSignal = new AbortController().signal
const quick = 20_000

/** A session's name made from a small number. */
function sessionNamed(number: number): SessionId {
  return SessionId.parse(number.toString(16).padStart(32, '0'))
}

/** What a session keeps besides its workspace is kept by its name: as in life, another folder is another session. */
function numberOf(directory: string): number {
  return Number.parseInt(createHash('sha256').update(directory).digest('hex').slice(0, 12), 16)
}

/** Starts a sandbox in a folder. */
export async function startIn(runtimes: Runtimes, directory: string, number = numberOf(directory)): Promise<Runtime> {
  return runtimes.start({ session: sessionNamed(number), directory, onStatus: () => undefined, signal: noSignal })
}

/** Runs a command with a generous limit. */
export function run(runtime: Runtime, command: string, timeoutMs = quick, signal = noSignal): Promise<CommandResult> {
  return runtime.run({ command, isInput: false, timeoutMs }, signal)
}

/** Types into the command that runs. */
export function type(runtime: Runtime, command: string, timeoutMs = quick): Promise<CommandResult> {
  return runtime.run({ command, isInput: true, timeoutMs }, noSignal)
}

/** Host processes whose command line holds a text; every sandbox so far shares the host's kernel. */
export function processesWith(text: string): number[] {
  return readdirSync('/proc').flatMap(name => {
    try {
      return /^\d+$/.test(name) && readFileSync(`/proc/${name}/cmdline`, 'latin1').includes(text) ? [Number(name)] : []
    } catch {
      return []
    }
  })
}

/** Resolves when `holds` does; fails after ten seconds. */
export async function eventually(holds: () => boolean | Promise<boolean>, what: string): Promise<void> {
  for (let tries = 0; tries < 1000; tries++) {
    if (await holds()) return
    await setTimeout(10)
  }
  assert.fail(`never happened: ${what}`)
}

/** A number of seconds that no other test sleeps, to find its `sleep` again. */
let lastSleep = 500_000 + (process.pid % 1000) * 100
export function sleepOf(): string {
  return `sleep ${++lastSleep}`
}

const outputs: readonly (readonly [name: string, command: string, output: string, exitCode: number])[] = [
  ['a line', 'echo hi', 'hi\n', 0],
  ['nothing', 'true', '', 0],
  ['a failure', 'false', '', 1],
  ['no line end', 'printf abc', 'abc', 0],
  ['both streams in order', 'echo a; echo b >&2; echo c', 'a\nb\nc\n', 0],
  ['the code of a subshell', '(exit 9)', '', 9],
  ['the code of a pipe', 'false | true', '', 0],
  ['death by a signal', "bash -c 'kill -TERM $$'", 'Terminated\n', 143],
  ['an unknown program', 'nosuchprogram 2>/dev/null', '', 127],
  ['several lines', 'echo 1\necho 2\n\necho 3', '1\n2\n3\n', 0],
  ['a heredoc without final line break', 'cat <<END\n$((1+1)) a\nEND', '2 a\n', 0],
  ['quotes and letters', `echo 'ä "😀" \\ $HOME' "it's"`, 'ä "😀" \\ $HOME it\'s\n', 0],
  ['a comment', '# nothing', '', 0],
  ['a progress bar', "printf '10%%\\r50%%\\r100%%\\n'", '100%\n', 0],
  ['colours', "printf '\\033[1;31mred\\033[0m\\n'", 'red\n', 0],
  [
    'a link split in writes',
    "printf '\\033]8;;http'; printf '://x\\033\\\\link\\033]8;;\\033'; printf '\\\\\\n'",
    'link\n',
    0,
  ],
  ['letters split in writes', "printf '\\303'; sleep 0.05; printf '\\244\\n'", 'ä\n', 0],
  ['an imitated marker', "printf '\\033]633;D;0\\007x\\n\\033]633;abc;D;0;1;;/\\007y\\n'", 'x\ny\n', 0],
  ['return', 'return 3', '', 3],
  ['a function with its own code', 'f() { echo in f; return 4; }; f', 'in f\n', 4],
  ['a loop', 'for i in 1 2 3; do echo $i; done | tac', '3\n2\n1\n', 0],
  ['a command that begins with a dash', '-x 2>/dev/null', '', 127],
  ['text that is no option', "printf '%s\\n' --version", '--version\n', 0],
]

const inBackground: readonly string[] = [
  'SLEEP &',
  'nohup yes >/dev/null & SLEEP &',
  '(SLEEP; while :; do echo x; done) &',
  'setsid SLEEP &',
  'SLEEP </dev/null >/dev/null &',
  'bash -c "SLEEP & disown"',
  '(SLEEP &) ; (setsid nohup SLEEP >/dev/null 2>&1 &)',
]

/** What every sandbox promises, whatever it is made of; `open` makes a world for all cases. */
export function runtimeContract(name: string, open: () => Promise<RuntimeWorld>): void {
  describe(name, () => {
    let world: RuntimeWorld
    before(async () => {
      world = await open()
    })
    after(async () => {
      await world[Symbol.asyncDispose]()
    })
    const promise = (rule: string, body: (runtime: Runtime, directory: string) => Promise<void>): void =>
      void test(rule, { timeout: 60_000 }, async () => {
        const directory = await world.directory()
        await using runtime = await startIn(world.runtimes, directory)
        await body(runtime, directory)
      })

    promise('[P33] output and exit code are exact', async runtime => {
      for (const [what, command, output, exitCode] of outputs) {
        const result = await run(runtime, command)
        assert.deepEqual([result.output, result.exitCode], [output, exitCode], what)
        assert.equal(result.timedOut, false)
        assert.equal(result.directory, runtime.workspace)
      }
    })

    promise('[P33] a broken command is an error and leaves the shell as it was', async runtime => {
      for (const command of ['echo "open', 'if true; then', 'done', ')', 'cat <<X\nopen', "echo 'a\nb"]) {
        const result = await run(runtime, command)
        assert.notEqual(result.exitCode, -1, command)
        assert.equal((await run(runtime, 'echo next')).output, 'next\n', command)
      }
    })

    promise('[P33] a thousand small commands are at least fifty a second, each with its own output', async runtime => {
      const started = performance.now()
      for (let number = 0; number < 1000; number++) {
        assert.equal((await run(runtime, `echo ${number}`)).output, `${number}\n`)
      }
      assert.ok(performance.now() - started < 20_000)
    })

    promise('[P33] long commands and long lines arrive whole', async runtime => {
      const word = 'x'.repeat(20_000)
      assert.equal((await run(runtime, `w=${word}; echo \${#w}`)).output, '20000\n')
      const script = Array.from({ length: 20_000 }, (_, index) => `a=${index}`).join('\n')
      assert.equal((await run(runtime, `${script}\necho $a`)).output, '19999\n')
      assert.equal((await run(runtime, 'head -c 1000000 /dev/zero | tr "\\0" x | wc -c')).output.trim(), '1000000')
    })

    promise(
      '[P34] folder, variables, functions, aliases and options stay for the next command',
      async (runtime, directory) => {
        await mkdir(join(directory, 'sub dir'))
        assert.equal((await run(runtime, 'cd "sub dir"')).directory, `${runtime.workspace}/sub dir`)
        await run(runtime, 'export A=1; b=2; f() { echo "f $1"; }; alias g="echo alias"; set -o pipefail; umask 027')
        const command = 'echo $PWD $A $b; f x; g; false | true; echo $?; umask'
        assert.equal((await run(runtime, command)).output, `${runtime.workspace}/sub dir 1 2\nf x\nalias\n1\n0027\n`)
        await run(runtime, 'false')
        assert.equal((await run(runtime, 'echo $?')).output, '1\n')
      },
    )

    promise('[P34] a deleted folder is said and left for the workspace', async runtime => {
      const result = await run(runtime, 'mkdir gone; cd gone; rmdir ../gone')
      assert.match(result.output, /folder of the shell was deleted/)
      assert.equal(result.directory, runtime.workspace)
      assert.equal((await run(runtime, 'pwd')).output, `${runtime.workspace}\n`)
    })

    promise('[P33] `exit` gives its code; the next shell has the folder and the exported variables', async runtime => {
      await run(runtime, 'mkdir d; cd d; export A="1 2"; b=3')
      const result = await run(runtime, 'export C=4; echo bye; exit 7')
      assert.equal(result.exitCode, 7)
      assert.match(result.output, /^bye\n\[The shell ended/)
      assert.equal((await run(runtime, 'echo "$A $b $C $PWD"')).output, `1 2  4 ${runtime.workspace}/d\n`)
    })

    promise('[P33] a shell that is killed, replaced or fails under `set -e` is followed by another', async runtime => {
      assert.equal((await run(runtime, 'kill -9 $$')).exitCode, 137)
      assert.equal((await run(runtime, 'set -e; false')).exitCode, 1)
      assert.equal((await run(runtime, 'set -u; echo $nothing')).exitCode, 1)
      const replaced = await run(runtime, 'exec echo replaced')
      assert.equal(replaced.exitCode, 0)
      assert.match(replaced.output, /^replaced\n/)
      assert.match((await run(runtime, 'exec bash --norc')).output, /no longer answered/)
      assert.equal((await run(runtime, 'echo still here')).output, 'still here\n')
    })

    promise('[P33] a changed prompt, tracing, traps and a raw terminal do not disturb', async runtime => {
      for (const command of [
        "PS1='$ '",
        'PS1=x; PROMPT_COMMAND=',
        'unset PROMPT_COMMAND PS1',
        'trap "" DEBUG',
        'stty -echo',
      ]) {
        await run(runtime, command)
        assert.equal((await run(runtime, 'echo fine')).output, 'fine\n', command)
      }
      await run(runtime, 'stty raw')
      assert.equal((await run(runtime, 'echo raw')).output, 'raw\n')
      await run(runtime, 'stty sane; set -x')
      assert.equal((await run(runtime, 'echo traced')).output, '++ echo traced\ntraced\n')
    })

    promise('[P05] a background job delays no result, and ends with the sandbox', async runtime => {
      const sleeps: string[] = []
      for (const command of inBackground) {
        const sleep = sleepOf()
        sleeps.push(sleep)
        const started = performance.now()
        const result = await run(runtime, `${command.replaceAll('SLEEP', sleep)}\necho foreground; (exit 5)`)
        assert.equal(result.exitCode, 5, command)
        assert.match(result.output, /foreground\n/, command)
        assert.ok(performance.now() - started < 1000, command)
      }
      await runtime[Symbol.asyncDispose]()
      for (const sleep of sleeps) assert.deepEqual(processesWith(sleep.replace(' ', '\0')), [])
    })

    promise('[P05] redirected output of the shell itself delays no result', async runtime => {
      assert.equal((await run(runtime, '(exec > >(tee log) 2>&1; echo logged)')).exitCode, 0)
      await eventually(async () => (await run(runtime, 'cat log')).output === 'logged\n', 'the log is written')
    })

    promise(
      '[P05] a program that floods the terminal from the background does not hinder the next command',
      async runtime => {
        await run(runtime, '(while :; do echo x; sleep 0.001; done) &')
        const result = await run(runtime, 'echo mark; (exit 6)')
        assert.match(result.output, /mark\n/)
        assert.equal(result.exitCode, 6)
      },
    )

    promise('[P06] a command that reads gets -1, then the answer that is typed', async runtime => {
      const asked = await run(runtime, 'read -p "Name: " name; echo "Hello $name"')
      assert.equal(asked.exitCode, -1)
      assert.match(asked.output, /^Name: \n\[The command waits for input/)
      const answered = await type(runtime, 'Bob')
      assert.deepEqual([answered.output, answered.exitCode], ['Bob\nHello Bob\n', 0])
      assert.equal((await run(runtime, 'echo $name')).output, 'Bob\n')
    })

    promise('[P06] programs that read, hidden passwords and the end of input', async runtime => {
      assert.equal((await run(runtime, 'cat; echo end')).exitCode, -1)
      assert.match((await type(runtime, 'line')).output, /^line\nline\n/)
      assert.match((await type(runtime, 'C-d')).output, /end\n$/)
      assert.equal((await run(runtime, 'read -s -p "Password: " p')).exitCode, -1)
      assert.doesNotMatch((await type(runtime, 'secret')).output, /secret/)
      assert.equal((await run(runtime, 'echo $p')).output, 'secret\n')
    })

    promise('[P06] a pager opened on purpose can be left, and nothing captures the shell unasked', async runtime => {
      const setUp =
        'git init -q . && git config user.email a@b && git config user.name n && for i in $(seq 200); do echo $i; git commit -q --allow-empty -m "c $i"; done'
      assert.equal((await run(runtime, setUp, 60_000)).exitCode, 0)
      const log = await run(runtime, 'git log --oneline')
      assert.equal(log.output.trim().split('\n').length, 200)
      assert.notEqual((await run(runtime, 'git commit --allow-empty')).exitCode, -1)
      const pager = await run(runtime, 'seq 1000 | less')
      assert.equal(pager.exitCode, -1)
      await type(runtime, 'q')
      assert.equal((await run(runtime, 'echo free')).output, 'free\n')
    })

    promise('[P06] while a command runs, another one is not run and is told what to do', async (runtime, directory) => {
      await run(runtime, 'read x')
      const refused = await run(runtime, 'touch ran')
      assert.equal(refused.exitCode, -1)
      assert.match(refused.output, /"read x" still runs/)
      assert.equal(existsSync(join(directory, 'ran')), false)
      assert.equal((await type(runtime, 'C-c')).exitCode, 130)
      assert.equal((await run(runtime, 'touch ran')).exitCode, 0)
    })

    promise('[P06] C-z stops a command, `fg` goes on with it', async runtime => {
      await run(runtime, 'cat')
      assert.equal((await type(runtime, 'C-z')).exitCode, 148)
      assert.match((await run(runtime, 'jobs')).output, /Stopped +cat/)
      assert.equal((await run(runtime, 'fg')).exitCode, -1)
      assert.equal((await type(runtime, 'C-c')).exitCode, 130)
    })

    promise('[P06] input without a command is said to be lost', async runtime => {
      const result = await type(runtime, 'echo typed')
      assert.match(result.output, /No command is running/)
      assert.equal((await run(runtime, 'echo fine')).output, 'fine\n')
    })

    promise('[P35] a silent command is left running; an empty input waits on', async runtime => {
      const left = await run(runtime, 'echo begin; mkfifo p; cat < p; echo done; (exit 3)')
      assert.equal(left.exitCode, -1)
      assert.match(left.output, /^begin\n\[The command has printed nothing for 2.5 seconds/)
      assert.equal((await type(runtime, '')).exitCode, -1)
      assert.equal((await type(runtime, 'C-c')).exitCode, 130)
    })

    promise(
      '[P35] a command that ends while nobody waits leaves its last words to the next',
      async (runtime, directory) => {
        const waiting = await run(runtime, 'until [ -e go ]; do sleep 0.05; done; echo finished; touch over')
        assert.equal(waiting.exitCode, -1)
        await writeFile(join(directory, 'go'), '')
        await eventually(() => existsSync(join(directory, 'over')), 'the command ends')
        await eventually(
          async () => /^\[Meanwhile[\s\S]*finished\n[\s\S]*next\n$/.test((await run(runtime, 'echo next')).output),
          'last words',
        )
      },
    )

    promise('[P35] the hard limit ends the whole tree, says so, and spares earlier jobs', async runtime => {
      const [server, helper, main] = [sleepOf(), sleepOf(), sleepOf()]
      await run(runtime, `${server} &`)
      const result = await run(runtime, `echo part; ${helper} & setsid ${helper} & ${main}`, 700)
      assert.deepEqual([result.exitCode, result.timedOut], [124, true])
      assert.match(result.output, /^part\n[\s\S]*ended after 0.7 seconds/)
      await eventually(() => processesWith(helper.replace(' ', '\0')).length === 0, 'it is gone')
      await eventually(() => processesWith(main.replace(' ', '\0')).length === 0, 'it is gone')
      assert.equal(processesWith(server.replace(' ', '\0')).length, 1)
      assert.equal((await run(runtime, 'echo next')).output, 'next\n')
    })

    for (const [what, command] of [
      ['a program', 'echo part; SLEEP'],
      ['one that ignores signals', `echo part; bash -c 'trap "" INT TERM HUP; while :; do SLEEP; done'`],
      ['a loop in the shell', 'echo part; while :; do :; done'],
      ['a loop over programs', 'echo part; while :; do SLEEP; done'],
      ['a shell that ignores signals', 'echo part; trap "" INT; while :; do SLEEP; done'],
      ['children that have left', 'echo part; setsid SLEEP & (setsid nohup SLEEP &) ; SLEEP'],
      ['one that waits for input', 'echo part; while :; do read x; done'],
      ['a tree', 'echo part; bash -c "SLEEP & SLEEP | SLEEP; wait"'],
    ] as const) {
      promise(`[P07] an abort ends the whole tree within a second: ${what}`, async runtime => {
        const sleep = sleepOf()
        const abort = new AbortController()
        const seen = Promise.withResolvers<void>()
        const request = { command: command.replaceAll('SLEEP', sleep), isInput: false, timeoutMs: quick }
        const result = runtime.run(request, abort.signal, text => {
          if (text.includes('part')) seen.resolve()
        })
        await seen.promise
        const started = performance.now()
        abort.abort()
        const ended = await result
        if (ended.exitCode !== -1) assert.equal(ended.exitCode, 130)
        assert.match(ended.output, /^part\n/)
        assert.ok(performance.now() - started < 1500, `${performance.now() - started} ms`)
        await eventually(() => processesWith(sleep.replace(' ', '\0')).length === 0, 'all are gone')
        assert.equal((await run(runtime, 'echo next')).output, 'next\n')
      })
    }

    promise('[P07] what was aborted before it began does not run', async (runtime, directory) => {
      const reason = new Error('stopped')
      await assert.rejects(run(runtime, 'touch ran', quick, AbortSignal.abort(reason)), reason)
      await assert.rejects(runtime.read('x', AbortSignal.abort(reason)), reason)
      assert.equal(existsSync(join(directory, 'ran')), false)
    })

    promise('[P17] endless output keeps head and tail and says how much is missing', async runtime => {
      const result = await run(runtime, 'seq 1 1000000')
      assert.ok(result.output.length < 31_000)
      assert.match(result.output, /^1\n2\n3\n/)
      assert.match(result.output, /\n999999\n1000000\n$/)
      const missing = Number(/\[(\d+) bytes were left out here\]/.exec(result.output)?.[1])
      assert.equal(missing + 30_000, 6_888_896)
      const flood = await run(runtime, 'head -c 8000000 /dev/zero | tr "\\0" y')
      assert.equal(flood.exitCode, 0)
      assert.ok(flood.output.length < 31_000)
    })

    promise(
      '[P17] what is shown while a command runs is whole when it is read, and never too much at once',
      async runtime => {
        let shown = ''
        const request = { command: 'echo first; read x; echo second', isInput: false, timeoutMs: quick }
        await runtime.run(request, noSignal, text => {
          shown += text
        })
        assert.equal(shown, 'first\r\n')
        const flood = { command: 'yes | head -c 5000000', isInput: false, timeoutMs: quick }
        await type(runtime, '')
        await type(runtime, 'x')
        await runtime.run(flood, noSignal, text => assert.ok(text.length <= 64 * 1024))
      },
    )

    promise('[S19] the shell has an environment of its own and three descriptors', async runtime => {
      const names = (await run(runtime, 'env | cut -d= -f1 | sort')).output.trim().split('\n')
      const allowed =
        /^(?:PATH|HOME|USER|LOGNAME|SHELL|LANG|TERM|TMPDIR|[A-Z_]*PAGER|GIT_[A-Z_]+|DEBIAN_FRONTEND|OPENHANDS_(?:SANDBOX|COMMAND)|PWD|OLDPWD|SHLVL|_)$/
      assert.deepEqual(
        names.filter(name => !allowed.test(name)),
        [],
      )
      assert.equal(
        (await run(runtime, 'ls /proc/$$/fd | grep -vx 255; echo; (ls /proc/self/fd | wc -l)')).output,
        '0\n1\n2\n\n4\n',
      )
      const canary = await run(runtime, `cat /proc/$PPID/environ /proc/$$/environ | tr '\\0' '\\n' | grep -c CANARY`)
      assert.equal(canary.output, '0\n')
    })

    promise('[S25] what looks like code in a name is only a name', async (runtime, directory) => {
      for (const odd of ['$(touch evil)', '`touch evil`', ';touch evil', '-rf', "a'b", 'a\nb', '*']) {
        assert.equal((await runtime.write(`./${odd}`, odd, noSignal)).ok, true, odd)
        assert.equal(await readFile(join(directory, odd), 'utf8'), odd)
        const read = await runtime.read(`./${odd}`, noSignal)
        assert.deepEqual(read, { ok: true, text: odd })
      }
      assert.equal(existsSync(join(directory, 'evil')), false)
    })

    promise(
      '[P14] a file is written and read byte for byte, with the folders that it needs',
      async (runtime, directory) => {
        for (const text of ['', 'a', 'a\r\nb\n', '\ufeffbom\n', 'tab\tä😀\n', 'x'.repeat(5_000_000)]) {
          assert.deepEqual(await runtime.write('deep/er/file.txt', text, noSignal), { ok: true })
          assert.equal(await readFile(join(directory, 'deep/er/file.txt'), 'utf8'), text)
          assert.deepEqual(await runtime.read('deep/er/file.txt', noSignal), { ok: true, text })
          assert.deepEqual(await runtime.read(`${runtime.workspace}/deep/er/file.txt`, noSignal), { ok: true, text })
        }
        assert.deepEqual(await run(runtime, 'ls -A deep/er').then(result => result.output), 'file.txt\n')
      },
    )

    promise('[P14] writing keeps the mode and follows a link that stays inside', async runtime => {
      await run(runtime, 'echo old > script; chmod 750 script; ln -s script link')
      assert.equal((await runtime.write('link', 'new\n', noSignal)).ok, true)
      assert.match((await run(runtime, 'cat script; stat -c %a script; readlink link')).output, /^new\n750\nscript\n$/)
    })

    promise('[wire A3.4] what cannot be read or written is refused in words', async runtime => {
      await run(runtime, "mkdir dir; printf '\\377\\376a\\000' > latin; mkfifo pipe")
      const at = runtime.workspace
      const cases = [
        [runtime.read('none', noSignal), `File not found: ${at}/none. Your current working directory is ${at}.`],
        [runtime.read('dir', noSignal), `Path is a directory: ${at}/dir. You can only read files`],
        [runtime.read('latin', noSignal), `File could not be decoded as utf-8: ${at}/latin.`],
        [runtime.read('pipe', noSignal), `Not a regular file: ${at}/pipe.`],
        [runtime.write('pipe', 'x', noSignal), `Not a regular file: ${at}/pipe.`],
        [runtime.write('dir', 'x', noSignal), `Path is a directory: ${at}/dir. You can only write to files`],
        [runtime.read('a\0b', noSignal), 'Malformed paths not permitted: a\0b'],
        [
          runtime.view('none', undefined, noSignal),
          `File not found: ${at}/none. Your current working directory is ${at}.`,
        ],
      ] as const
      for (const [outcome, message] of cases) assert.deepEqual(await outcome, { ok: false, message })
    })

    promise('[P27] [S27] file tools write only in the workspace, /tmp and home', async (runtime, directory) => {
      await symlink('/etc', join(directory, 'etc'))
      await symlink('/usr/none', join(directory, 'broken'))
      for (const path of [
        '/etc/canary',
        `${'../'.repeat(20)}usr/canary`,
        'etc/canary',
        '/usr/canary',
        '/proc/self/mem',
        'broken',
        '/',
      ]) {
        assert.equal((await runtime.write(path, 'x', noSignal)).ok, false, path)
        const created = await runtime.edit({ command: 'create', path, text: 'x' }, noSignal)
        assert.equal(created.ok, false, path)
      }
      assert.equal(existsSync('/etc/canary'), false)
      assert.equal(existsSync('/usr/none'), false)
    })

    promise('[P14] a view numbers lines, in a range too, and lists folders two levels deep', async runtime => {
      await run(runtime, "printf 'one\\ntwo\\nthree\\n' > f; mkdir -p a/b/c; touch a/b/c/deep a/file .hidden")
      const view = async (path: string, range?: readonly [number, number]): Promise<string> => {
        const outcome = await runtime.view(path, range, noSignal)
        return outcome.ok ? outcome.text : `refused: ${outcome.message}`
      }
      assert.equal(await view('f'), '     1\tone\n     2\ttwo\n     3\tthree\n')
      assert.equal(await view('f', [2, -1]), '     2\ttwo\n     3\tthree\n')
      assert.equal(await view('f', [2, 2]), '     2\ttwo\n')
      for (const range of [
        [0, 1],
        [4, 5],
        [3, 2],
        [1.5, 2],
      ] as const)
        assert.match(await view('f', range), /^refused: Invalid range/)
      const at = runtime.workspace
      assert.equal(await view('.'), [at, `${at}/a/`, `${at}/a/b/`, `${at}/a/file`, `${at}/f`, ''].join('\n'))
    })

    promise('[P14] str_replace changes one place and no other byte', async (runtime, directory) => {
      const file = join(directory, 'f')
      for (const [before, oldText, newText, after] of [
        ['a\nb\nc\n', 'b', 'B', 'a\nB\nc\n'],
        ['a\r\nb\r\nc\r\n', 'a\nb', 'x\ny', 'x\r\ny\r\nc\r\n'],
        ['a\r\nb\nc\r\n', 'b\nc', 'b2\nc2', 'a\r\nb2\nc2\r\n'],
        ['\ufeffa\nb', 'a', 'A', '\ufeffA\nb'],
        ['\ttab\n  two\n', '\ttab\n', '', '  two\n'],
        ['ä😀x', '😀', '$&', 'ä$&x'],
      ] as const) {
        await run(runtime, 'rm -f f; touch f')
        await writeFile(file, before)
        const outcome = await runtime.edit({ command: 'str_replace', path: 'f', oldText, newText }, noSignal)
        assert.ok(outcome.ok, JSON.stringify(outcome))
        assert.deepEqual([outcome.existed, outcome.before, outcome.after], [true, before, after])
        assert.equal(await readFile(file, 'utf8'), after)
      }
    })

    promise(
      '[P14] an edit that fits nowhere, or in several places, says where to look and changes nothing',
      async (runtime, directory) => {
        const text = 'def f():\n    return 1\n\ndef g():\n    return 1\n'
        await runtime.write('f.py', text, noSignal)
        const edit = async (oldText: string): Promise<string> => {
          const outcome = await runtime.edit({ command: 'str_replace', path: 'f.py', oldText, newText: 'x' }, noSignal)
          return outcome.ok ? 'done' : outcome.message
        }
        assert.match(await edit('return 1'), /more than once, in lines 2, 5/)
        assert.match(await edit('def g():\n  return 1\n'), /4\tdef g[\s\S]*Line 5 differs only in white space/)
        assert.match(await edit('def g():\n    return 2\n'), /Line 5 is not the same/)
        await edit('nothing like it at all')
        await edit('nothing like it at all')
        assert.match(await edit('nothing like it at all'), /has failed 3 times/)
        assert.equal(await readFile(join(directory, 'f.py'), 'utf8'), text)
        await run(runtime, "printf 'a\\377' > latin; printf 'a' > locked; chmod 444 locked")
        const latin = await runtime.edit(
          { command: 'str_replace', path: 'latin', oldText: 'a', newText: 'b' },
          noSignal,
        )
        assert.match(latin.ok ? '' : latin.message, /could not be decoded/)
      },
    )

    promise('[P14] insert and create, and undo of each', async (runtime, directory) => {
      const file = join(directory, 'new/f')
      const apply = async (request: Parameters<Runtime['edit']>[0]): Promise<string> => {
        const outcome = await runtime.edit(request, noSignal)
        return outcome.ok ? await readFile(file, 'utf8').catch(() => 'gone') : `refused: ${outcome.message}`
      }
      const path = 'new/f'
      assert.equal(await apply({ command: 'create', path, text: 'a\nb' }), 'a\nb')
      assert.match(await apply({ command: 'create', path, text: 'other' }), /^refused: File already exists/)
      assert.equal(await apply({ command: 'insert', path, line: 0, text: 'top' }), 'top\na\nb')
      assert.equal(await apply({ command: 'insert', path, line: 3, text: 'end\n' }), 'top\na\nb\nend\n')
      assert.match(await apply({ command: 'insert', path, line: 9, text: 'x' }), /^refused: Invalid line/)
      assert.equal(await apply({ command: 'undo_edit', path }), 'top\na\nb')
      await run(runtime, 'echo mine >> new/f')
      assert.match(await apply({ command: 'undo_edit', path }), /^refused: .*has been changed since/)
      await runtime.view(path, undefined, noSignal)
      await runtime.write(path, 'top\na\nb', noSignal)
      assert.equal(await apply({ command: 'undo_edit', path }), 'a\nb')
      assert.equal(await apply({ command: 'undo_edit', path }), 'gone')
      assert.match(await apply({ command: 'undo_edit', path }), /^refused: There is no edit/)
    })

    promise('[P14] reading and writing go on while a command runs', async runtime => {
      await run(runtime, 'read x')
      assert.deepEqual(await runtime.write('f', 'x', noSignal), { ok: true })
      assert.deepEqual(await runtime.read('f', noSignal), { ok: true, text: 'x' })
    })

    promise('[P17] too large a file or text is refused and the sandbox lives', async runtime => {
      await run(runtime, 'head -c 20000000 /dev/zero > big')
      assert.match(JSON.stringify(await runtime.read('big', noSignal)), /too large/)
      assert.equal((await runtime.write('f', 'x'.repeat(17_000_000), noSignal)).ok, false)
      const edit = { command: 'create', path: 'f', text: 'x'.repeat(17_000_000) } as const
      assert.equal((await runtime.edit(edit, noSignal)).ok, false)
      assert.equal((await run(runtime, 'echo fine')).output, 'fine\n')
    })

    test('[P34] two sessions share nothing', async () => {
      const [one, other] = [await world.directory(), await world.directory()]
      await using first = await startIn(world.runtimes, one, 1)
      await using second = await startIn(world.runtimes, other, 2)
      await Promise.all([run(first, 'export A=first; cd /tmp'), run(second, 'export A=second')])
      const results = await Promise.all([run(first, 'echo $A $PWD'), run(second, 'echo $A $PWD')])
      assert.deepEqual(
        results.map(result => result.output),
        ['first /tmp\n', `second ${second.workspace}\n`],
      )
    })

    test('[P32] files made inside belong to the owner of the workspace, who can change them', async () => {
      const directory = await world.directory()
      await using runtime = await startIn(world.runtimes, directory)
      await run(runtime, 'touch by-shell')
      await runtime.write('by-tool', 'x', noSignal)
      const owner = (await stat(directory)).uid
      for (const name of ['by-shell', 'by-tool']) {
        const stats = await stat(join(directory, name))
        assert.deepEqual([stats.uid, stats.mode & 0o777], [owner, 0o644])
      }
    })

    test('[P08] disposing leaves no process and touches nothing in the workspace', async () => {
      const directory = await world.directory()
      const sleep = sleepOf()
      const runtime = await startIn(world.runtimes, directory)
      await run(runtime, 'echo kept > f')
      await run(
        runtime,
        `setsid nohup ${sleep} >/dev/null 2>&1 & (bash -c 'trap "" TERM HUP INT; ${sleep}; :' &) ; (setsid bash -c '${sleep} & ${sleep} & wait' &)`,
      )
      await eventually(() => processesWith(sleep.replace(' ', '\0')).length >= 4, 'all of them run')
      const running = runtime.run({ command: 'read x', isInput: false, timeoutMs: quick }, noSignal)
      running.catch(() => undefined)
      await runtime[Symbol.asyncDispose]()
      await runtime[Symbol.asyncDispose]()
      assert.deepEqual(processesWith(sleep.replace(' ', '\0')), [])
      assert.deepEqual(readdirSync(directory), ['f'])
      await assert.rejects(running, RuntimeError)
      await assert.rejects(
        run(runtime, 'true'),
        (error: unknown) => error instanceof RuntimeError && error.kind === 'lost',
      )
    })

    test('[P37] a sandbox whose executor is killed is gone, says why, and another can be started', async () => {
      const directory = await world.directory()
      const sleep = sleepOf()
      await using runtime = await startIn(world.runtimes, directory)
      await run(runtime, `setsid ${sleep} &`)
      await assert.rejects(run(runtime, 'kill -9 $PPID; sleep 10'), RuntimeError)
      assert.match(await runtime.gone, /ended/)
      assert.deepEqual(processesWith(sleep.replace(' ', '\0')), [])
      await assert.rejects(run(runtime, 'true'), RuntimeError)
      await using next = await startIn(world.runtimes, directory)
      assert.equal((await run(next, 'echo again')).output, 'again\n')
    })

    test('[P37] friendly signals do not reach the executor', async () => {
      await using runtime = await startIn(world.runtimes, await world.directory())
      await run(runtime, 'kill -TERM $PPID; kill -INT $PPID; kill -HUP $PPID')
      assert.equal((await run(runtime, 'echo fine')).output, 'fine\n')
    })

    test('[P07] starting can be aborted and leaves nothing', async () => {
      const directory = await world.directory()
      const abort = new AbortController()
      const reason = new Error('stopped')
      const request = { session: sessionNamed(1), directory, onStatus: () => abort.abort(reason), signal: abort.signal }
      await assert.rejects(world.runtimes.start(request), reason)
    })

    test('[P08] nothing is reaped of a server that lives', async () => {
      await using runtime = await startIn(world.runtimes, await world.directory())
      assert.equal(await world.runtimes.reap(), 0)
      assert.equal((await run(runtime, 'echo fine')).output, 'fine\n')
    })
  })
}
