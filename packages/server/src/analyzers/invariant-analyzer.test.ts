import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Draft } from '@openhands/protocol'
import type { Assessment } from '../core/ports.ts'
import { analyzerContract, draftOf } from '../testing/analyzer-contract.ts'
import { type InvariantServer, startInvariant, type Verdict } from '../testing/invariant-server.ts'
import { judgedSession, type TestedSession } from '../testing/judged-session.ts'
import { createAnalyzers } from './catalogue.ts'
import { InvariantAnalyzer } from './invariant-analyzer.ts'

const { signal } = new AbortController()
const ls = draftOf('run', { command: 'ls' })
const high = ['PolicyViolation(No [risk=high], ranges=[])']
const say = (content: string): Draft => ({
  action: 'message',
  source: 'user',
  args: { content, image_urls: null, wait_for_response: false },
})

let judge: InvariantServer
before(async () => {
  judge = await startInvariant()
})
after(() => judge[Symbol.asyncDispose]())

const contracted = (): InvariantAnalyzer =>
  new InvariantAnalyzer(judgedSession(), { url: judge.url, timeoutMs: 60_000 })
analyzerContract('invariant', contracted, 30)

/** An analyzer over a judge of its own, which nobody else has spoken to. */
async function alone(
  verdict?: () => Verdict,
  options: { timeoutMs?: number; session?: TestedSession } = {},
): Promise<{ server: InvariantServer; analyzer: InvariantAnalyzer; session: TestedSession } & AsyncDisposable> {
  const server = await startInvariant(verdict)
  const session = options.session ?? judgedSession()
  const analyzer = new InvariantAnalyzer(session, { url: `${server.url}/`, timeoutMs: options.timeoutMs ?? 60_000 })
  return {
    server,
    session,
    analyzer,
    async [Symbol.asyncDispose]() {
      await analyzer[Symbol.asyncDispose]()
      await server[Symbol.asyncDispose]()
    },
  }
}

describe('[wire A8.8] the analyzer "invariant"', () => {
  test('sets a session and a monitor up once, tells what happened and what is to happen, and believes the answer', async () => {
    await using world = await alone()
    const { server, analyzer, session } = world
    session.append(say('list the files'))
    const verdicts: Assessment[] = [await analyzer.assess(ls, signal)]
    server.judge = ({ pending }) => (JSON.stringify(pending).includes('rm -rf') ? high : [])
    verdicts.push(await analyzer.assess(draftOf('run', { command: 'rm -rf /' }), signal, [ls]))
    verdicts.push(await analyzer.assess(ls, signal))
    assert.deepEqual(
      verdicts.map(({ risk }) => risk),
      [0, 2, 0],
    )
    assert.match(verdicts[1]?.reason ?? '', /No \[risk=high\]/)
    assert.deepEqual(server.requests.slice(0, 4), [
      'GET /session/new',
      'GET /policy/template',
      'POST /monitor/new',
      'POST /monitor/2/check',
    ])
    assert.deepEqual([server.requests.length, server.refusals], [6, []])
    assert.equal(server.asked[0]?.policy, 'raise "found" if: (call: ToolCall)')
    assert.deepEqual(server.asked[0]?.past, [{ role: 'user', content: 'list the files' }])
    assert.match(JSON.stringify(server.asked[1]?.past), /"command":"ls"/)
    assert.equal(server.asked[2]?.past.length, 1)
  })

  test('many at once share what is set up; when it ends, nothing is left at the judge', async () => {
    await using world = await alone()
    const { server, analyzer } = world
    await Promise.all(Array.from({ length: 8 }, () => analyzer.assess(ls, signal)))
    assert.equal(server.requests.filter(request => request.endsWith('/new')).length, 2)
    await analyzer[Symbol.asyncDispose]()
    while (server.sessions.size > 0) await new Promise(resolve => setImmediate(resolve))
    await assert.rejects(analyzer.assess(ls, signal), /has ended/)
  })

  test('a judge that was started again is set up anew, and nobody notices', async () => {
    await using world = await alone(() => high)
    await world.analyzer.assess(ls, signal)
    world.server.forget()
    assert.equal((await world.analyzer.assess(ls, signal)).risk, 2)
    assert.equal(world.server.sessions.size, 1)
  })

  const nonsense: readonly [string, Verdict][] = [
    ['no JSON', { status: 200, body: 'fine!' }],
    ['an object', { status: 200, body: '{"risk":"low"}' }],
    ['null', { status: 200, body: 'null' }],
    ['a text', { status: 200, body: '"the check died"' }],
    ['numbers', { status: 200, body: '[1]' }],
    ['nothing', { status: 200, body: '' }],
    ['an endless answer', { status: 200, body: JSON.stringify(['x'.repeat(2 * 1024 * 1024)]) }],
    ['an error', { status: 500, body: '{"detail":"x"}' }],
    ['a redirect', { status: 307, body: '' }],
  ]
  for (const [name, verdict] of nonsense)
    test(`[S34] ${name} instead of a judgement is no judgement; the next action is judged again`, async () => {
      await using world = await alone(() => verdict)
      await assert.rejects(
        world.analyzer.assess(ls, signal),
        /^InvariantError: The Invariant server (gave|answered|cannot)/,
      )
      world.server.judge = () => []
      assert.equal((await world.analyzer.assess(ls, signal)).risk, 0)
    })

  test('[S34] without a policy of the judge nothing is judged, rather than all found low', async () => {
    await using world = await alone()
    for (const template of ['""', 'null', '{}']) {
      world.server.template = template
      await assert.rejects(world.analyzer.assess(ls, signal), /makes no sense/)
    }
    world.server.template = '"rules"'
    assert.equal((await world.analyzer.assess(ls, signal)).risk, 0)
  })

  test('[S34] a judge that is not there, and one that says nothing: thrown, and not later than the limit', async () => {
    await using silent = await alone(() => 'silence', { timeoutMs: 300 })
    const begin = performance.now()
    await assert.rejects(silent.analyzer.assess(ls, signal), /did not answer within 0\.3 s/)
    const took = performance.now() - begin
    assert.ok(took >= 290 && took < 5000, `${took} ms`)
    await silent.server.kill()
    await assert.rejects(silent.analyzer.assess(ls, signal), /cannot be reached/)
  })

  test('[P04] whoever stops does not wait for the judge', async () => {
    const stop = new AbortController()
    await using world = await alone(() => {
      stop.abort(new Error('stopped'))
      return 'silence'
    })
    await assert.rejects(world.analyzer.assess(ls, stop.signal), /stopped/)
  })

  test('[S34] what is too long to be judged whole is not judged low', async () => {
    await using world = await alone()
    const content = 'x'.repeat(100_000)
    assert.equal((await world.analyzer.assess(draftOf('write', { path: 'a', content }), signal)).risk, -1)
    assert.deepEqual(world.server.asked, [])
  })
})

