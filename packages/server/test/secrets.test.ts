import assert from 'node:assert/strict'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { drip, http, text } from '../src/testing/scripted-model/script.ts'
import { startScriptedModel } from '../src/testing/scripted-model/server.ts'
import { World } from '../src/testing/world.ts'

const LLM_KEY = 'sk-canary-llm-0123456789'
const GITHUB = 'ghp_canary0123456789'
const TOKEN = 'canary-server-token-98765'
const encoded = (text: string): readonly string[] => [
  text,
  Buffer.from(text).toString('base64'),
  encodeURIComponent(text),
]

/** Everything that the server has written about sessions; what they keep themselves, such as their shells' variables, is theirs. */
async function written(dataDir: string): Promise<string> {
  const own = new Set(['secrets.json', 'secret.key', '.jwt_secret', 'token', 'workspaces', 'runtime'])
  const files = await readdir(dataDir, { recursive: true, withFileTypes: true })
  const texts = files
    .filter(
      file =>
        file.isFile() &&
        !own.has(
          join(file.parentPath, file.name)
            .slice(dataDir.length + 1)
            .split('/')[0] ?? '',
        ),
    )
    .map(file => join(file.parentPath, file.name))
    .map(path =>
      readFile(path, 'latin1').then(
        text => `${path}\n${text}`,
        () => '',
      ),
    )
  return (await Promise.all(texts)).join('\n')
}

test('[S18] keys and tokens are in no event, frame, delta, prompt, title, log or export, in whatever pieces they come; files keep them', async () => {
  const reveal = `printf '%s' "${LLM_KEY}" > .env; cat .env; echo; cat .env | base64; printf 'sk-cana'; sleep 0.3; echo 'ry-llm-0123456789'`
  const letters = drip(0, text(Array.from(`The key is ${LLM_KEY}, is it not?`)))
  await using model = await startScriptedModel({ script: [letters], apiKey: LLM_KEY })
  await using world = await World.start({
    script: [],
    env: { LLM_API_KEY: LLM_KEY, LLM_BASE_URL: model.baseUrl('chat'), OPENHANDS_TOKEN: TOKEN },
  })
  const headers = { authorization: `Bearer ${TOKEN}` }
  const client = await world.connect({ deltas: true, headers })
  client.send({ action: 'run', args: { command: reveal } })
  const ran = await client.waitFor(frame => frame.observation === 'run', 'the output')
  assert.match(String(ran.content), /\[secret\]\s+\[secret\]/)
  client.start(`${LLM_KEY} is my key and ${TOKEN} my token`)
  await client.waitForState('awaiting_user_input')
  const page = await world.connect({ protocols: ['openhands', 'NO_JWT', GITHUB], headers })
  page.send({ action: 'initialize', args: {} })
  await page.waitForState('init')
  page.send({
    action: 'run',
    args: { command: `export GITHUB_TOKEN=${GITHUB}; echo -n $GITHUB_TOKEN | tee got`, hidden: true },
  })
  await page.waitFor(frame => frame.observation === 'run', 'the hidden output')

  const base = `${world.server.url}/api/conversations`
  const rest = [base, `${base}/${client.session}`, `${base}/${client.session}/trajectory`]
  const answers = await Promise.all(
    [...rest, `${base}/${client.session}/events/search`].map(url => fetch(url, { headers })),
  )
  const seen = [
    JSON.stringify(client.frames),
    JSON.stringify(page.frames),
    ...(await Promise.all(answers.map(answer => answer.text()))),
    JSON.stringify(model.requests.map(({ body }) => body)),
    world.server.log.join('\n'),
    await written(world.dataDir),
  ]
  const [frames] = seen
  assert.match(frames ?? '', /"delta":/)
  const deltas = client.frames.map(frame => String(Object(frame.delta).text ?? '')).join('')
  assert.match(deltas, /The key is \[secret\], is it not/)
  for (const [index, all] of seen.entries()) {
    assert.ok(all.length > 50, `${index}`)
    for (const secret of [LLM_KEY, GITHUB, TOKEN].flatMap(encoded))
      assert.ok(!all.includes(secret), `${index}: ${secret}`)
  }
  const folder = (session: string, name: string): Promise<string> =>
    readFile(join(world.dataDir, 'workspaces', session, name), 'utf8')
  assert.equal(await folder(client.session, '.env'), LLM_KEY, 'what is on the disk is what was meant')
  assert.equal(await folder(page.session, 'got'), GITHUB)
})

test('[S18] a provider that quotes the key it was given is told of without it', async () => {
  const quoting = http(401, {}, { error: { message: `Incorrect API key provided: ${LLM_KEY}` } })
  await using world = await World.start({
    script: [quoting],
    env: { LLM_API_KEY: LLM_KEY },
    model: { apiKey: LLM_KEY },
  })
  const client = await world.connect()
  client.start('go')
  await client.waitForState('paused')
  assert.match(JSON.stringify(client.frames), /Incorrect API key/)
  for (const all of [JSON.stringify(client.frames), world.server.log.join('\n'), await written(world.dataDir)])
    assert.ok(!all.includes(LLM_KEY))
})
