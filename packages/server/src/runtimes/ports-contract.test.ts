import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'
import { test } from 'node:test'
import { portsContract } from '../testing/runtime-contract/ports.ts'
import { connectTo, received, streamsContract } from '../testing/runtime-contract/streams.ts'
import { type RuntimeWorld, run, startIn } from '../testing/runtime-contract.ts'
import { temporaryWorld } from '../testing/temporary-world.ts'

function worldOf(sandbox: 'bubblewrap' | 'local'): Promise<RuntimeWorld> {
  return temporaryWorld(() => ({ sandbox }))
}

test("[P36] Python's web server on our own port stays in its sandbox", { timeout: 60_000 }, async () => {
  await using world = await worldOf('bubblewrap')
  await using runtime = await startIn(world.runtimes, await world.directory())
  const ours = createServer(socket => socket.end('ours')).listen(0, '127.0.0.1')
  await once(ours, 'listening')
  const { port } = ours.address() as AddressInfo // a TCP server that listens has one
  await run(runtime, `echo theirs >page.txt; python3 -m http.server ${port} >/dev/null 2>&1 &`)
  const stream = await connectTo(runtime, port)
  await stream.write(Buffer.from('GET /page.txt HTTP/1.0\r\n\r\n'))
  assert.match(String(await received(stream)), /^HTTP\/1\.0 200 OK\r\n.*\r\n\r\ntheirs\n$/s)
  const [outside] = await once(connect(port, '127.0.0.1'), 'data')
  assert.equal(String(outside), 'ours')
  ours.close()
})

for (const sandbox of ['bubblewrap', 'local'] as const) {
  streamsContract(sandbox, () => worldOf(sandbox))
  portsContract(sandbox, () => worldOf(sandbox))
}