describe('[wire A5.12] the panel of "invariant"', () => {
  const ask = (analyzer: InvariantAnalyzer, method: string, path: string, body?: unknown) =>
    analyzer.answer({ method, path, body }, signal)

  test('shows the policy of the judge; another one counts from the next action on, and stays', async () => {
    await using world = await alone()
    const { analyzer, server, session } = world
    const template = await ask(analyzer, 'GET', 'policy')
    assert.deepEqual(template, { status: 200, json: { policy: 'raise "found" if: (call: ToolCall)' } })
    await analyzer.assess(ls, signal)
    const mine = { policy: 'raise "mine" if: (msg: Message)' }
    assert.deepEqual(await ask(analyzer, 'POST', 'policy', mine), { status: 200, json: mine })
    assert.deepEqual(await ask(analyzer, 'GET', 'policy'), { status: 200, json: mine })
    await analyzer.assess(ls, signal)
    assert.deepEqual(
      server.asked.map(({ policy }) => policy),
      ['raise "found" if: (call: ToolCall)', mine.policy],
    )
    assert.deepEqual(session.changes, [mine])
    await using later = new InvariantAnalyzer(session, { url: server.url, timeoutMs: 60_000 })
    await later.assess(ls, signal)
    assert.equal(server.asked.at(-1)?.policy, mine.policy)
  })

  test('[S23] a policy that the judge does not take, or a judge that is not there, changes nothing', async () => {
    await using world = await alone()
    const { analyzer, server, session } = world
    await analyzer.assess(ls, signal)
    const refused = await ask(analyzer, 'POST', 'policy', { policy: 'syntax error' })
    assert.deepEqual(refused, { status: 400, json: { detail: 'The Invariant server does not accept this policy.' } })
    server.forget()
    assert.equal((await ask(analyzer, 'POST', 'policy', { policy: 'after a restart' })).status, 200)
    await server.kill()
    const gone = await ask(analyzer, 'POST', 'policy', { policy: 'x' })
    assert.deepEqual(gone, { status: 502, json: { detail: 'The Invariant server cannot be reached.' } })
    assert.deepEqual(session.changes, [{ policy: 'after a restart' }])
  })

  test('exports what the judge is told of the session', async () => {
    await using world = await alone()
    world.session.append(say('x'))
    assert.deepEqual(await ask(world.analyzer, 'GET', 'export-trace'), {
      status: 200,
      json: [{ role: 'user', content: 'x' }],
    })
  })
})

test('[wire A5.3] it is there once its address is known; before that, asking for it names the remedy', () => {
  const session = judgedSession()
  const without = createAnalyzers({})
  assert.equal(without.make('invariant', session), undefined)
  assert.match(without.refusal('invariant') ?? '', /INVARIANT_URL/)
  const analyzers = createAnalyzers({ invariant: { url: 'http://127.0.0.1:1', timeoutMs: 1 } })
  assert.equal(analyzers.refusal('invariant'), undefined)
  assert.equal(analyzers.make('invariant', session)?.name, 'invariant')
})
