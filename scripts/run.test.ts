/** The parts of the verbs that start and end programs, tried on real ones. */
import assert from 'node:assert/strict'
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { describe, type TestContext, test } from 'node:test'
import { testArguments } from './test-arguments.mjs'

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'openhands-run-'))
  t.after(() => rmSync(path, { recursive: true, force: true }))
  return path
}

function write(root: string, files: Readonly<Record<string, string>>): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), content)
  }
}

/** Runs a module text with a JSON value as its `input`. */
function script(module: string, input: unknown, env: Readonly<Record<string, string>> = {}): ChildProcess {
  const code = `const input = ${JSON.stringify(input)}\n${module}`
  const args = ['--input-type=module', '--eval', code]
  return spawn(process.execPath, args, { cwd: import.meta.dirname, env: { ...process.env, ...env }, stdio: 'pipe' })
}

async function firstLine(child: ChildProcess): Promise<string> {
  assert.ok(child.stdout)
  const lines = createInterface({ input: child.stdout })
  const [line]: unknown[] = await once(lines, 'line')
  return String(line)
}

const IN_PLACE = `
  import { endLike, runChild } from './child.mjs'
  endLike(await runChild(process.execPath, ['--eval', input], { stdio: 'inherit' }))`

describe('a program run in the place of another', () => {
  test('its exit code is passed on', async () => {
    const [code] = await once(script(IN_PLACE, 'process.exit(7)'), 'exit')
    assert.equal(code, 7)
  })

  test('the signal that ended it is passed on', async () => {
    const [code, signal] = await once(script(IN_PLACE, 'process.kill(process.pid, "SIGKILL")'), 'exit')
    assert.deepEqual([code, signal], [null, 'SIGKILL'])
  })

  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    test(`${name} reaches it, and it may end in its own way`, async () => {
      const polite = `process.on('${name}', () => process.exit(9)); setInterval(() => {}, 1000); console.log('ready')`
      const child = script(IN_PLACE, polite)
      const exit = once(child, 'exit')
      await firstLine(child)
      child.kill(name)
      assert.deepEqual((await exit)[0], 9)
    })
  }

  test('a signal that npm repeats reaches it once', async () => {
    const counting = `
      let count = 0
      process.on('SIGHUP', () => { count += 1; if (count === 1) console.log('first') })
      process.on('SIGTERM', () => { console.log(count); process.exit() })
      setInterval(() => {}, 1000)
      console.log('ready')`
    const child = script(IN_PLACE, counting)
    assert.ok(child.stdout)
    const lines: AsyncIterator<string> = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
    await lines.next()
    child.kill('SIGHUP')
    await lines.next()
    child.kill('SIGHUP')
    child.kill('SIGTERM')
    assert.equal((await lines.next()).value, '1')
  })

  test('it does not outlive an npm that is killed without a word', async () => {
    const npm = `
      import { spawn } from 'node:child_process'
      spawn(process.execPath, ['--input-type=module', '--eval', input], { stdio: 'inherit' })`
    const server = `setInterval(() => {}, 1000); console.log('ready')`
    const run = `const input = ${JSON.stringify(server)}\n${IN_PLACE}`
    const child = script(npm, run, { npm_lifecycle_event: 'start' })
    assert.ok(child.stdout)
    const closed = once(child.stdout, 'close') // all that hold it have ended
    await firstLine(child)
    child.kill('SIGKILL')
    await closed
  })
})

test('npm runs every verb in the place of its shell, which would pass on neither signals nor its own end', () => {
  const { scripts } = JSON.parse(readFileSync(join(import.meta.dirname, '../package.json'), 'utf8'))
  for (const verb of ['start', 'dev', 'check', 'test', 'bench']) {
    assert.equal(scripts[verb], `exec node scripts/run.mjs ${verb}`)
  }
})

const LOCKED = `
  import { appendFileSync } from 'node:fs'
  import { setImmediate } from 'node:timers/promises'
  import { withLock } from './setup-lock.mjs'
  await withLock(input.lock, async () => {
    appendFileSync(input.log, 'in ')
    for (let i = 0; i < 1000; i += 1) await setImmediate()
    appendFileSync(input.log, 'out ')
  }, pid => console.log('waiting for ' + pid))`

