import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { Finding } from '../src/core/ports.ts'
import { ServerProcess, temporaryFolder } from '../src/testing/server-process.ts'

const entry = fileURLToPath(new URL('../bin/openhands.mjs', import.meta.url))

/** What the command says, and its exit code. */
async function openhands(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  input = '',
): Promise<{ readonly code: number | null; readonly out: string; readonly err: string }> {
  return await new Promise(resolve => {
    const options = { env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...env } }
    const child = execFile(process.execPath, [entry, ...args], options, (_, out, err) =>
      resolve({ code: child.exitCode, out, err }),
    )
    child.stdin?.end(input)
  })
}

test('[P23] doctor tries the sandbox, tells its limits and programs, and names the remedy for what is missing', async () => {
  await using folder = await temporaryFolder()
  const { code, out } = await openhands(['doctor', '--data-dir', folder.path])
  assert.equal(code, 0, out)
  for (const line of [
    /^ok {2}data folder: /m,
    /^ok {2}sandbox bubblewrap: a session's sandbox runs commands \d+ ms/m,
    /^ok {2}limits: memory .*processes 1024/m,
    /^ok {2}isolation: /m,
    /^ok {2}git: \/usr\/bin\/git$/m,
    /^ok {2}Python: \/usr\/bin\/python3$/m,
    /^ok {2}browser: \/usr\/bin\/chromium$/m,
    /^ok {2}network of sandboxes: none; allow hosts with --egress-allow HOST/m,
    /^-- {2}model: No model is configured.*\n {4}to mend it: set LLM_MODEL and LLM_API_KEY$/m,
    /^Tasks can run here\.$/m,
  ])
    assert.match(out, line)
})

test('[P11] [P23] where nothing can run doctor says why, how to mend it, and fails', async () => {
  await using folder = await temporaryFolder()
  const file = join(folder.path, 'file')
  writeFileSync(file, '')
  const noFolder = await openhands(['doctor', '--data-dir', join(file, 'below')])
  assert.equal(noFolder.code, 1)
  assert.match(noFolder.out, /^-- {2}data folder: .*\n {4}to mend it: .*--data-dir$/m)
  const socket = `unix://${join(folder.path, 'none.sock')}`
  const json = ['doctor', '--json', '--sandbox', 'docker', '--data-dir', folder.path]
  const noEngine = await openhands(json, { DOCKER_HOST: socket })
  assert.equal(noEngine.code, 1)
  const { works, findings }: { works: boolean; findings: readonly Finding[] } = JSON.parse(noEngine.out)
  assert.equal(works, false)
  const engine = findings.find(({ about, ok }) => about === 'sandbox docker' && !ok)
  assert.match(engine?.found ?? '', /no container engine at .*none\.sock/)
})

test('[S19] [F24] a secret comes by standard input, is listed by name only, and can be deleted', async () => {
  await using folder = await temporaryFolder()
  const secret = (args: readonly string[], input = ''): ReturnType<typeof openhands> =>
    openhands(['secret', ...args, '--data-dir', folder.path], {}, input)
  assert.deepEqual(await secret(['set', 'npm_token'], 'canary-value\n'), {
    code: 0,
    out: 'The secret npm_token is kept.\n',
    err: '',
  })
  assert.equal((await secret(['list'])).out, 'npm_token\n')
  assert.equal((await secret(['delete', 'npm_token'])).code, 0)
  assert.equal((await secret(['delete', 'npm_token'])).code, 1)
  assert.equal((await secret(['list'])).out, '')
  for (const wrong of [[], ['set'], ['set', 'a', 'b'], ['set', 'not a name'], ['show', 'x']]) {
    const { code, err } = await secret(wrong, 'value')
    assert.equal(code, 2, wrong.join(' '))
    assert.match(err, /^openhands: ./)
  }
})

test('[P44] the secrets of a running server are not changed behind its back', async () => {
  await using folder = await temporaryFolder()
  await using _ = await ServerProcess.start({ dataDir: folder.path })
  assert.equal((await openhands(['secret', 'set', 'x', '--data-dir', folder.path], {}, 'value')).code, 75)
})

test('[S32] lists that cannot be read stop the start, and name the entry', async () => {
  await using folder = await temporaryFolder()
  const allow = await openhands(['serve', '--port', '0', '--data-dir', folder.path, '--egress-allow', 'http://a b:c'])
  assert.equal(allow.code, 2)
  assert.match(allow.err, /^openhands: EGRESS_ALLOW: .*http:\/\/a/)
  const credentials = ['serve', '--port', '0', '--data-dir', folder.path, '--egress-credentials', 'example.com magic x']
  const wrong = await openhands(credentials)
  assert.equal(wrong.code, 2)
  assert.match(wrong.err, /^openhands: EGRESS_CREDENTIALS: .*example\.com magic x/)
})
