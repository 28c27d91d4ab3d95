import assert from 'node:assert/strict'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import fc from 'fast-check'
import {
  type Answered,
  type Asked,
  Client,
  type Document,
  type Operation,
  operationsOf,
  requestsOf,
} from '../src/testing/api-fuzz.ts'
import { GITHUB_TOKEN, startGitHub } from '../src/testing/github-server.ts'
import { type LiveServer, startLiveServer } from '../src/testing/live-server.ts'

const SEED = Number(process.env.FUZZ_SEED ?? 20_260_131)
const REQUESTS = 20_000
const WORKERS = 6

/** What needs more than there is in this test to succeed, or luck; its own tests have it. */
const neverSucceeds = new Map([
  ['GET /api/conversations/{id}/blobs/{name}', 'a picture'],
  ['POST /api/conversations/{id}/checkpoints/{checkpoint}/restore', 'a checkpoint'],
  ['GET /api/conversations/{id}/jobs/{job}/output', 'a job'],
  ['DELETE /api/conversations/{id}/jobs/{job}', 'a job'],
  ['GET /api/conversations/{id}/events/{event}/output', 'a long output'],
  ['DELETE /api/conversations/{id}/terminals/{terminal}', 'the name of a terminal'],
  ['POST /api/login', 'a code'],
  ['POST /api/security/settings', 'settings of the analyzer'],
  ['POST /api/conversations/{id}/security/settings', 'settings of the analyzer'],
  ['POST /api/security/policy', 'an analyzer with a policy of its own'],
  ['POST /api/conversations/{id}/security/policy', 'an analyzer with a policy of its own'],
])

/** Sessions are ended or set back by these: they get some of their own, and those only now and then. */
const disruptive = new Set([
  'DELETE /api/conversations/{id}',
  'POST /api/conversations/{id}/sandbox',
  'POST /api/conversations/{id}/checkpoints/{checkpoint}/restore',
])
/** A file that cannot be read or written is a 500 in the contract of the original (wire A5.5, A5.6). */
const told500 = /\/(select-file|save-file)$/

interface World {
  readonly token: string
  readonly sessionToken: string
}

/** A session with a sandbox that runs, made as a page of 0.13.1 makes it. */
async function sessionOf(server: LiveServer, token: string): Promise<{ readonly id: string; readonly token: string }> {
  const socket = new WebSocket(`${server.url.replace('http', 'ws')}/ws`, [
    'openhands',
    'NO_JWT',
    'NO_GITHUB',
    `bearer.${token}`,
  ])
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  let mine = ''
  socket.onmessage = ({ data }) => {
    const frame = JSON.parse(data)
    if (frame.token) mine = frame.token
    if (frame.extras?.agent_state === 'init') resolve(mine)
    if (frame.error || frame.extras?.agent_state === 'error') reject(new Error(data))
  }
  socket.onerror = () => reject(new Error('no socket'))
  socket.onopen = () => {
    const args = { LLM_MODEL: 'openai/gpt-4o', LLM_API_KEY: 'a-key', LLM_BASE_URL: 'http://127.0.0.1:1/v1' }
    socket.send(JSON.stringify({ action: 'initialize', args }))
  }
  const sessionToken = await promise
  socket.close()
  const { sid } = JSON.parse(Buffer.from(sessionToken.split('.')[1] ?? '', 'base64url').toString('utf8'))
  return { id: sid, token: sessionToken }
}

/** Adds who it comes from, and what GitHub wants to know. */
function signed(asked: Asked, operation: Operation, world: World, index: number): Asked {
  const own = operation.security.some(scheme => 'session' in scheme) ? world.sessionToken : world.token
  const github = 'x-github-token' in asked.headers && index % 2 === 0 ? { 'x-github-token': GITHUB_TOKEN } : {}
  const code = operation.path === '/api/github/callback' && index % 2 === 0
  const signIn = code ? { body: Buffer.from('{"code":"a-code-once"}') } : {}
  const headers = { ...asked.headers, ...github, ...(code ? { 'content-type': 'application/json' } : {}) }
  if (asked.as === 'nobody') return { ...asked, headers }
  const authorization = `Bearer ${asked.as === 'stranger' ? `no-token-${index}` : own}`
  const foreign = asked.as === 'foreign page' ? { origin: 'https://evil.example' } : {}
  const elsewhere = asked.as === 'other host' ? { host: 'evil.example' } : {}
  return { ...asked, ...signIn, headers: { ...headers, ...foreign, ...elsewhere, authorization } }
}

/** Says what is wrong with an answer, by the operation's own documentation. */
class Judge {
  readonly #ajv = new Ajv2020({ strict: false, validateFormats: false })
  readonly #compiled = new Map<object, ValidateFunction>()

