import assert from 'node:assert/strict'
import { test } from 'node:test'
import { chromium } from 'playwright-core'
import { rawHttp } from '../src/testing/raw-http.ts'
import { tool } from '../src/testing/scripted-model/script.ts'
import { World } from '../src/testing/world.ts'

/** What agents have made asks for what is not theirs, and writes into its own title what it has got. */
const page = `<script>
const say = text => { document.title += text + ';' }
say('cookies=' + document.cookie)
const ask = url => fetch(url, { credentials: 'include' }).then(r => r.text()).then(() => say('read'), () => say('refused'))
Promise.all([ask(CONTROL + '/health?detail'), ask(CONTROL + '/api/anything')]).then(() => say('done'))
</script>`

test('[S15] [P36] a server of an agent is seen at an origin of its own, which gets nothing of the control origin', {
  timeout: 120_000,
}, async () => {
  let url = ''
  await using world = await World.start({
    script: ({ turn }) => {
      const html = page.replaceAll('CONTROL', JSON.stringify(url))
      const command = `cat > index.html <<'END'\n${html}\nEND\npython3 -m http.server ${new URL(url).port} > log 2>&1 &`
      return turn === 0 ? tool('execute_bash', { command }) : tool('finish', { message: 'ok' })
    },
  })
  url = world.server.url
  const client = await world.connect()
  client.start('show me a page, on the very port of the server')
  const frame = await client.waitFor(each => each.id === 'STATUS$PORT_OPEN', 'the address of the preview')
  await client.waitForState('finished')
  const preview = /http:\S+/.exec(String(frame.message))?.[0] ?? ''
  const { host, hostname, port } = new URL(preview)
  assert.match(hostname, /^[a-z0-9-]{20,}\.localhost$/)
  assert.notEqual(port, new URL(url).port)
  assert.ok(!preview.includes(client.session))
  const seen = await rawHttp(`http://127.0.0.1:${port}`, `GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`)
  assert.equal(seen.status, 200)
  const stranger = await rawHttp(
    `http://127.0.0.1:${port}`,
    `GET / HTTP/1.1\r\nHost: x${host}\r\nConnection: close\r\n\r\n`,
  )
  assert.equal(stranger.status, 404)
  assert.equal((await fetch(`${url}/health`)).status, 200)
  const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] })
  try {
    const context = await browser.newContext()
    await context.addCookies([{ name: 'control', value: 'canary', url }])
    const tab = await context.newPage()
    await tab.goto(preview)
    await tab.waitForFunction("document.title.endsWith('done;')")
    assert.equal(await tab.title(), 'cookies=;refused;refused;done;')
  } finally {
    await browser.close()
  }
})
