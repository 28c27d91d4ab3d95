import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { ServerProcess, temporaryFolder } from '../src/testing/server-process.ts'
import { SocketClient } from '../src/testing/socket-client.ts'

const TASK = 'write a bash script that prints hello'

test('[seed] with no key at all, the task of the README is done for real, over a plain socket', async () => {
  await using folder = await temporaryFolder()
  await using server = await ServerProcess.start({ dataDir: folder.path })
  const client = await SocketClient.connect(server.url)
  client.send(`{"action": "start", "args": {"task": "${TASK}"}}`)
  await client.waitForState('finished')
  const run = client.events.find(event => 'observation' in event && event.observation === 'run')
  assert.ok(run && 'extras' in run && run.observation === 'run', client.trail())
  assert.match(run.content, /hello/)
  assert.equal(run.extras.exit_code, 0)
  assert.ok(client.events.some(event => 'action' in event && event.action === 'finish'))
  assert.deepEqual(
    client.events.map(event => event.id),
    [...client.events.keys()],
    'ids are dense from 0',
  )
  const workspaces = join(folder.path, 'workspaces')
  const [workspace = ''] = await readdir(workspaces)
  assert.match(await readFile(join(workspaces, workspace, 'hello.sh'), 'utf8'), /echo hello/)
})

test('[seed] that no model is configured is said in the log, in the chat and on the wire, with both variables', async () => {
  await using folder = await temporaryFolder()
  await using server = await ServerProcess.start({ dataDir: folder.path })
  const client = await SocketClient.connect(server.url)
  client.start(TASK)
  await client.waitForState('finished')
  const said = client.events.filter(
    event => 'action' in event && event.action === 'message' && event.source === 'environment',
  )
  const both = /LLM_MODEL.*LLM_API_KEY/s
  assert.match(said.map(event => event.message).join('\n'), both)
  assert.match(server.log.join('\n'), both)
})

test('[P49] the same task without a door ends with exit code 0 and says so', async () => {
  await using folder = await temporaryFolder()
  const { code, lines } = await headless([TASK, '--json', '--data-dir', folder.path])
  assert.equal(code, 0, lines.join('\n'))
  const events = lines.map(line => JSON.parse(line))
  assert.ok(events.some(event => event.observation === 'run' && event.content.includes('hello')))
  assert.equal(events.at(-1).ending, 'finished')
})

async function headless(args: readonly string[]): Promise<{ code: number | null; lines: string[] }> {
  const main = new URL('../bin/openhands.mjs', import.meta.url).pathname
  const child = spawn(process.execPath, [main, 'run', ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
  let output = ''
  child.stdout.on('data', data => {
    output += data
  })
  const code = await new Promise<number | null>(resolve => child.once('close', resolve))
  return { code, lines: output.trim().split('\n') }
}
