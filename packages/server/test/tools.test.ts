import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Event, ObservationOf } from '@openhands/protocol'
import { tool } from '../src/testing/scripted-model/script.ts'
import type { SocketClient } from '../src/testing/socket-client.ts'
import { World } from '../src/testing/world.ts'

function observations<N extends 'browse' | 'run_ipython' | 'run'>(
  client: SocketClient,
  name: N,
): readonly ObservationOf<N>[] {
  return client.events.filter((event): event is Event & ObservationOf<N> => {
    return 'observation' in event && event.observation === name
  })
}

const page =
  '<title>Shop</title><h1>Welcome</h1><p>Nothing is sold here.</p><button onclick="this.textContent=`Sold`">Buy</button>'
const serve = `mkdir -p site; printf '%s' '${page}' > site/index.html; python3 -m http.server 8123 -d site > server.log 2>&1 &
until curl -sf http://127.0.0.1:8123/ >/dev/null; do sleep 0.05; done`

test('[wire A8.2] a page is read, then acted on; its picture is kept beside the log', {
  timeout: 180_000,
}, async () => {
  let button = ''
  await using world = await World.start({
    args: ['--confirmation', 'never'],
    script: ({ turn, messages }) => {
      button = /\[(\d+)\] button/.exec(JSON.stringify(messages.at(-1)))?.[1] ?? button
      const calls = [
        tool('execute_bash', { command: serve }),
        tool('web_read', { url: 'http://localhost:8123/' }),
        tool('browser', { code: 'goto("http://localhost:8123/")' }),
        tool('browser', { code: `click('${button}')` }),
        tool('browser', { code: 'jump()' }),
      ]
      return calls[turn] ?? tool('finish', { message: 'ok' })
    },
  })
  const client = await world.connect()
  client.start('look at the shop')
  await client.waitForState('finished')
  const [read, opened, clicked] = observations(client, 'browse')
  const wrong = client.events.find(event => 'observation' in event && event.observation === 'error')
  assert.match(read?.content ?? '', /# Shop[\s\S]*Nothing is sold here\./)
  assert.match(opened?.content ?? '', /\[\d+\] button ['"]Buy['"]/)
  assert.match(clicked?.content ?? '', /\[\d+\] button ['"]Sold['"]/)
  assert.equal(clicked?.extras.error, false)
  assert.match(wrong && 'content' in wrong ? wrong.content : '', /jump[\s\S]*goto\(/)
  assert.match(clicked?.extras.screenshot ?? '', /^data:image\/jpeg;base64,/)
  const picture = await fetch(new URL(clicked?.extras.screenshot_url ?? '', world.server.url))
  assert.deepEqual([picture.status, picture.headers.get('content-type')], [200, 'image/jpeg'])
  const bytes = new Uint8Array(await picture.arrayBuffer())
  assert.deepEqual([...bytes.subarray(0, 3)], [0xff, 0xd8, 0xff])
  assert.match(picture.headers.get('content-security-policy') ?? '', /sandbox/)
  const foreign = clicked?.extras.screenshot_url?.replace(client.session, 'f'.repeat(32))
  assert.equal((await fetch(new URL(foreign ?? '', world.server.url))).status, 404)
  assert.deepEqual(world.model.refusals(), [])
})

/** A cell that shows a picture which is too big for an event. */
const picture = `
import os, struct, zlib
class Noise:
    def _repr_png_(self):
        def chunk(kind, data):
            return struct.pack('>I', len(data)) + kind + data + struct.pack('>I', zlib.crc32(kind + data))
        rows = b''.join(b'\\0' + os.urandom(600 * 3) for _ in range(300))
        head = struct.pack('>IIBBBBB', 600, 300, 8, 2, 0, 0, 0)
        return b'\\x89PNG\\r\\n\\x1a\\n' + chunk(b'IHDR', head) + chunk(b'IDAT', zlib.compress(rows)) + chunk(b'IEND', b'')
x = 20
Noise()`

test('[wire A3.4] [P39] cells share their state; a big picture is a link', { timeout: 120_000 }, async () => {
  await using world = await World.start({
    args: ['--confirmation', 'never'],
    script: ({ turn }) =>
      [
        tool('execute_ipython_cell', { code: picture }),
        tool('execute_ipython_cell', { code: 'print(x + 1)\nx + 2' }),
        tool('execute_ipython_cell', { code: '1 / 0' }),
      ][turn] ?? tool('finish', { message: 'ok' }),
  })
  const client = await world.connect()
  client.start('compute')
  await client.waitForState('finished')
  const [shown, counted, failed] = observations(client, 'run_ipython')
  const link = /!\[image\]\((\/api\/conversations\/[^)]+\.png)\)/.exec(shown?.content ?? '')?.[1]
  const answer = await fetch(new URL(link ?? '', world.server.url))
  assert.deepEqual([answer.status, answer.headers.get('content-type')], [200, 'image/png'])
  assert.match(counted?.content ?? '', /^21\n22\n\[Jupyter current working directory: \/workspace\]\n\[Jupyter Python/)
  assert.deepEqual([counted?.success, failed?.success], [true, false])
  assert.match(failed?.content ?? '', /ZeroDivisionError/)
})

test('[R10] before an action that changes files the workspace is kept, and the event says under which name', async () => {
  await using world = await World.start({
    script: ({ turn }) =>
      [tool('execute_bash', { command: 'echo one > f' }), tool('execute_bash', { command: 'echo two > f' })][turn] ??
      tool('finish', { message: 'ok' }),
  })
  const client = await world.connect()
  client.start('write')
  await client.waitForState('finished')
  const names = observations(client, 'run').map(event => event.checkpoint)
  assert.equal(names.length, 2)
  assert.ok(names.every(name => name !== undefined) && names[0] !== names[1], JSON.stringify(names))
  assert.equal(readFileSync(join(world.dataDir, 'workspaces', client.session, 'f'), 'utf8'), 'two\n')
})

test('[P28] [P34] the shell of a session is where and what it was, after a kill of the server too', async () => {
  await using world = await World.start({
    args: ['--confirmation', 'never'],
    script: ({ turn }) =>
      [
        tool('execute_bash', { command: 'mkdir sub; cd sub; export COLOUR=green; echo kept > ~/note' }),
        tool('finish', { message: 'ok' }),
        tool('execute_bash', { command: 'pwd; echo $COLOUR; cat ~/note' }),
      ][turn] ?? tool('finish', { message: 'ok' }),
  })
  const client = await world.connect()
  client.start('settle in')
  await client.waitForState('finished')
  await world.restart()
  const again = await world.connect({ session: client.session })
  again.say('where are you?')
  await again.waitForState('finished', 2)
  assert.equal(observations(again, 'run').at(-1)?.content.replaceAll('\r\n', '\n'), '/workspace/sub\ngreen\nkept\n')
})
