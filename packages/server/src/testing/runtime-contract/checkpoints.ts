import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Outcome, Runtime } from '../../core/ports.ts'
import { type RuntimeWorld, run, startIn } from '../runtime-contract.ts'
import { seeded } from '../seeded.ts'

const noSignal = new AbortController().signal

/** The names of files of a test, as words of bash. */
const names = [
  'a',
  "'with blank'",
  "$'quote\"s'",
  "$'it\\'s'",
  "$'line\\nbreak'",
  './-n',
  "'ä'",
  "$'\\xff\\xfe'",
  "'back\\slash'",
  '.env',
]

/** Prints one line for everything in the workspace: kind, permissions, name, target; and then the sums of the files. */
const picture = `LC_ALL=C; export LC_ALL
find . -mindepth 1 \\( -type d -printf '%y %P\\0' -o -printf '%y %m %P %l\\0' \\) | sort -z | sha256sum
find . -type f -print0 | sort -z | xargs -0r sha256sum | sha256sum`

/** Commands that edit the workspace at random. */
function edits(chance: () => number): string {
  const pick = <T>(list: readonly [T, ...T[]]): T => list[Math.floor(chance() * list.length)] ?? list[0]
  const name = (): string => names[Math.floor(chance() * names.length)] ?? 'a'
  const place = (): string => (chance() < 0.5 ? name() : `f${Math.floor(chance() * 3)}/${name()}`)
  const commands: readonly [() => string, ...(() => string)[]] = [
    () => `printf 'content ${Math.floor(chance() * 5)}\\r\\n' >${place()}`,
    () => `printf '%s' "$RANDOM" >>${place()}`,
    () => `mkdir -p ${place()}`,
    () => `ln -sn ${pick(['a', '/etc/passwd', 'nowhere', '../b'])} ${place()}`,
    () => `chmod ${pick(['644', '755', '600', '700'])} ${place()}`,
    () => `rm -rf ${place()}`,
    () => `mv ${place()} ${place()}`,
  ]
  const lines = Array.from({ length: 8 }, () => pick(commands)())
  return `mkdir -p f0 f1 f2\n${lines.map(line => `{ ${line}; } 2>/dev/null`).join('\n')}\ntrue`
}

/** What an outcome holds; fails with its message when it was refused. */
function held<T>(outcome: Outcome<T>): { ok: true } & T {
  assert.ok(outcome.ok, outcome.ok ? '' : outcome.message)
  return outcome
}