describe('the lock of set-up', () => {
  test('two at once: one after the other', async t => {
    const root = folder(t)
    const input = { lock: join(root, 'lock'), log: join(root, 'log') }
    const exits = [1, 2, 3].map(async () => (await once(script(LOCKED, input), 'exit'))[0])
    assert.deepEqual(await Promise.all(exits), [0, 0, 0])
    assert.equal(readFileSync(input.log, 'utf8'), 'in out '.repeat(3))
    assert.equal(existsSync(input.lock), false)
  })

  test('the lock of a process that was killed is taken over at once', async t => {
    const root = folder(t)
    const input = { lock: join(root, 'lock'), log: join(root, 'log') }
    const gone = spawnSync(process.execPath, ['--version']).pid
    write(root, { 'lock/holder.json': JSON.stringify({ pid: gone, host: hostname() }) })
    const child = script(LOCKED, input)
    assert.ok(child.stdout)
    assert.equal(await text(child.stdout), '')
    assert.equal(readFileSync(input.log, 'utf8'), 'in out ')
  })

  test('the lock of a living process is waited for, and named', async t => {
    const root = folder(t)
    const input = { lock: join(root, 'lock'), log: join(root, 'log') }
    write(root, { 'lock/holder.json': JSON.stringify({ pid: process.pid, host: hostname() }) })
    const child = script(LOCKED, input)
    const exit = once(child, 'exit')
    assert.equal(await firstLine(child), `waiting for ${process.pid}`)
    rmSync(input.lock, { recursive: true })
    assert.deepEqual((await exit)[0], 0)
  })
})

describe('a run of tests', () => {
  const reporter = join(import.meta.dirname, 'no-skips.mjs')
  const use = "import { describe, test } from 'node:test'\n"

  function run(root: string, options: readonly string[] = []): { code: number | null; said: string } {
    const reporters = [`--test-reporter=${reporter}`, '--test-reporter-destination=stderr']
    const { NODE_TEST_CONTEXT: _, ...env } = process.env
    const args = ['--test', ...reporters, ...options, join(root, 'a.test.ts')]
    const { status, stderr } = spawnSync(process.execPath, args, { env, encoding: 'utf8' })
    return { code: status, said: stderr }
  }

  const rows: readonly (readonly [name: string, text: string, said: RegExp | undefined])[] = [
    ['all tests run: nothing is said', "describe('s', () => { test('a', () => {}) })", undefined],
    [
      'a skipped test',
      "test('a', () => {}); test.skip('b', () => {})",
      /^skipped, which fails the run: b \(.*a\.test\.ts:2\)/,
    ],
    ['a test that skips itself', "test('a', () => {}); test('b', t => t.skip('no docker'))", /^skipped, .* b /],
    ['a skipped suite', "test('a', () => {}); describe.skip('s', () => { test('b', () => {}) })", /^skipped, .* s /],
    ['a test for later', "test('a', () => {}); test.todo('b')", /^todo, which fails the run: b /],
    ['a file without a test', '', /^a file without a test, which fails the run: .*a\.test\.ts/],
  ]
  for (const [name, content, said] of rows) {
    test(`${said ? 'fails' : 'passes'}: ${name}`, t => {
      const root = folder(t)
      write(root, { 'a.test.ts': use + content })
      const result = run(root)
      assert.equal(result.code, said ? 1 : 0)
      if (said) assert.match(result.said, said)
      else assert.equal(result.said, '')
    })
  }

  test('fails: a pattern that fits no test', t => {
    const root = folder(t)
    write(root, { 'a.test.ts': `${use}test('a', () => {})` })
    assert.equal(run(root, ['--test-name-pattern=a']).code, 0)
    assert.deepEqual(run(root, ['--test-name-pattern=b']), { code: 1, said: 'no test ran: nothing was proved\n' })
  })
})

describe('which tests run', () => {
  const tree = {
    'packages/server/src/a.test.ts': '',
    'packages/server/src/a.ts': '',
    'packages/server/test/deep/b.test.ts': '',
    'packages/server/node_modules/x/x.test.ts': '',
    'scripts/c.test.ts': '',
  }
  const files = (words: readonly string[]): string[] => words.filter(word => word.endsWith('.test.ts'))

  const rows: readonly (readonly [words: readonly string[], files: readonly string[]])[] = [
    [[], ['packages/server/src/a.test.ts', 'packages/server/test/deep/b.test.ts', 'scripts/c.test.ts']],
    [['--only', 'packages/server/test'], ['packages/server/test/deep/b.test.ts']],
    [['scripts/c.test.ts', 'scripts'], ['scripts/c.test.ts']],
  ]
  for (const [words, expected] of rows) {
    test(`npm test ${words.join(' ')}`, t => {
      const root = folder(t)
      write(root, tree)
      assert.deepEqual(files(testArguments(root, words)), expected)
    })
  }

  test('options go to the test runner', t => {
    const root = folder(t)
    write(root, tree)
    assert.ok(testArguments(root, ['--test-name-pattern=x']).includes('--test-name-pattern=x'))
  })

  test('a path without tests is refused', t => {
    const root = folder(t)
    write(root, tree)
    assert.throws(
      () => testArguments(root, ['packages/server/src/a.ts']),
      /no test file at packages\/server\/src\/a\.ts/,
    )
    assert.throws(() => testArguments(root, ['nowhere']), /no test file at nowhere/)
    assert.throws(() => testArguments(root, ['--only']), /--only needs a path/)
  })
})
