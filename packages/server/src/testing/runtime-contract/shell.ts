import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import fc from 'fast-check'
import type { CommandResult, Runtime } from '../../core/ports.ts'
import { RuntimeError } from '../../core/ports.ts'
import { TerminalText } from '../../runtimes/executor/shell/terminal-text.ts'
import { eventually, processesWith, type RuntimeWorld, run, sleepOf, startIn, type } from '../runtime-contract.ts'

const noSignal = new AbortController().signal

/** What may stand in a generated command, each with a text and a code to choose. */
const pieces: readonly ((text: string, code: number) => string)[] = [
  text => `printf '%s' ${quote(text)}`,
  text => `echo ${quote(text)}`,
  text => `echo ${quote(text)} >&2`,
  text => `cat <<'END'\n${text.replaceAll('END', 'end')}\nEND`,
  text => `for w in ${quote(text)} b c; do printf '%s,' "$w"; done`,
  text => `f() { echo "f $1"; return ${text.length % 7}; }; f ${quote(text)}`,
  (_, code) => `(exit ${code % 256})`,
  (_, code) => `bash -c 'exit ${code % 256}'`,
  (_, code) => `{ (kill -${[9, 15, 2, 1][code % 4]} $BASHPID); } 2>/dev/null`,
  (text, code) => `(trap 'echo bye ${code}' EXIT; echo ${quote(text)})`,
  (_, code) => `(set -e; false; echo not here ${code})`,
  (_, code) => `seq ${code % 3000}`,
  (_, code) => `head -c ${code * 7} /dev/zero | tr '\\0' z`,
  (text, code) => `printf '%3d%%\\r' ${code % 100}; echo ${quote(text)}`,
  (_, code) => `printf '\\x${(code % 256).toString(16).padStart(2, '0')}\\n'`,
  text => `printf '\\033]8;;http://x\\033\\\\%s\\033]8;;\\033\\\\\\n' ${quote(text)}`,
  text => `printf '\\033[1;3${text.length % 8}m%s\\033[0m\\n' ${quote(text)}`,
  text => `v=${quote(text)}; echo "\${#v}" "\${v^^}"`,
  text => `false | echo ${quote(text)}`,
  text => `[[ ${quote(text)} == *a* ]]`,
  () => '# nothing\ntrue',
  () => 'true\n\n\ntrue',
  () => `printf '\\033]633;D;0;1;;/\\007'`,
]

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}

/** Commands that must leave the shell in order, with what they print and their code; rows of the table of broken designs. */
const oddities: readonly (readonly [what: string, command: string, output: RegExp, exitCode: number])[] = [
  ['echo brought back', 'stty echo; echo fine', /^fine\n$/, 0],
  ['a quote that is never closed', 'echo "a', /unexpected EOF/, 2],
  ['a syntax error', 'if true; fi', /syntax error/, 2],
  ['letters and bytes in a command', "printf '\u00e4\\377\\n'", /^ä\ufffd\n$/, 0],
  ['a folder whose name has a line break', "mkdir -p $'a\\nb'; cd $'a\\nb'; pwd; cd ..", /a\nb\n$/, 0],
  ['a trap on DEBUG', "trap 'echo dbg >/dev/null' DEBUG; echo fine; trap - DEBUG", /^fine\n$/, 0],
  ['tracing', '{ set -x; } 2>/dev/null; echo fine; { set +x; } 2>/dev/null', /fine\nfine\n$/, 0],
  ['prompt commands unset', 'unset PROMPT_COMMAND; echo fine', /^fine\n$/, 0],
  ['prompts unset', 'unset PROMPT_COMMAND PS1 PS2; echo fine', /^fine\n$/, 0],
  ['a prompt like that of a virtual environment', 'PS1="(venv) $PS1"; echo fine', /^fine\n$/, 0],
  ['a prompt that runs a program', "PROMPT_COMMAND='echo mine'; echo fine", /^fine\n/, 0],
  ['a raw terminal', 'stty raw -echo; echo fine', /fine/, 0],
  ['death in the alternate screen', 'bash -c \'printf "\\033[?1049hpicture"; kill -9 $$\'', /^(?!.*picture)/s, 137],
  ['a nested shell that reads its script', "bash <<'END'\necho inner; exit 4\nEND", /^inner\n$/, 4],
  ['an alias for a builtin', "alias echo='echo aliased'; alias unset=false\nunalias -a; echo fine", /fine\n$/, 0],
  ['names of ours in a listing only', 'alias; trap; echo fine', /fine\n$/, 0],
]

