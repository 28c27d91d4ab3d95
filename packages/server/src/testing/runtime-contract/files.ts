import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { mkdir, readdir, readFile, readlink, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { promisify } from 'node:util'
import type { FilesChanged, Runtime } from '../../core/ports.ts'
import { eventually, type RuntimeWorld, run, startIn } from '../runtime-contract.ts'

const noSignal = new AbortController().signal
const anySize = { limit: 1024 ** 3 }
const execute = promisify(execFile)

/** The bytes of a stream, all of them. */
async function collect(output: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const pieces: Uint8Array[] = []
  for await (const piece of output) pieces.push(piece)
  return Buffer.concat(pieces)
}

async function download(runtime: Runtime, path: string, offset = 0): Promise<Buffer | string> {
  const outcome = await runtime.files.download(path, offset, noSignal)
  if (!outcome.ok) return outcome.message
  await using stream = outcome.stream
  return await collect(stream.output)
}

async function upload(runtime: Runtime, path: string, text: string): Promise<string> {
  const outcome = await runtime.files.upload(path, only(Buffer.from(text)), anySize, noSignal)
  return outcome.ok ? 'ok' : outcome.message
}

async function* only(...pieces: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* pieces
}

/** Unpacks with a reader that is not ours, and as no tool for people does: odd names, links and modes are kept. */
const unpacker = `
import os, stat, sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as archive:
    assert archive.testzip() is None
    for entry in archive.infolist():
        path, mode = os.path.join(sys.argv[2], entry.filename), entry.external_attr >> 16
        if entry.is_dir(): os.makedirs(path, exist_ok=True)
        elif stat.S_ISLNK(mode): os.symlink(archive.read(entry), path)
        else:
            with open(path, 'xb') as file: file.write(archive.read(entry))
            os.chmod(path, stat.S_IMODE(mode))
`

/** An archive as a folder of the host. */
async function unpack(runtime: Runtime, path: string, into: string): Promise<void> {
  const outcome = await runtime.files.archive(path, noSignal)
  assert.ok(outcome.ok, JSON.stringify(outcome))
  await using stream = outcome.stream
  await mkdir(into)
  await writeFile(`${into}.zip`, await collect(stream.output))
  await execute('python3', ['-c', unpacker, `${into}.zip`, into])
}

/** What every sandbox promises of the files of a workspace. */
export function filesContract(name: string, makeWorld: () => Promise<RuntimeWorld>): void {
  describe(`${name}: files`, () => {
    let world: RuntimeWorld
    let runtime: Runtime
    /** The workspace as the host sees it. */
    let root: string
    let outside: string
    before(async () => {
      world = await makeWorld()
      root = await world.directory()
      outside = await world.directory()
      runtime = await startIn(world.runtimes, root)
    })
    after(async () => {
      await runtime[Symbol.asyncDispose]()
      await world[Symbol.asyncDispose]()
    })
    let count = 0
    /** Each case has a folder of its own in the one workspace, which it is told by name. */
    const promise = (rule: string, body: (folder: string) => Promise<void>): void =>
      void test(rule, { timeout: 120_000 }, async () => {
        const folder = `case${++count}`
        await run(runtime, `cd ${runtime.workspace} && mkdir ${folder} && cd ${folder}`)
        await body(folder)
      })

    promise(
      '[P14] replacing a file that changed since it was read is refused, until it is viewed again',
      async folder => {
        const path = `${folder}/f`
        await run(runtime, 'echo one > f')
        assert.deepEqual(await runtime.read(path, noSignal), { ok: true, text: 'one\n' })
        await run(runtime, 'echo two > f')
        const refused = await runtime.write(path, 'three\n', noSignal)
        assert.match(refused.ok ? '' : refused.message, /has changed since .* View it again/)
        assert.equal(await readFile(join(root, path), 'utf8'), 'two\n')
        assert.equal((await runtime.view(path, undefined, noSignal)).ok, true)
        assert.deepEqual(await runtime.write(path, 'three\n', noSignal), { ok: true })
        assert.deepEqual(await runtime.write(path, 'four\n', noSignal), { ok: true })
      },
    )

    promise('[P14] what a user saves between two steps is not overwritten unseen', async folder => {
      const path = `${folder}/f`
      assert.equal((await runtime.write(path, 'agent\n', noSignal)).ok, true)
      assert.equal(await upload(runtime, path, 'user\n'), 'ok')
      assert.equal((await runtime.write(path, 'agent again\n', noSignal)).ok, false)
      assert.equal((await download(runtime, path)).toString(), 'user\n')
      assert.equal(
        (await runtime.write(path, 'agent again\n', noSignal)).ok,
        false,
        'a download is no look of the agent',
      )
    })

    promise(
      '[P14] a change that is only seen, touched, undone, gone or never looked at hinders nothing',
      async folder => {
        const path = `${folder}/f`
        await run(runtime, 'echo one > f; echo x > never')
        await runtime.read(path, noSignal)
        await run(runtime, 'touch f; cp f g; mv g f')
        assert.deepEqual(await runtime.write(path, 'two\n', noSignal), { ok: true })
        await run(runtime, 'rm f')
        assert.deepEqual(await runtime.write(path, 'three\n', noSignal), { ok: true })
        assert.deepEqual(await runtime.write(`${folder}/never`, 'y\n', noSignal), { ok: true })
      },
    )

    promise(
      '[P14] str_replace works on a changed file and says so; insert by number and the next whole write do not',
      async folder => {
        const path = `${folder}/f`
        await run(runtime, "printf 'a\\nb\\nc\\n' > f; ln -s f l")
        await runtime.view(`${folder}/l`, undefined, noSignal)
        await run(runtime, "printf 'new\\na\\nb\\nc\\n' > f")
        const inserted = await runtime.edit({ command: 'insert', path, line: 1, text: 'x' }, noSignal)
        assert.match(inserted.ok ? '' : inserted.message, /has changed since/)
        const replaced = await runtime.edit({ command: 'str_replace', path, oldText: 'b\n', newText: 'B\n' }, noSignal)
        assert.match(replaced.ok ? replaced.summary : '', /changed by others/)
        assert.equal(await readFile(join(root, path), 'utf8'), 'new\na\nB\nc\n')
        assert.equal((await runtime.write(path, 'all\n', noSignal)).ok, false)
        assert.equal((await runtime.edit({ command: 'undo_edit', path }, noSignal)).ok, true)
        assert.equal((await runtime.write(path, 'all\n', noSignal)).ok, false)
        await runtime.view(path, undefined, noSignal)
        assert.equal((await runtime.edit({ command: 'insert', path, line: 1, text: 'x' }, noSignal)).ok, true)
        assert.equal((await runtime.write(path, 'all\n', noSignal)).ok, true)
      },
    )

    promise(
      '[P14] [P32] a write keeps mode and hard links, and works where only the file may be written',
      async folder => {
        await run(runtime, 'echo 1 > a; chmod 751 a; ln a b; mkdir d; echo 1 > d/f; chmod 640 d/f; chmod 500 d')
        assert.deepEqual(await runtime.write(`${folder}/a`, '2\n', noSignal), { ok: true })
        assert.deepEqual(await runtime.write(`${folder}/d/f`, '2\n', noSignal), { ok: true })
        assert.equal(
          (await run(runtime, 'cat b d/f; stat -c %a a d/f; chmod 700 d; ls -A1 . d')).output,
          '2\n2\n751\n640\n.:\na\nb\nd\n\nd:\nf\n',
        )
      },
    )

    promise('[wire A5.4] a folder is listed, folders first, with kinds, sizes and what links lead to', async folder => {
      await run(
        runtime,
        'mkdir sub .h; printf abc > b; touch "a\nb"; mkfifo pipe; ln -s sub ls; ln -s b lb; ln -s /etc le; ln -s none ln',
      )
      const outcome = await runtime.files.list(folder, noSignal)
      assert.ok(outcome.ok)
      assert.deepEqual(
        outcome.entries.map(({ name: each, kind, size, to }) => [each, kind, size, to]),
        [
          ['.h', 'folder', 0, undefined],
          ['sub', 'folder', 0, undefined],
          ['a\nb', 'file', 0, undefined],
          ['b', 'file', 3, undefined],
          ['lb', 'link', 0, 'file'],
          ['le', 'link', 0, undefined],
          ['ln', 'link', 0, undefined],
          ['ls', 'link', 0, 'folder'],
          ['pipe', 'other', 0, undefined],
        ],
      )
      assert.equal(outcome.leftOut, 0)
      assert.ok(outcome.entries.every(({ changed }) => Math.abs(changed - Date.now()) < 3_600_000))
      assert.equal((await runtime.files.list(`${folder}/b`, noSignal)).ok, false)
      assert.equal((await runtime.files.list(`${folder}/pipe`, noSignal)).ok, false)
      assert.equal((await runtime.files.list(`${folder}/none`, noSignal)).ok, false)
      const whole = await runtime.files.list(runtime.workspace, noSignal)
      assert.ok(whole.ok && whole.entries.some(entry => entry.name === folder))
    })

    promise('[P48] a folder of very many files is listed in part, and that is said', async folder => {
      for (let number = 1; number <= 12_000; number++) {
        writeFileSync(join(root, folder, `f${String(number).padStart(6, '0')}`), '')
      }
      await mkdir(join(root, folder, 'z'))
      const outcome = await runtime.files.list(folder, noSignal)
      assert.ok(outcome.ok)
      assert.deepEqual([outcome.entries.length, outcome.leftOut], [10_000, 2001])
      assert.deepEqual([outcome.entries[0]?.name, outcome.entries[1]?.name], ['z', 'f000001'])
    })

    promise('[P48] names that are no UTF-8 are listed and otherwise left out', async folder => {
      await run(runtime, "printf x > $'bad\\xff'; mkdir $'d\\xfe'; touch $'d\\xfe/in'; echo ok > good")
      const outcome = await runtime.files.list(folder, noSignal)
      assert.ok(outcome.ok)
      assert.deepEqual(
        outcome.entries.map(entry => [entry.name, entry.size]),
        [
          ['d\ufffd', 0],
          ['bad\ufffd', 1],
          ['good', 3],
        ],
      )
      const into = join(outside, folder)
      await unpack(runtime, folder, into)
      assert.deepEqual((await readdir(into)).sort(), ['LEFT-OUT.txt', 'good'])
    })

    promise('[P48] a file is downloaded byte for byte, from an offset too', async folder => {
      const bytes = Buffer.from(Array.from({ length: 700_001 }, (_, index) => (index * 7919) % 251))
      await writeFile(join(root, folder, 'big'), bytes)
      assert.deepEqual(await download(runtime, `${folder}/big`), bytes)
      assert.deepEqual(await download(runtime, `${runtime.workspace}/${folder}/big`, 699_990), bytes.subarray(699_990))
      assert.deepEqual(await download(runtime, `${folder}/big`, 700_001), Buffer.alloc(0))
      for (const offset of [700_002, -1, 0.5])
        assert.match(String(await download(runtime, `${folder}/big`, offset)), /700001 bytes/)
    })

    promise(
      '[S14] a file that shrinks while it is downloaded ends with an error, one that grows as it was',
      async folder => {
        await run(runtime, 'head -c 5000000 /dev/zero > shrinks; head -c 5000000 /dev/zero > grows')
        for (const [file, command] of [
          ['shrinks', 'truncate -s 10 shrinks'],
          ['grows', 'echo more >> grows'],
        ] as const) {
          const outcome = await runtime.files.download(`${folder}/${file}`, 0, noSignal)
          assert.ok(outcome.ok)
          await using stream = outcome.stream
          await run(runtime, command)
          if (file === 'shrinks') await assert.rejects(collect(stream.output), /became shorter/)
          else assert.equal((await collect(stream.output)).length, 5_000_000)
        }
      },
    )

    promise('[P48] a download that nobody reads on stops the reading, and its end frees it', async folder => {
      await run(runtime, 'truncate -s 3G sparse')
      const outcomes = await Promise.all(
        Array.from({ length: 30 }, () => runtime.files.download(`${folder}/sparse`, 0, noSignal)),
      )
      const opened = outcomes.flatMap(outcome => (outcome.ok ? [outcome] : []))
      assert.equal(opened.length, 24)
      assert.ok(outcomes.some(outcome => !outcome.ok && /at a time/.test(outcome.message)))
      assert.equal((await run(runtime, 'echo still here')).output, 'still here\n')
      for (const { stream } of opened) await stream[Symbol.asyncDispose]()
      assert.equal((await download(runtime, `${folder}/sparse`, 3 * 1024 ** 3 - 5)).length, 5)
    })

    promise('[P48] an upload is there under its name only when it is whole', async folder => {
      const path = `${folder}/new/deep/f.bin`
      const seen: string[][] = []
      async function* slowly(): AsyncGenerator<Uint8Array> {
        yield Buffer.alloc(300_000, 1)
        seen.push((await readdir(join(root, folder), { recursive: true })).sort())
        yield Buffer.alloc(300_000, 2)
      }
      const outcome = await runtime.files.upload(path, slowly(), anySize, noSignal)
      assert.ok(outcome.ok, JSON.stringify(outcome))
      assert.equal(outcome.size, 600_000)
      assert.match(String(seen), /^\.openhands-\w+\.tmp$/)
      const bytes = await readFile(join(root, path))
      assert.deepEqual(bytes, Buffer.concat([Buffer.alloc(300_000, 1), Buffer.alloc(300_000, 2)]))
      assert.equal((await stat(join(root, path))).mode & 0o777, 0o644)
      assert.deepEqual(await readdir(join(root, folder)), ['new'])
    })

    promise('[P48] [P32] a file that an upload replaces keeps mode and hard links', async folder => {
      await run(runtime, 'echo 1 > a; chmod 750 a; echo 1 > b; ln b c; chmod 600 b; ln -s a l')
      for (const file of ['a', 'b', 'l']) assert.equal(await upload(runtime, `${folder}/${file}`, `new ${file}`), 'ok')
      assert.equal(
        (await run(runtime, 'cat a; echo; cat c; echo; stat -c %a a b; readlink l; ls -A1')).output,
        'new l\nnew b\n750\n600\na\na\nb\nc\nl\n',
      )
    })

    promise('[P48] an upload that is aborted, fails or is too large leaves nothing', async folder => {
      const abort = new AbortController()
      async function* endless(): AsyncGenerator<Uint8Array> {
        for (let sent = 0; ; sent++) {
          if (sent === 20) abort.abort(new Error('stopped'))
          yield Buffer.alloc(100_000)
        }
      }
      async function* broken(): AsyncGenerator<Uint8Array> {
        yield Buffer.alloc(100_000)
        throw new Error('the client has gone')
      }
      async function* stalled(): AsyncGenerator<Uint8Array> {
        yield Buffer.alloc(100_000)
        queueMicrotask(() => late.abort(new Error('late')))
        await new Promise(() => undefined)
      }
      const late = new AbortController()
      const path = `${folder}/made/f`
      await assert.rejects(runtime.files.upload(path, endless(), anySize, abort.signal), /stopped/)
      await assert.rejects(runtime.files.upload(path, broken(), anySize, noSignal), /has gone/)
      await assert.rejects(runtime.files.upload(path, stalled(), anySize, late.signal), /late/)
      const large = await runtime.files.upload(path, only(Buffer.alloc(1001)), { limit: 1000 }, noSignal)
      assert.match(large.ok ? '' : large.message, /larger than 1000 bytes/)
      async function* never(): AsyncGenerator<Uint8Array> {
        yield Buffer.alloc(1001)
        await new Promise(() => undefined)
      }
      assert.equal((await runtime.files.upload(path, never(), { limit: 1000 }, noSignal)).ok, false)
      assert.deepEqual(await readdir(join(root, folder)), [])
    })

    promise('[P14] an upload for a version replaces that one only', async folder => {
      const path = `${folder}/f`
      const put = (text: string, onlyIf: string): ReturnType<Runtime['files']['upload']> =>
        runtime.files.upload(path, only(Buffer.from(text)), { ...anySize, onlyIf }, noSignal)
      const first = await put('1', 'none')
      assert.ok(first.ok)
      assert.match(JSON.stringify(await put('2', 'none')), /already exists/)
      const seen = await runtime.files.download(path, 0, noSignal)
      assert.ok(seen.ok)
      await seen.stream[Symbol.asyncDispose]()
      assert.equal(seen.version, first.version)
      await run(runtime, 'printf x > f')
      assert.match(JSON.stringify(await put('2', seen.version)), /has changed/)
      assert.equal(await readFile(join(root, path), 'utf8'), 'x')
      assert.deepEqual(await readdir(join(root, folder)), ['f'])
    })

    promise('[S10] [S27] what is not in the workspace, or no name of a file, is refused alike', async folder => {
      const above = '../'.repeat(20)
      const paths = [
        '/etc/passwd',
        '/etc/none',
        `${above}etc/passwd`,
        `${folder}/../../x`,
        `${runtime.workspace}-evil/x`,
        '/',
        '/proc/self/environ',
        '~/../../x',
      ]
      for (const path of paths) {
        const said = [await download(runtime, path), await upload(runtime, path, 'x')]
        const listed = await runtime.files.list(path, noSignal)
        const packed = await runtime.files.archive(path, noSignal)
        const isRefused = said.every(each => typeof each === 'string') && !listed.ok && !packed.ok
        assert.ok(isRefused || path.startsWith('~'), path)
      }
      const messages = await Promise.all(['/etc/passwd', '/etc/none'].map(path => download(runtime, path)))
      assert.deepEqual(messages, ['Not in the workspace: /etc/passwd.', 'Not in the workspace: /etc/none.'])
      for (const path of [
        '',
        '.',
        '..',
        `${folder}/`,
        `${folder}/.`,
        `${folder}/..`,
        'a\0b',
        'x'.repeat(300),
        'a/'.repeat(5000),
        folder,
      ]) {
        assert.notEqual(await upload(runtime, path, 'x'), 'ok', path)
      }
      for (const path of ['', 'a\0b', 'x'.repeat(300), `${'a/'.repeat(5000)}b`])
        assert.equal(typeof (await download(runtime, path)), 'string', path)
      assert.deepEqual(await readdir(join(root, folder)), [])
    })

    promise('[S11] links that lead out are not followed, pipes and devices do not hang', async folder => {
      await writeFile(join(outside, `secret-${folder}`), 'secret')
      const links = [
        ['passwd', '/etc/passwd'],
        ['environ', '/proc/self/environ'],
        ['root', '/proc/self/root'],
        ['up', '../../..'],
        ['one', 'two'],
        ['two', 'three'],
        ['three', '/etc'],
        ['loop', 'loop'],
        ['null', '/dev/null'],
        ['host', outside],
      ] as const
      for (const [from, to] of links) await symlink(to, join(root, folder, from))
      await run(runtime, 'mkfifo pipe; echo inside > real; ln -s real fine; mkdir dir; ln -s dir door')
      const targets = [
        'passwd',
        'environ',
        'root/etc/passwd',
        'up/etc/passwd',
        'one/passwd',
        'loop',
        'null',
        'pipe',
        `host/secret-${folder}`,
      ]
      for (const target of targets) {
        assert.equal(typeof (await download(runtime, `${folder}/${target}`)), 'string', target)
        assert.notEqual(await upload(runtime, `${folder}/${target}`, 'x'), 'ok', target)
      }
      for (const target of ['root', 'up', 'one', 'loop', 'host', 'passwd']) {
        assert.equal((await runtime.files.list(`${folder}/${target}`, noSignal)).ok, false, target)
        assert.equal((await runtime.files.archive(`${folder}/${target}`, noSignal)).ok, false, target)
        assert.notEqual(await upload(runtime, `${folder}/${target}/new`, 'x'), 'ok', target)
      }
      assert.equal((await download(runtime, `${folder}/fine`)).toString(), 'inside\n')
      assert.equal(await upload(runtime, `${folder}/door/new`, 'x'), 'ok')
      assert.equal(await readFile(join(root, folder, 'dir/new'), 'utf8'), 'x')
      assert.deepEqual(
        await readdir(outside),
        (await readdir(outside)).filter(each => each !== 'new'),
      )
    })

    promise('[S11] a folder that is exchanged for a link again and again lets nothing in or out', async folder => {
      const trap = `/tmp/openhands-trap-${folder}-${process.pid}`
      await run(runtime, `mkdir real; printf inside > real/f; mkdir ${trap}; printf OUTSIDE > ${trap}/f`)
      // The host makes the links: it is no faster than a program inside, but it can be ended by its handle.
      const script = `
        import { renameSync, rmSync, symlinkSync } from 'node:fs'
        process.chdir(process.argv[1]); symlinkSync(process.argv[2], 'link')
        const rest = new Int32Array(new SharedArrayBuffer(4))
        for (let round = 0; ; round++) {
          const name = round % 2 ? 'real' : 'link'
          try { renameSync(name, 'd'); if (round % 3 === 0) Atomics.wait(rest, 0, 0, round % 10); renameSync('d', name) }
          catch { rmSync('d', { recursive: true, force: true }) }
        }`
      const swapper = execFile(process.execPath, ['--input-type=module', '-e', script, join(root, folder), trap])
      try {
        for (let round = 0; round < 400; round++) {
          if (round % 3 === 0) await upload(runtime, `${folder}/d/g${round % 5}`, 'x')
          const read = await download(runtime, `${folder}/d/f`)
          if (typeof read !== 'string') assert.equal(read.toString(), 'inside')
          if (round % 50 === 0) {
            const packed = await runtime.files.archive(folder, noSignal)
            assert.ok(packed.ok)
            assert.equal((await collect(packed.stream.output)).includes('OUTSIDE'), false)
          }
        }
      } finally {
        swapper.kill('SIGKILL')
      }
      const left = await run(runtime, `ls -A ${trap}; cat ${trap}/f; rm -r ${trap}`)
      assert.equal(left.output, 'f\nOUTSIDE')
    })

    promise('[P48] [S14] an archive holds the tree as it is: modes, links as links, no pipes', async folder => {
      const at = join(root, folder)
      await run(
        runtime,
        `mkdir -p a/b empty; printf 'x%.0s' $(seq 5000) > a/b/text; echo s > a/run; chmod 755 a/run; mkfifo pipe; ln -s a/run good; ln -s /etc/passwd out; touch 'quote"d' $'new\\nline' 'back\\slash' ünï; head -c 400000 /dev/urandom > a/large.bin; : > a/none`,
      )
      const into = join(outside, folder)
      await unpack(runtime, folder, into)
      assert.deepEqual(
        (await readdir(into, { recursive: true })).filter(each => each !== 'LEFT-OUT.txt').sort(),
        (await readdir(at, { recursive: true })).filter(each => each !== 'pipe').sort(),
      )
      for (const file of ['a/b/text', 'a/large.bin', 'a/run', 'a/none'])
        assert.deepEqual(await readFile(join(into, file)), await readFile(join(at, file)), file)
      assert.equal((await stat(join(into, 'a/run'))).mode & 0o777, 0o755)
      assert.deepEqual(
        [await readlink(join(into, 'good')), await readlink(join(into, 'out'))],
        ['a/run', '/etc/passwd'],
      )
      assert.match(await readFile(join(into, 'LEFT-OUT.txt'), 'utf8'), /"pipe"/)
    })

    promise('[S14] an archive survives files that grow, vanish or may not be read', async folder => {
      await run(
        runtime,
        'echo old > LEFT-OUT.txt; head -c 3000000 /dev/urandom > log; echo x > locked; chmod 000 locked; mkdir closed; touch closed/in; chmod 000 closed; (while [ -e log ]; do head -c 100000 /dev/urandom >> log; done) & ',
      )
      const into = join(outside, folder)
      await unpack(runtime, folder, into)
      await run(runtime, 'chmod 755 closed; rm -f log')
      assert.ok((await stat(join(into, 'log'))).size >= 3_000_000)
      assert.equal(await readFile(join(into, 'LEFT-OUT.txt'), 'utf8'), 'old\n')
      // Root reads what nobody may read, where there is no sandbox to keep it from that.
      const left = await readFile(join(into, 'LEFT-OUT-2.txt'), 'utf8').catch(() => '')
      const packed = await readdir(into, { recursive: true })
      for (const [path, said] of [
        ['locked', '"locked"'],
        ['closed/in', '"closed/"'],
      ] as const)
        assert.notEqual(packed.includes(path), left.includes(said), path)
    })

    promise('[P48] an archive begins at once and is bounded, also of ten thousand files', async folder => {
      for (let number = 1; number <= 100; number++) {
        const inner = join(root, folder, `d${number}`)
        await mkdir(inner)
        for (let file = 1; file <= 100; file++) writeFileSync(join(inner, `f${file}`), `${number} ${file}\n`)
      }
      const started = performance.now()
      const outcome = await runtime.files.archive(folder, noSignal)
      assert.ok(outcome.ok)
      await using stream = outcome.stream
      const reader = stream.output[Symbol.asyncIterator]()
      const first = await reader.next()
      assert.ok(first.done !== true && performance.now() - started < 5000)
      await reader.return?.()
      const into = join(outside, folder)
      await unpack(runtime, folder, into)
      assert.equal((await readdir(into, { recursive: true })).length, 10_100)
    })

    promise('[P47] changes are told by event, joined, to all who watch, and no longer afterwards', async folder => {
      await run(runtime, 'mkdir -p old node_modules/x .git; touch .git/HEAD')
      const told: Set<string>[] = [new Set(), new Set()]
      const aborts = [new AbortController(), new AbortController()] as const
      const note = (index: number) => (change: FilesChanged) => {
        for (const path of change.paths) told[index]?.add(path)
      }
      assert.deepEqual(await runtime.files.watch(note(0), aborts[0].signal), { ok: true })
      assert.deepEqual(await runtime.files.watch(note(1), aborts[1].signal), { ok: true })
      await run(
        runtime,
        'echo x > old/f; mkdir -p new/deep; echo x > node_modules/x/y; echo x > .git/objects; echo y > .git/HEAD',
      )
      await eventually(
        () =>
          told.every(paths => [`${folder}/old/f`, `${folder}/new`, `${folder}/.git`].every(path => paths.has(path))),
        'changes are told',
      )
      await run(runtime, 'echo x > new/deep/late; mv old older')
      await eventually(
        () => told.every(paths => paths.has(`${folder}/new/deep/late`) && paths.has(`${folder}/older`)),
        'new folders are watched',
      )
      for (const paths of told) paths.clear()
      await run(runtime, 'echo x > older/g; rm -r new; mkdir -p new/deep')
      await eventually(
        () => told.every(paths => paths.has(`${folder}/older/g`) && paths.has(`${folder}/new`)),
        'renamed folders are watched',
      )
      await run(runtime, 'echo x > new/deep/again')
      await eventually(
        () => told.every(paths => paths.has(`${folder}/new/deep/again`)),
        'folders made anew are watched',
      )
      assert.equal(
        [...(told[0] ?? [])].some(
          path => path.includes('node_modules/') || path.includes('objects') || path.includes('.tmp'),
        ),
        false,
      )
      aborts[0].abort()
      await run(runtime, 'echo x > last')
      await eventually(() => told[1]?.has(`${folder}/last`) === true, 'the other goes on')
      assert.equal(told[0]?.has(`${folder}/last`), false)
      aborts[1].abort()
      const again = new AbortController()
      assert.deepEqual(await runtime.files.watch(note(0), again.signal), { ok: true })
      await run(runtime, 'echo x > more')
      await eventually(() => told[0]?.has(`${folder}/more`) === true, 'a later one begins anew')
      again.abort()
    })

    promise('[P47] too many changes to name are told as all', async () => {
      const abort = new AbortController()
      let isAll = false
      await runtime.files.watch(change => {
        isAll ||= change.all && change.paths.length === 0
      }, abort.signal)
      // However slow the machine is, at some time enough of it falls into one interval.
      const touchMany = async (): Promise<boolean> => {
        if (!isAll) await run(runtime, 'seq -f "f%g" 3000 | xargs touch')
        return isAll
      }
      await eventually(touchMany, 'all')
      abort.abort()
    })

    test('[P48] the draft of an upload whose sandbox was killed is removed by the next', {
      timeout: 60_000,
    }, async () => {
      const directory = await world.directory()
      const first = await startIn(world.runtimes, directory, 7)
      async function* dying(): AsyncGenerator<Uint8Array> {
        yield Buffer.alloc(500_000)
        await eventually(async () => (await readdir(directory)).length === 1, 'the draft is there')
        await first[Symbol.asyncDispose]()
        yield Buffer.alloc(500_000)
      }
      await assert.rejects(first.files.upload('f', dying(), anySize, noSignal))
      assert.match(String(await readdir(directory)), /^\.openhands-\w+\.tmp$/)
      await using second = await startIn(world.runtimes, directory, 7)
      await eventually(async () => (await readdir(directory)).length === 0, 'it is gone')
      assert.ok(second.workspace)
    })
  })
}