  troubleWith({ status, type, body }: Answered, { name, path, responses }: Operation): string | undefined {
    const response = responses[status] ?? responses[`${Math.floor(status / 100)}XX`]
    if (response === undefined) return `${name}: ${status} is not documented`
    if (status >= 500 && !(status === 500 && told500.test(path))) return `${name}: ${status}`
    if (response.content === undefined) return body.length === 0 ? undefined : `${name}: ${status} has a body`
    const schema = (response.content[type || 'application/json'] ?? response.content['*/*'])?.schema
    if (schema === undefined) return `${name}: ${status} has the type ${type}`
    if (type !== 'application/json' && type !== '') return undefined
    const validate = this.#compiled.get(schema) ?? this.#ajv.compile(schema)
    this.#compiled.set(schema, validate)
    const value = body.length === 0 ? null : JSON.parse(body.toString('utf8'))
    return validate(value) ? undefined : `${name}: ${status} ${this.#ajv.errorsText(validate.errors)}`
  }
}

const noSessions = ['0'.repeat(32), 'no-session']
const often = (value: string): fc.Arbitrary<string> =>
  fc.oneof({ weight: 9, arbitrary: fc.constant(value) }, fc.constantFrom(...noSessions))
const seldom = (value: string): fc.Arbitrary<string> =>
  fc.oneof({ weight: 8, arbitrary: fc.constantFrom(...noSessions) }, fc.constant(value))

/** Requests delete it, and make folders of that name. */
async function putBack(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true })
  await writeFile(path, 'a file that is there\n').catch(() => undefined) // a request was faster; the next time it works
}

describe('/openapi.json', () => {
  test(`[F09] ${REQUESTS} requests made of the document get documented answers, and none fails`, async t => {
    await using github = await startGitHub()
    const { apiUrl, webUrl, clientId, clientSecret } = github.facts
    const environment = {
      GITHUB_API_URL: apiUrl,
      GITHUB_URL: webUrl,
      GITHUB_CLIENT_ID: clientId,
      GITHUB_CLIENT_SECRET: clientSecret,
    }
    await using server = await startLiveServer(['--token-required'], undefined, environment)
    const token = await server.token()
    const main = await sessionOf(server, token)
    const spare = await sessionOf(server, token)
    const doomed = await sessionOf(server, token)
    const world: World = { token, sessionToken: main.token }
    using client = new Client(server.url)
    const known = { authorization: `Bearer ${token}` }
    const text = await client.send({ method: 'GET', target: '/openapi.json', headers: known, as: 'known' })
    // Requests store settings with which no conversation can start.
    const nothing = { agent: null, max_iterations: null, security_analyzer: null, confirmation_mode: null }
    const settingsAgain: Asked = {
      method: 'POST',
      target: '/api/settings',
      headers: { ...known, 'content-type': 'application/json' },
      body: Buffer.from(JSON.stringify({ ...nothing, llm_model: 'replay/demo', llm_base_url: null })),
      as: 'known',
    }
    const document: Document = JSON.parse(text.body.toString('utf8'))
    const operations = operationsOf(document)
    const each = Math.ceil(REQUESTS / operations.length)
    const judge = new Judge()
    const seen = new Map<string, number>()
    const troubles = new Map<string, string>()
    const work = operations.flatMap((operation, at) => {
      const other = operation.method === 'DELETE' ? doomed.id : spare.id
      const sessions = disruptive.has(operation.name) ? seldom(other) : often(main.id)
      const known = { id: sessions, path: often('a.txt'), file: often('a.txt'), from: often('a.txt') }
      return requestsOf(operation, each, SEED + at, known).map((asked, index) => ({ operation, asked, index }))
    })
    // The same order on every machine, but not one operation after the other.
    const order = work.map((_, index) => (index * 7919) % work.length)
    const one = async (index: number): Promise<void> => {
      const item = work[index]
      if (item === undefined) return
      const { operation } = item
      if (index % 50 === 0) {
        await putBack(join(folder, 'a.txt'))
        await client.send(settingsAgain)
      }
      const asked = signed(item.asked, operation, world, item.index)
      const from = asked.as === 'stranger' ? `127.1.${(index >> 8) % 256}.${(index % 254) + 1}` : undefined
      const answer = await client.send(asked, from)
      const key = `${operation.name} ${answer.status}`
      seen.set(key, (seen.get(key) ?? 0) + 1)
      const trouble = judge.troubleWith(answer, operation)
      if (trouble !== undefined && !troubles.has(trouble))
        troubles.set(
          trouble,
          `${asked.method} ${asked.target.slice(0, 300)} ${JSON.stringify(asked.headers)} ${asked.body} → ${answer.body}`.slice(
            0,
            1000,
          ),
        )
    }
    const folder = join(server.dataDir, 'workspaces', main.id)
    const queue = order[Symbol.iterator]()
    const worker = async (): Promise<void> => {
      for (const index of queue) await one(index)
    }
    await Promise.all(Array.from({ length: WORKERS }, worker))
    t.diagnostic(`${work.length} requests to ${operations.length} operations, seed ${SEED}`)
    const total = [...seen.values()].reduce((sum, count) => sum + count, 0)
    assert.deepEqual([...troubles], [])
    assert.ok(total >= REQUESTS)
    const never = operations.filter(
      ({ name }) => !neverSucceeds.has(name) && ![...seen.keys()].some(key => key.startsWith(`${name} 2`)),
    )
    assert.deepEqual(
      never.map(({ name }) => name),
      [],
    )
  })
})
