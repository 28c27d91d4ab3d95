import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { existsSync, readdirSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { comeUp, goneFromTree } from '../src/testing/process-tree.ts'
import { RuntimesProcess } from '../src/testing/runtimes-process.ts'
import { type Reply, tool } from '../src/testing/scripted-model/script.ts'
import { temporaryFolder } from '../src/testing/server-process.ts'
import { World } from '../src/testing/world.ts'

const MANY = 50
/** Milliseconds for fifty sandboxes on a machine that has two cores, and those busy. */
const patience = 240_000
const finish = tool('finish', { message: 'Done.' })

/** A word that no other process on this machine has in its command line. */
const mark = (): string => `mark${randomUUID().replaceAll('-', '')}`

/** Programs that try to outlive their sandbox: a session of its own, a daemon without parent or environment, a server. */
function escapees(word: string): string {
  const daemon = `import os,sys
if os.fork(): sys.exit()
os.setsid()
if os.fork(): sys.exit()
os.execve("/bin/bash", ["bash", "-c", "trap '' TERM HUP INT; sleep 9999; : ${word}"], {})`
  return [
    `setsid nohup bash -c 'sleep 9999; : ${word}' </dev/null >/dev/null 2>&1 &`,
    `python3 -c '${daemon.replaceAll("'", `'"'"'`)}' </dev/null >/dev/null 2>&1`,
    `mkdir -p /tmp/${word}; (setsid python3 -m http.server 8000 --directory /tmp/${word} >/dev/null 2>&1 &)`,
    `for i in $(seq 500); do [ "$(pgrep -cf ${word})" -ge 3 ] && break; sleep 0.05; done; echo up`,
  ].join('\n')
}
const kinds = 3

function bash(command: string): Reply {
  return tool('execute_bash', { command, timeout: 600 })
}

/** The control groups that a data directory knows of. */
function groupsOf(dataDir: string): string[] {
  const records = join(dataDir, 'runtime/groups')
  return existsSync(records) ? readdirSync(records) : []
}

test('[P08] fifty sandboxes started at once are each ready; disposed of, they leave nothing', {
  timeout: patience,
}, async () => {
  await using folder = await temporaryFolder()
  const word = mark()
  await using server = new RuntimesProcess({ options: { sandbox: 'bubblewrap', dataDirectory: folder.path } })
  const runtimes = await Promise.all(
    Array.from({ length: MANY }, async (_, at) => {
      const directory = join(folder.path, `workspace-${at}`)
      await mkdir(directory)
      const runtime = await server.start(String(at + 1).padStart(32, '0'), directory)
      assert.equal((await runtime.run(`echo ready ${at}`)).output, `ready ${at}\n`)
      return runtime
    }),
  )
  const results = await Promise.all(runtimes.map(runtime => runtime.run(escapees(word), 120_000)))
  for (const { output } of results) assert.match(output, /up\n/)
  await comeUp(word, MANY * kinds)
  await Promise.all(runtimes.map(runtime => runtime.end()))
  await goneFromTree(word)
  assert.deepEqual(groupsOf(folder.path), [])
})

for (const sandbox of ['bubblewrap', 'local'] as const) {
  const many = sandbox === 'local' ? 5 : MANY
  // Without a name space the number of the port and the name of processes are everybody's.
  const script = (word: string): string =>
    sandbox === 'local' ? escapees(word).replace('http.server 8000', 'http.server 0') : escapees(word)
  const start = async (world: World, sessions: number): Promise<void> => {
    await Promise.all(
      Array.from({ length: sessions }, async () => {
        const client = await world.connect()
        client.start('go')
        await client.waitForState('finished')
      }),
    )
  }
  const worldWith = (word: string): Promise<World> =>
    World.start({
      args: ['--sandbox', sandbox, '--confirmation', 'never'],
      script: ({ turn }) => (turn === 0 ? bash(script(word)) : finish),
    })

  test(`[P08] ${sandbox}: ${many} sessions of a server that gets SIGTERM leave nothing, and another's stay`, {
    timeout: patience,
  }, async () => {
    const [word, foreign] = [mark(), mark()]
    await using other = await worldWith(foreign)
    await start(other, 1)
    await using world = await worldWith(word)
    await start(world, many)
    await comeUp(word, many * kinds)
    assert.equal(await world.server.stop(), 0)
    await goneFromTree(word)
    assert.deepEqual(groupsOf(world.dataDir), [])
    await comeUp(foreign, kinds)
  })

  test(`[P08] ${sandbox}: ${many} sessions of a server that is killed leave nothing after the next start, and another's stay`, {
    timeout: patience,
  }, async () => {
    const [word, foreign] = [mark(), mark()]
    await using other = await worldWith(foreign)
    await start(other, 1)
    await using world = await worldWith(word)
    await start(world, many)
    await comeUp(word, many * kinds)
    await world.restart()
    await goneFromTree(word)
    assert.deepEqual(groupsOf(world.dataDir), [])
    await comeUp(foreign, kinds)
  })
}
