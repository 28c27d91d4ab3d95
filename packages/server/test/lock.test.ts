import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { ServerProcess, temporaryFolder } from '../src/testing/server-process.ts'
import { SocketClient } from '../src/testing/socket-client.ts'

const main = fileURLToPath(new URL('../bin/openhands.mjs', import.meta.url))

test('[P44] a second server on the same folder ends and names the first; after kill -9 the folder is free', async () => {
  await using folder = await temporaryFolder()
  await using first = await ServerProcess.start({ dataDir: folder.path })
  const child = spawn(process.execPath, [main, 'serve', '--port', '0', '--data-dir', folder.path], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const exited = new Promise(resolve => child.once('close', resolve))
  const [out, err] = await Promise.all([child.stdout.toArray(), child.stderr.toArray()])
  assert.ok(Number(await exited) > 0)
  assert.equal(out.join(''), '', 'it never listened')
  assert.match(err.join(''), new RegExp(`process ${first.pid}, at ${first.url}\\b`))
  assert.ok(err.join('').includes(folder.path))
  const client = await SocketClient.connect(first.url)
  await client.close()
  await first.kill()
  await using third = await ServerProcess.start({ dataDir: folder.path })
  await (await SocketClient.connect(third.url)).close()
  assert.equal(await third.stop(), 0)
})