/** What checkpoints promise in every sandbox that has git. */
export function checkpointsContract(name: string, makeWorld: () => Promise<RuntimeWorld>): void {
  describe(`${name}: checkpoints`, () => {
    let world: RuntimeWorld
    let directory: string
    let runtime: Runtime
    before(async () => {
      world = await makeWorld()
      directory = await world.directory()
      runtime = await startIn(world.runtimes, directory)
    })
    after(async () => {
      await runtime[Symbol.asyncDispose]()
      await world[Symbol.asyncDispose]()
    })
    const shell = async (command: string): Promise<string> => {
      const { output, exitCode } = await run(runtime, command)
      assert.equal(exitCode, 0, output)
      return output
    }
    const clear = (): Promise<string> => shell('find . -mindepth 1 -delete')
    const promise = (rule: string, body: () => Promise<void>): void => void test(rule, { timeout: 120_000 }, body)

    promise(
      '[P43] [F07] whatever commands did, going back gives every byte, link, permission and empty folder',
      async () => {
        for (let seed = 1; seed <= 3; seed++) {
          await clear()
          const chance = seeded(seed)
          const taken: { id: string; picture: string }[] = []
          for (let step = 0; step < 5; step++) {
            await shell(edits(chance))
            const { id } = held(await runtime.checkpoints.take(`step ${step}`, noSignal))
            taken.push({ id, picture: await shell(picture) })
            await shell(edits(chance))
            const given = await shell(picture)
            const back = taken[Math.floor(chance() * taken.length)]
            const { before: undo } = held(await runtime.checkpoints.restore(back?.id ?? '', noSignal))
            assert.equal(await shell(picture), back?.picture, `seed ${seed}, step ${step}`)
            held(await runtime.checkpoints.restore(undo, noSignal))
            assert.equal(await shell(picture), given, `undo, seed ${seed}, step ${step}`)
          }
        }
      },
    )

    promise('they are listed, newest first, and only when something has changed', async () => {
      await clear()
      await shell('echo 1 >a')
      const first = held(await runtime.checkpoints.take('first', noSignal))
      assert.deepEqual(held(await runtime.checkpoints.take('again', noSignal)), { ...first, changed: false })
      await shell('echo 2 >a')
      const second = held(await runtime.checkpoints.take('second', noSignal))
      const [newest, older] = await runtime.checkpoints.list(noSignal)
      assert.deepEqual([newest?.id, newest?.label, older?.id], [second.id, 'second', first.id])
      assert.ok(Math.abs((newest?.taken ?? 0) - Date.now()) < 600_000)
    })

    promise('[P43] what is left out is listed and stays; the repository of the user is not touched', async () => {
      await clear()
      const canary = `/tmp/openhands-canary-${process.pid}`
      await shell(`git init -q . && git -c user.name=a -c user.email=a@b commit -q --allow-empty -m x
echo s >stashed; git add -f stashed; mkdir -p node_modules/p nested && git init -q nested && echo n >nested/file && echo p >node_modules/p/x
echo '.env' >.gitignore; echo '* filter=evil text eol=crlf' >.gitattributes; git config filter.evil.clean 'touch ${canary}'
echo KEY >.env; head -c 3000000 /dev/zero >big`)
      const repository = 'find .git nested/.git -type f -print0 | sort -z | xargs -0 sha256sum | sha256sum'
      const own = await shell(repository)
      const { id, leftOut } = held(await runtime.checkpoints.take('first', noSignal))
      assert.deepEqual([...leftOut].sort(), [
        '.git (a repository of its own)',
        'big (3000000 bytes)',
        'nested/.git (a repository of its own)',
        'node_modules/ (can be made anew)',
      ])
      await shell('rm -r .env nested/file stashed; echo new >node_modules/new; echo new >new')
      held(await runtime.checkpoints.restore(id, noSignal))
      const after = `cat .env nested/file stashed node_modules/new; ls -1; stat -c %s big; ls ${canary} 2>/dev/null | wc -l`
      assert.equal(await shell(after), 'KEY\nn\ns\nnew\nbig\nnested\nnode_modules\nstashed\n3000000\n0\n')
      assert.equal(await shell(repository), own)
    })

    promise('[P43] a checkpoint can be taken while a command runs and changes files', async () => {
      await clear()
      const abort = new AbortController()
      const busy = runtime.run(
        { command: 'while :; do head -c 200000 /dev/zero >busy; : >busy; done', isInput: false, timeoutMs: 60_000 },
        abort.signal,
      )
      for (let count = 0; count < 5; count++) held(await runtime.checkpoints.take(`${count}`, noSignal))
      abort.abort()
      await busy
    })

    promise('one that there is not is refused', async () => {
      const outcome = await runtime.checkpoints.restore('000000000000001-000000', noSignal)
      assert.ok(!outcome.ok)
      assert.match(outcome.message, /There is no checkpoint/)
    })

    promise('[F17] they outlive the sandbox', async () => {
      await clear()
      await shell('echo kept >file')
      const { id } = held(await runtime.checkpoints.take('before the end', noSignal))
      await runtime[Symbol.asyncDispose]()
      runtime = await startIn(world.runtimes, directory)
      assert.deepEqual(held(await runtime.checkpoints.take('after it', noSignal)).changed, false)
      await shell('rm file')
      held(await runtime.checkpoints.restore(id, noSignal))
      assert.equal(await shell('cat file'), 'kept\n')
    })
  })
}
