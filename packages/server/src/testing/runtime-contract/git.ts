import assert from 'node:assert/strict'
import { existsSync, writeFileSync } from 'node:fs'
import { chmod, chown, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { GitChange, Runtime } from '../../core/ports.ts'
import { processesWith, type RuntimeWorld, run, sleepOf, startIn } from '../runtime-contract.ts'

const noSignal = new AbortController().signal
const identity = 'git config user.email a@b; git config user.name n; git config commit.gpgsign false'

/** What every sandbox promises of git in a workspace. */
export function gitContract(name: string, makeWorld: () => Promise<RuntimeWorld>): void {
  describe(`${name}: git`, () => {
    let world: RuntimeWorld
    let runtime: Runtime
    /** The workspace as the host sees it. */
    let root: string
    before(async () => {
      world = await makeWorld()
      root = await world.directory()
      runtime = await startIn(world.runtimes, root)
    })
    after(async () => {
      await runtime[Symbol.asyncDispose]()
      await world[Symbol.asyncDispose]()
    })
    /** Each case finds the one workspace empty. */
    const promise = (rule: string, body: () => Promise<void>): void =>
      void test(rule, { timeout: 120_000 }, async () => {
        await run(runtime, `cd ${runtime.workspace} && find . -mindepth 1 -delete`)
        await body()
      })
    const sh = async (command: string): Promise<string> => {
      const { output, exitCode } = await run(runtime, `cd ${runtime.workspace}; ${command}`, 60_000)
      assert.equal(exitCode, 0, output)
      return output
    }
    const status = async (
      offset = 0,
    ): Promise<Extract<Awaited<ReturnType<Runtime['git']['status']>>, { ok: true }>> => {
      const outcome = await runtime.git.status(offset, noSignal)
      assert.ok(outcome.ok, JSON.stringify(outcome))
      return outcome
    }
    const changed = async (): Promise<Record<string, string>> => {
      const told = ({ path, from, kind, staged }: GitChange): [string, string] => {
        return [path, `${staged ? 'staged ' : ''}${kind}${from === undefined ? '' : ` from ${from}`}`]
      }
      return Object.fromEntries((await status()).changes.map(told))
    }
    const diff = async (path?: string): Promise<string> => {
      const outcome = await runtime.git.diff(path, noSignal)
      assert.ok(outcome.ok, JSON.stringify(outcome))
      return outcome.text
    }
    const show = async (revision: string, path: string): Promise<string> => {
      const outcome = await runtime.git.show(revision, path, noSignal)
      return outcome.ok ? outcome.text : `refused: ${outcome.message}`
    }

    promise('[P47] without a repository that is the answer, and no failure', async () => {
      await sh('mkdir sub; echo x > f')
      assert.deepEqual(await status(), {
        ok: true,
        repository: false,
        folder: '',
        branch: '',
        commits: false,
        changes: [],
        more: false,
      })
      for (const outcome of [
        await runtime.git.diff(undefined, noSignal),
        await runtime.git.show('HEAD', 'f', noSignal),
      ]) {
        assert.deepEqual(outcome, { ok: false, message: 'There is no git repository in the workspace.' })
      }
    })

    promise('[P47] a repository without commits has its branch, and everything is new', async () => {
      await sh('git init -q -b trunk; echo a > staged; git add staged; echo b > "un tracked"')
      assert.equal((await status()).branch, 'trunk')
      assert.deepEqual(await changed(), { staged: 'staged added', 'un tracked': 'untracked' })
      const text = await diff()
      assert.match(text, /\+\+\+ b\/staged\n@@ -0,0 \+1 @@\n\+a\n/)
      assert.match(text, /\+\+\+ b\/un tracked\t?\n@@ -0,0 \+1 @@\n\+b\n/)
      assert.match(await show('HEAD', 'staged'), /^refused: Git failed: /)
      assert.equal(await sh('git status --porcelain'), 'A  staged\n?? "un tracked"\n')
    })

    promise('[P47] every kind of change is told, and shown against the last commit', async () => {
      await sh(
        `git init -q -b main; ${identity}; seq 50 > old; echo 1 > both; echo 1 > gone; echo 1 > dropped; echo 1 > kept; head -c 3000 /dev/urandom > bin; echo ignored > .gitignore; git add .; git commit -qm one`,
      )
      await sh(
        'git mv old renamed; echo 2 > both; git add both; echo 3 > both; rm gone; git rm -q dropped; head -c 3000 /dev/urandom > bin; mkdir d; echo n > d/new; echo x > ignored',
      )
      assert.deepEqual(await changed(), {
        renamed: 'staged renamed from old',
        both: 'staged modified',
        gone: 'deleted',
        dropped: 'staged deleted',
        bin: 'modified',
        'd/new': 'untracked',
      })
      const text = await diff()
      assert.match(text, /rename from old\nrename to renamed\n/)
      assert.match(text, /-1\n\+3\n/)
      assert.match(text, /Binary files a\/bin and b\/bin differ/)
      assert.match(text, /deleted file mode 100644\nindex \w+\.\.0+\n--- a\/gone/)
      assert.match(text, /new file mode 100644\n.*\n--- \/dev\/null\n\+\+\+ b\/d\/new\n/)
      assert.doesNotMatch(text, /ignored/)
      assert.match(await diff('d'), /^diff --git a\/d\/new b\/d\/new\n/)
      assert.match(await diff(`${runtime.workspace}/both`), /^diff --git a\/both b\/both\n/)
      assert.equal(await diff('kept'), '')
      assert.equal(await show('HEAD', 'both'), '1\n')
      assert.match(await show('HEAD', 'bin'), /^refused: The file is no text/)
      assert.match(await show('HEAD', 'd'), /^refused: /)
      assert.equal((await runtime.git.diff('../x', noSignal)).ok, false)
    })

    promise('[P47] odd names come back as they are', async () => {
      const names = [
        'new\nline',
        'quo"te',
        "ap'ostrophe",
        '-dash',
        '--output=x',
        'tab\there',
        'back\\slash',
        'ünï',
        ' blank ',
        ':(top)x',
        '*',
      ]
      await sh(`git init -q; ${identity}; echo x > base; git add base; git commit -qm one`)
      for (const each of names) assert.equal((await runtime.write(`./${each}`, 'x\n', noSignal)).ok, true)
      assert.deepEqual(Object.keys(await changed()).sort(), [...names].sort())
      for (const each of names) assert.equal((await diff(`./${each}`)).match(/^diff --git/gm)?.length, 1, each)
      await sh('git add -A; git commit -qm two')
      for (const each of names) assert.equal(await show('HEAD', `./${each}`), 'x\n', each)
    })

    promise('[P47] conflicts, a detached head, a worktree and a submodule', async () => {
      await sh(
        `git init -q -b main; ${identity}; echo 1 > f; git add f; git commit -qm one; git checkout -qb side; echo 2 > f; git commit -qam two; git checkout -q main; echo 3 > f; git commit -qam three; git merge side || true`,
      )
      assert.deepEqual(await changed(), { f: 'conflicted' })
      await sh('git merge --abort; git checkout -q --detach')
      assert.equal((await status()).branch, '')
      await sh(
        'git checkout -q main; git worktree add -q wt side; git init -q inner; cd inner; git config user.email a@b; git config user.name n; echo s > s; git add s; git commit -qm s; cd ..; git -c protocol.file.allow=always submodule add -q ./inner sub 2>/dev/null; git commit -qm sub; echo t > sub/s; rm -rf inner',
      )
      assert.deepEqual(await changed(), { 'wt/': 'untracked', sub: 'modified' })
      await sh('mv wt .. 2>/dev/null || mv wt /tmp/wt-of-test; rm -rf /tmp/wt-of-test ../wt')
      assert.match(await diff(), /-dirty/)
    })

    promise(
      '[P47] a repository in a folder of the workspace is found, its paths told as the workspace has them',
      async () => {
        await sh(
          `mkdir a project; cd project; git init -q -b main; ${identity}; echo 1 > f; git add f; git commit -qm one; echo 2 > f; echo n > g`,
        )
        assert.deepEqual([(await status()).folder, (await status()).branch], ['project', 'main'])
        assert.deepEqual(await changed(), { 'project/f': 'modified', 'project/g': 'untracked' })
        assert.match(await diff('project/f'), /-1\n\+2\n/)
        assert.equal(await show('HEAD', 'project/f'), '1\n')
        assert.match(await show('HEAD', 'a'), /^refused: Not in the repository/)
      },
    )

    promise('[P47] a repository of a foreign owner and one that somebody has locked answer all the same', async () => {
      await sh(
        `git init -q -b main; ${identity}; echo 1 > f; git add f; git commit -qm one; echo 2 > f; echo n > g; : > .git/index.lock`,
      )
      const index = await readFile(join(root, '.git/index'))
      assert.deepEqual(await changed(), { f: 'modified', g: 'untracked' })
      assert.match(await diff(), /-1\n\+2\n[\s\S]*\+n\n/)
      assert.deepEqual(await readFile(join(root, '.git/index')), index)
      if (process.geteuid?.() !== 0) return
      await chown(join(root, '.git'), 12_345, 12_345)
      await chmod(join(root, '.git'), 0o755)
      assert.deepEqual(await changed(), { f: 'modified', g: 'untracked' })
      const { uid, gid } = await stat(root)
      await chown(join(root, '.git'), uid, gid)
    })

    promise('[P47] very many changes come in pages, a huge diff is cut, and both in bounded time', async () => {
      await sh(`git init -q -b main; ${identity}; git commit -q --allow-empty -m one`)
      for (let number = 0; number < 10_500; number++)
        writeFileSync(join(root, `f${String(number).padStart(5, '0')}`), `${number}\n`)
      const first = await status()
      assert.deepEqual([first.changes.length, first.more, first.changes[0]?.path], [1000, true, 'f00000'])
      const last = await status(10_000)
      assert.deepEqual([last.changes.length, last.more, last.changes.at(-1)?.path], [500, false, 'f10499'])
      assert.equal((await status(20_000)).changes.length, 0)
      const outcome = await runtime.git.diff(undefined, noSignal)
      assert.ok(outcome.ok && outcome.truncated && outcome.text.length > 500_000 && outcome.text.length <= 1024 * 1024)
      assert.ok(outcome.text.endsWith('\n'))
      await sh('rm -f f*; yes 0123456789 | head -c 12000000 > text; yes abc | head -c 40000000 > large')
      const large = await runtime.git.diff('text', noSignal)
      assert.ok(large.ok && large.truncated && large.text.startsWith('diff --git a/text b/text'))
      assert.match(await diff('large'), /Binary files \/dev\/null and b\/large differ/)
    })

    promise('[S25] a revision or path that looks like an option is only a name', async () => {
      await sh(`git init -q; ${identity}; echo 1 > f; git add f; git commit -qm one`)
      for (const revision of [
        '--output=evil',
        '-p',
        '--help',
        '--textconv',
        '$(touch evil)',
        '`touch evil`',
        '',
        'a\0b',
        'HEAD:f',
        '..',
      ]) {
        assert.match(await show(revision, 'f'), /^refused: /, revision)
      }
      for (const path of ['--output=evil', '-O', '--ext-diff', ':(glob)**']) assert.equal(await diff(path), '', path)
      assert.deepEqual(await readdir(root), ['.git', 'f'])
    })

    promise(
      '[S24] nothing that a repository brings is run outside, and settings that run programs not at all',
      async () => {
        const canary = join('/tmp', `openhands-canary-${process.pid}`)
        const touch = `sh -c 'touch ${canary}-$0; touch ${runtime.workspace}/ran-$0'`
        await sh(
          `git init -q -b main; ${identity}; echo 1 > f; echo '* diff=evil' > .gitattributes; git add .; git commit -qm one; echo 2 > f; echo n > g`,
        )
        const settings = {
          'core.fsmonitor': 'fsmonitor',
          'core.pager': 'pager',
          'core.sshCommand': 'ssh',
          'core.editor': 'editor',
          'diff.external': 'external',
          'diff.evil.textconv': 'textconv',
          'diff.evil.command': 'command',
          'gpg.program': 'gpg',
          'credential.helper': 'credential',
          'alias.status': 'alias',
          'uploadpack.packObjectsHook': 'upload',
          'core.alternateRefsCommand': 'alternate',
          'pager.status': 'pager2',
          'pager.diff': 'pager3',
        }
        for (const [setting, mark] of Object.entries(settings))
          await sh(`git config ${setting} "${touch.replaceAll('"', '\\"')} ${mark}"`)
        await sh(
          'mkdir hooks; for h in post-index-change pre-commit post-checkout reference-transaction fsmonitor-watchman; do printf "#!/bin/sh\\ntouch %s/ran-$h" "$PWD" > hooks/$h; chmod +x hooks/$h; done; git config core.hooksPath hooks; git config log.showSignature true; printf "[include]\\npath = ../more\\n" >> .git/config; printf "[core]\\nfsmonitor = touch ran-include\\n" > more',
        )
        await sh(
          'mkdir -p bare/objects bare/refs; printf "ref: refs/heads/main" > bare/HEAD; printf "[core]\\nbare = true\\nworktree = ..\\nfsmonitor = touch ran-bare" > bare/config; rm -f ran-*',
        )
        const before = (await readdir(root)).sort()
        assert.equal((await changed())['f'], 'modified')
        assert.match(await diff(), /-1\n\+2\n/)
        assert.equal(await show('HEAD', 'f'), '1\n')
        await diff('bare')
        assert.deepEqual((await readdir(root)).sort(), before)
        assert.deepEqual(
          (await readdir('/tmp')).filter(each => each.startsWith(`openhands-canary-${process.pid}`)),
          [],
        )
      },
    )

    promise('[P47] one git at a time: many who ask get their answers one after the other', async () => {
      await sh(
        `git init -q; ${identity}; echo 1 > f; git add f; git commit -qm one; echo '* filter=slow' > .gitattributes; git config filter.slow.clean 'ls /proc/*/cmdline | wc -l >/dev/null; echo x >> ${runtime.workspace}/running; [ $(wc -l < ${runtime.workspace}/running) = 1 ] || echo x > ${runtime.workspace}/overlap; sleep 0.05; rm -f ${runtime.workspace}/running; cat'; touch f`,
      )
      const answers = await Promise.all(Array.from({ length: 8 }, () => runtime.git.status(0, noSignal)))
      assert.ok(answers.every(answer => answer.ok && answer.repository))
      assert.equal(existsSync(join(root, 'overlap')), false)
      const many = await Promise.all(Array.from({ length: 40 }, () => runtime.git.status(0, noSignal)))
      assert.ok(many.some(answer => !answer.ok && /too much/.test(answer.message)))
      await rm(join(root, 'running'), { force: true })
    })

    promise('[P47] what is given up, or takes too long, is ended with all that it started', async () => {
      const [given, slow] = [sleepOf(), sleepOf()]
      await sh(
        `git init -q; ${identity}; echo 1 > f; git add f; git commit -qm one; echo '* filter=slow' > .gitattributes; git config filter.slow.clean '(${given} & ${given}); cat'; touch f`,
      )
      const abort = new AbortController()
      const asked = runtime.git.status(0, abort.signal)
      const isRunning = (sleep: string): boolean => processesWith(sleep.replace(' ', '\0')).length > 0
      while (!isRunning(given)) await sh('true')
      abort.abort(new Error('given up'))
      await assert.rejects(asked, /given up/)
      while (isRunning(given)) await sh('true')
      await sh(`git config filter.slow.clean '(${slow} & ${slow}); cat'`)
      assert.match(JSON.stringify(await runtime.git.status(0, noSignal)), /longer than 10 seconds/)
      while (isRunning(slow)) await sh('true')
      await sh('git config --unset filter.slow.clean')
      assert.equal((await status()).repository, true)
    })

    promise('[P47] a repository that is damaged is told in git’s own words', async () => {
      await sh('git init -q; echo "[broken" > .git/config')
      const outcome = await runtime.git.status(0, noSignal)
      assert.match(outcome.ok ? '' : outcome.message, /^Git failed: .*config/)
      await mkdir(join(root, 'x'))
      await writeFile(join(root, '.git/config'), '')
    })
  })
}