/** What asks or takes the terminal, with the keys that leave it. */
const captors: readonly (readonly [command: string, ...leave: string[]])[] = [
  ['git log', 'q'],
  ['git diff HEAD~5', 'q'],
  ['man bash', 'q'],
  ['git commit --allow-empty', ':q!'],
  ['git rebase -i HEAD~3', ':q!'],
  ['npm_config_fetch_retries=0 npx create-next-app x', 'n'],
  ['python3', 'C-d'],
  ['read x', 'C-c'],
  ['cat', 'C-d'],
  ['sudo -k true', 'C-c'],
  ['ssh -o BatchMode=no nobody@127.0.0.1', 'C-c'],
  ['ssh-keygen -f key', 'C-c'],
  [`bash -c 'read -p "Do you want to continue? [Y/n] " a; echo "$a"'`, 'n'],
  ['less /etc/passwd', 'q'],
  ['vi file', '\x1b:q!'],
  ['top', 'q'],
]

/** What every sandbox promises of the shell besides `runtimeContract`. */
export function shellContract(name: string, open: () => Promise<RuntimeWorld>): void {
  describe(name, () => {
    let world: RuntimeWorld
    let runtime: Runtime
    let directory: string
    before(async () => {
      world = await open()
      directory = await world.directory()
      runtime = await startIn(world.runtimes, directory, 73)
    })
    after(async () => {
      await runtime[Symbol.asyncDispose]()
      await world[Symbol.asyncDispose]()
    })
    /** Cases that share one sandbox, each from the workspace on. */
    const promise = (rule: string, body: () => Promise<void>): void =>
      void test(rule, { timeout: 120_000 }, async () => {
        await run(runtime, 'cd ~; true')
        await run(runtime, `cd ${quote(runtime.workspace)}`)
        await body()
      })
    const exactly = async (at: Runtime): Promise<void> => {
      const word = `MARK${Math.floor(performance.now() * 1000)}`
      assert.equal((await run(at, `echo ${word}`)).output, `${word}\n`)
    }

    /** Runs a command that may be silent for long. */
    const finish = async (command: string): Promise<CommandResult> => {
      let result = await run(runtime, command, 100_000)
      while (result.exitCode === -1) result = await type(runtime, '', 100_000)
      return result
    }

    promise('[P33] five hundred generated commands print and return what plain bash does', async () => {
      const word = fc.string({ unit: 'grapheme', maxLength: 12 }).map(text => text.replaceAll('\0', ''))
      const piece = fc.tuple(fc.nat(pieces.length - 1), word, fc.nat(999))
      const command = fc
        .array(piece, { minLength: 1, maxLength: 4 })
        .map(list => list.map(([index, text, code]) => pieces[index]?.(text, code) ?? ':').join('\n'))
      const property = fc.asyncProperty(command, async text => {
        const [expected, result] = await Promise.all([plainBash(text), run(runtime, text)])
        assert.deepEqual([result.output, result.exitCode], [expected.output, expected.exitCode], text)
      })
      await fc.assert(property, { numRuns: 500, seed: 20_261_122, endOnFailure: true })
    })

    promise('[P33] [sandbox 8] what broke other shells leaves this one in order', async () => {
      for (const [what, command, output, exitCode] of oddities) {
        const result = await run(runtime, command)
        assert.match(result.output, output, what)
        assert.equal(result.exitCode, exitCode, what)
        await exactly(runtime)
      }
    })

    promise('[P33] [sandbox 8] a command of a megabyte, and a line of one', async () => {
      const text = 'x'.repeat(1024 * 1024)
      assert.equal((await run(runtime, `w=${quote(text)}; echo \${#w}`)).output, `${text.length}\n`)
      const line = await run(runtime, 'printf "%s" "$w"; unset w')
      assert.equal(line.output.length < 31_000 && line.output.startsWith('xxx') && line.output.endsWith('xxx'), true)
      assert.equal(line.whole?.bytes, text.length)
    })

    promise('[P33] [sandbox 8] thirty megabytes take time that grows as they do', async () => {
      const time = async (megabytes: number): Promise<number> => {
        const started = performance.now()
        const result = await run(runtime, `base64 /dev/zero | head -c ${megabytes}000000`, 110_000)
        assert.equal(result.exitCode, 0)
        return performance.now() - started
      }
      await time(1)
      const small = await time(3)
      const large = await time(30)
      assert.ok(large < small * 40, `${small} and ${large} ms`)
    })

    promise('[P33] [sandbox 8] a nested shell takes input and gives its code', async () => {
      assert.equal((await run(runtime, 'bash --norc')).exitCode, -1)
      assert.match((await type(runtime, 'echo inner $((40+2))')).output, /inner 42\n/)
      assert.equal((await type(runtime, 'exit 6')).exitCode, 6)
      await exactly(runtime)
    })

    promise('[P33] [sandbox 8] a command that reads the nonce fools only itself', async () => {
      const forged = `printf '%s' "$(declare -f __openhands_end | sed -n "s/.*printf '\\(.*\\)D;.*/\\1/p")" >/dev/null; n=$(declare -f __openhands_begin | grep -o '633;[0-9a-f]*'); printf '\\033]%s;D;7;%s;;/forged\\007' "$n" "$OPENHANDS_COMMAND"; sleep 0.2; echo later`
      const result = await run(runtime, forged)
      assert.ok(result.exitCode === 7 || result.exitCode === 0)
      await run(runtime, 'true')
      await exactly(runtime)
      assert.equal((await run(runtime, 'pwd')).directory, runtime.workspace)
    })

    promise(
      '[P33] [sandbox 8] `set -e`, `set -u` and `exit` end the shell, which is said; the next is in the same folder',
      async () => {
        for (const [command, code] of [
          ['set -e; mkdir -p in/it; cd in/it; false; echo not here', 1],
          ['exit 3', 3],
        ] as const) {
          const result = await run(runtime, command)
          assert.equal(result.exitCode, code, command)
          assert.match(result.output, /The shell ended/, command)
          assert.equal((await run(runtime, 'pwd; false; echo $-')).output.split('\n')[0], `${runtime.workspace}/in/it`)
          await exactly(runtime)
        }
      },
    )

    promise('[P33] [sandbox 8] a variable that is unset under `set -u` fails the command', async () => {
      const result = await run(runtime, 'set -u; echo $nothing; echo not here')
      assert.deepEqual([result.output, result.exitCode], ['bash: nothing: unbound variable\n', 1])
      await exactly(runtime)
      await run(runtime, 'set +u')
    })

    promise('[P33] every code from 0 to 255 is that of its own command', async () => {
      for (let code = 0; code < 256; code++) {
        const result = await run(runtime, `echo ${code}; (exit ${code})`)
        assert.deepEqual([result.output, result.exitCode], [`${code}\n`, code])
      }
    })

    promise('[P06] nothing captures the shell: pagers, editors, questions, readers', async () => {
      const history = Array.from({ length: 10_000 }, (_, index) => {
        const parent = index === 0 ? '' : `from :${index}\n`
        return `commit refs/heads/master\nmark :${index + 1}\ncommitter n <a@b> ${1_700_000_000 + index} +0000\ndata 1\nx${parent === '' ? '' : `\n${parent.trimEnd()}`}\nM 100644 inline f\ndata ${String(index).length}\n${index}\n`
      })
      await writeFile(join(directory, 'history'), history.join(''))
      const setUp =
        'git init -q . && git config user.email a@b && git config user.name n && git fast-import --quiet < history && git reset -q --hard'
      await finish(setUp)
      for (const [command, ...leave] of captors) {
        const started = performance.now()
        let result = await run(runtime, command, 30_000)
        assert.ok(performance.now() - started < 10_000, command)
        if (result.exitCode === -1)
          assert.match(result.output, /\[The command (?:waits for input|has printed nothing)/, command)
        for (const key of [...leave, 'C-c', 'C-d']) if (result.exitCode === -1) result = await type(runtime, key)
        assert.notEqual(result.exitCode, -1, command)
        await run(runtime, 'true')
        await exactly(runtime)
      }
    })

    promise('[P06] a script that asks y/N gets the answer that is typed', async () => {
      await writeFile(
        join(directory, 'ask.sh'),
        'printf "Install 3 packages? [y/N] "; read a; [ "$a" = y ] && echo installing || { echo aborted; exit 1; }\n',
      )
      assert.match(
        (await run(runtime, 'sh ask.sh')).output,
        /^Install 3 packages\? \[y\/N\] \n\[The command waits for input/,
      )
      const answered = await type(runtime, 'y')
      assert.deepEqual([answered.output, answered.exitCode], ['y\ninstalling\n', 0])
    })

    for (const [what, command] of [
      [
        'a program that ignores every signal it may',
        `bash -c 'trap "" INT TERM HUP QUIT; echo part; while :; do SLEEP; done'`,
      ],
      [
        'a Python loop that ignores signals',
        `if command -v python3 >/dev/null; then python3 -uc 'import signal, time; [signal.signal(s, signal.SIG_IGN) for s in (2, 15, 1)]; print("part"); exec("while 1: time.sleep(0.1)")'; else echo part; SLEEP; fi`,
      ],
      ['two gigabytes that are being copied', 'echo part; head -c 2000000000 /dev/zero | cat >/dev/null; SLEEP'],
      ['a flood', 'echo part; yes'],
    ] as const) {
      promise(`[P07] stopping stops: ${what}`, async () => {
        const sleep = sleepOf()
        const abort = new AbortController()
        const seen = Promise.withResolvers<void>()
        const request = { command: command.replaceAll('SLEEP', sleep), isInput: false, timeoutMs: 60_000 }
        const running = runtime.run(request, abort.signal, text => {
          if (text.includes('part')) seen.resolve()
        })
        await seen.promise
        const started = performance.now()
        abort.abort()
        const result = await running
        assert.ok(performance.now() - started < 2000, what)
        assert.equal(result.exitCode, 130)
        assert.match(result.output, /^part\n[\s\S]*The command was interrupted/)
        await eventually(() => processesWith(sleep.replace(' ', '\0')).length === 0, 'nothing is left')
        await exactly(runtime)
      })
    }

    promise('[P17] endless output costs little memory; it is kept exactly within bounds, and can be read', async () => {
      const memory = async (what: 'VmRSS' | 'VmHWM'): Promise<number> =>
        Number(/\d+/.exec((await run(runtime, `grep ${what} /proc/$PPID/status`)).output)?.[0])
      await run(runtime, 'yes', 500)
      const before = await memory('VmRSS')
      for (const command of ['yes', 'cat /dev/urandom', 'base64 -w0 /dev/zero']) {
        const result = await run(runtime, command, 1500)
        assert.deepEqual([result.exitCode, result.timedOut], [124, true])
        assert.ok(Buffer.byteLength(result.output) < 100_000, command)
        assert.match(result.output, /\[\d+ bytes were left out here\][\s\S]*\[The command was ended after 1\.5 seconds/)
        assert.ok(result.whole !== undefined)
      }
      const growth = (await memory('VmHWM')) - before
      assert.ok(growth < 50_000, `${growth} kB`)
      await exactly(runtime)
    })

    const readAll = async ({ whole }: CommandResult): Promise<Map<number, Buffer>> => {
      assert.ok(whole !== undefined)
      const found = new Map<number, Buffer>()
      for (let offset = 0; offset < whole.bytes; ) {
        const part = await runtime.outputs.read(whole.name, offset, 2_000_000, noSignal)
        assert.ok(part.ok && part.bytes.length > 0)
        found.set(part.offset, Buffer.from(part.bytes))
        offset = part.offset + part.bytes.length
      }
      return found
    }

    promise('[P17] [P39] the whole output can be read in ranges, byte for byte', async () => {
      const result = await run(runtime, 'seq 200000')
      const expected = Buffer.from(Array.from({ length: 200_000 }, (_, index) => `${index + 1}\r\n`).join(''))
      assert.equal(Buffer.concat([...(await readAll(result)).values()]).equals(expected), true)
      const name = result.whole?.name ?? ''
      const part = await runtime.outputs.read(name, 1000, 50, noSignal)
      assert.deepEqual(part.ok && Buffer.from(part.bytes), expected.subarray(1000, 1050))
      assert.equal((await run(runtime, 'echo short')).whole, undefined)
      for (let count = 0; count < 10; count++) await run(runtime, 'true')
      assert.match(JSON.stringify(await runtime.outputs.read(name, 0, 10, noSignal)), /not kept any more/)
    })

    promise(
      '[P17] of more than twenty megabytes the beginning and the end are kept, and no program finds them',
      async () => {
        const result = await run(runtime, 'seq -w -s, 3000000', 60_000)
        const parts = [...(await readAll(result))]
        const total = 3_000_000 * 8 + 1
        assert.equal(result.whole?.bytes, total)
        assert.ok(parts.reduce((sum, [, bytes]) => sum + bytes.length, 0) <= 21 * 1024 * 1024)
        for (const [offset, bytes] of parts) {
          const first = Math.ceil(offset / 8)
          assert.equal(
            bytes.toString('latin1', first * 8 - offset, first * 8 - offset + 8),
            `${String(first + 1).padStart(7, '0')},`,
          )
        }
        assert.equal(parts.at(-1)?.[1].toString('latin1').endsWith('3000000\r\n'), true)
        const places = runtime.isolated ? '/tmp /run /openhands' : '..'
        const found = await finish(`find ${places} -xdev -path '*/outputs/*' 2>/dev/null`)
        assert.equal(found.output, '')
      },
    )

    promise('[P37] killing everything in sight ends at most this sandbox, and the next command works', async () => {
      const folder = await world.directory()
      let at = await startIn(world.runtimes, folder, 74)
      try {
        const others = at.isolated
          ? ['kill -9 -1', 'pkill -9 node; pkill -9 -f openhands', 'killall -9 node bash', 'reboot']
          : []
        const commands = [...others, 'kill -9 $PPID', 'kill -9 $$', `pkill -f "text-of-task-${process.pid}"; true`]
        for (const command of commands) {
          const failure = await run(at, `${command}; true`).then(
            () => undefined,
            error => error,
          )
          if (failure !== undefined || command.includes('-9')) {
            const isAlive = await run(at, 'echo alive').then(
              ({ output }) => output.endsWith('alive\n'),
              () => false,
            )
            if (!isAlive) {
              assert.match(await at.gone, /./)
              await at[Symbol.asyncDispose]()
              at = await startIn(world.runtimes, folder, 74)
            }
          }
          if (failure !== undefined) assert.ok(failure instanceof RuntimeError && failure.message !== '', command)
          await run(at, 'true')
          await exactly(at)
        }
        await exactly(runtime)
      } finally {
        await at[Symbol.asyncDispose]()
      }
    })

    test('[P34] [P28] folder, variables, functions, aliases, options and mask outlive the sandbox', {
      timeout: 60_000,
    }, async () => {
      const folder = await world.directory()
      {
        await using first = await startIn(world.runtimes, folder, 75)
        await run(
          first,
          "mkdir -p $'sub dir/\\n'; cd $'sub dir/\\n'; export A='1 \"2\" $x' B=$'a\\nb' C=ä; f() { echo \"f $1\"; }; alias g='echo aliased'",
        )
        await run(first, 'set -o pipefail; shopt -s globstar; umask 027; set -e; unset LANG; PAGER=less; d=unexported')
        await run(first, 'unset -f none; false || true')
      }
      await using second = await startIn(world.runtimes, folder, 75)
      const command =
        'printf "%s|" "$A" "$B" "$C" "$LANG" "$PAGER" "$d" "$PWD"; f x; g; umask; shopt globstar; false | true; echo $? $-'
      const result = await run(second, command)
      const expected = `1 "2" $x|a\nb|ä||less||${second.workspace}/sub dir/\n|f x\naliased\n0027\nglobstar       \ton\n1 `
      assert.equal(result.output.startsWith(expected), true, JSON.stringify(result.output))
      assert.doesNotMatch(result.output.slice(expected.length), /e/)
      const marks = await run(
        second,
        "tr '\\0' '\\n' < /proc/$$/environ | grep ^OPENHANDS_SANDBOX; env | grep ^OPENHANDS_SANDBOX",
      )
      const [outer, inner] = marks.output.split('\n')
      assert.equal(outer, inner)
    })

    test('[P34] a sandbox that is killed loses nothing of it; another session has none of it', {
      timeout: 60_000,
    }, async () => {
      const folder = await world.directory()
      {
        await using first = await startIn(world.runtimes, folder, 76)
        await run(first, 'mkdir -p deep; cd deep; export LAST=word')
        await run(first, 'kill -9 $PPID; sleep 10').catch(() => undefined)
        await first.gone
      }
      await using other = await startIn(world.runtimes, await world.directory(), 77)
      assert.equal((await run(other, 'echo "$LAST"')).output, '\n')
      await using second = await startIn(world.runtimes, folder, 76)
      const result = await run(second, 'echo $LAST')
      assert.deepEqual([result.output, result.directory], ['word\n', `${second.workspace}/deep`])
    })

    test('[P34] a folder that is gone when the sandbox comes back is said, once', { timeout: 60_000 }, async () => {
      const folder = await world.directory()
      {
        await using first = await startIn(world.runtimes, folder, 78)
        await run(first, 'mkdir lost; cd lost')
      }
      await rm(join(folder, 'lost'), { recursive: true })
      await using second = await startIn(world.runtimes, folder, 78)
      const result = await run(second, 'pwd')
      assert.equal(
        result.output,
        `[The folder that the shell was in is gone; it is now in ${second.workspace}.]\n${second.workspace}\n`,
      )
      assert.equal((await run(second, 'pwd')).output, `${second.workspace}\n`)
    })

    test('[P50] [P34] an environment of two megabytes is kept like any other', { timeout: 60_000 }, async () => {
      const folder = await world.directory()
      const fill = 'for i in {1..40}; do export BIG_$i="$(printf "%050000d" $i)"; done; export END=yes'
      // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the shell that fills it in
      const check = 'echo ${#BIG_1} ${#BIG_40} $END'
      {
        await using first = await startIn(world.runtimes, folder, 79)
        await run(first, fill)
        assert.equal((await run(first, check)).output, '50000 50000 yes\n')
      }
      await using second = await startIn(world.runtimes, folder, 79)
      assert.equal((await run(second, check)).output, '50000 50000 yes\n')
      await exactly(second)
      // biome-ignore lint/suspicious/noTemplateCurlyInString: as above
      assert.equal((await run(second, 'unset ${!BIG_*}; /bin/echo works')).output, 'works\n')
    })

    test('[P34] a shell that cannot start with what it had starts without', { timeout: 60_000 }, async () => {
      const folder = await world.directory()
      {
        await using first = await startIn(world.runtimes, folder, 80)
        await run(first, 'builtin() { exit 9; }; export A=1')
      }
      await using second = await startIn(world.runtimes, folder, 80)
      const result = await run(second, 'echo "works"')
      assert.match(result.output, /works\n$/)
      await exactly(second)
    })

    test('[P34] two commands at a time: one runs, the other is told to wait', { timeout: 60_000 }, async () => {
      await using fresh = await startIn(world.runtimes, await world.directory(), 81)
      const results = await Promise.all([run(fresh, 'echo one; read x'), run(fresh, 'echo two; read y')])
      assert.deepEqual(
        results.map(result => result.exitCode),
        [-1, -1],
      )
      assert.match(results[0].output, /^one\n/)
      assert.match(results[1].output, /Nothing was run/)
    })
  })

  /** What a terminal shows of a command of plain bash; the one cleaning is that of every result, see `TerminalText`. */
  async function plainBash(command: string): Promise<{ readonly output: string; readonly exitCode: number }> {
    const { promise, resolve } = Promise.withResolvers<{ readonly output: string; readonly exitCode: number }>()
    const options = {
      env: { PATH: '/usr/bin:/bin', LANG: 'C.UTF-8', HOME: '/nonexistent', SHLVL: '2' },
      encoding: 'buffer',
      maxBuffer: 10_000_000,
    } as const
    execFile('bash', ['-c', `exec 2>&1\n${command}`], options, (error, bytes) => {
      const text = new TerminalText(30_000)
      text.write(new TextDecoder().decode(bytes))
      resolve({ output: text.take(), exitCode: typeof error?.code === 'number' ? error.code : 0 })
    })
    return promise
  }
}
