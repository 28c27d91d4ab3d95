import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { GITHUB_TOKEN, type GitHubServer, startGitHub } from '../testing/github-server.ts'
import { type RoutesWorld, startRoutes } from '../testing/routes-world.ts'
import { githubRoutes } from './github-routes.ts'

describe('GitHub', () => {
  let github: GitHubServer
  let world: RoutesWorld
  before(async () => {
    github = await startGitHub()
    world = await startRoutes([githubRoutes], { github: github.facts })
  })
  after(async () => {
    await world[Symbol.asyncDispose]()
    await github[Symbol.asyncDispose]()
  })

  const get = (url: string, token = GITHUB_TOKEN) =>
    world.app.inject({ url: `/api/github/${url}`, headers: token === '' ? {} : { 'x-github-token': token } })
  const post = (url: string, payload?: object | string, headers = {}) =>
    world.app.inject({ method: 'POST', url, headers, ...(payload === undefined ? {} : { payload }) })

  test('[wire B2] repositories: what GitHub answers, with its Link header, asked as the page asks', async () => {
    const answer = await get('repositories?page=3&per_page=30&sort=full_name')
    assert.equal(answer.statusCode, 200)
    assert.deepEqual(answer.json(), [{ full_name: 'somebody/thing', asked: 'page=3&per_page=30&sort=full_name' }])
    assert.equal(answer.headers['link'], '<https://api.github.com/user/repos?page=2>; rel="next"')
    assert.equal((await get('repositories')).json()[0].asked, 'page=1&per_page=10&sort=pushed')
  })

  test('[wire B2] the user, the ids of installations, a search', async () => {
    assert.deepEqual((await get('user')).json(), { login: 'somebody', id: 1 })
    assert.deepEqual((await get('installations')).json(), [7, 11])
    const found = await get(`search/repositories?query=${encodeURIComponent('a&b=c')}`)
    assert.deepEqual(found.json(), { items: [{ asked: 'q=a%26b%3Dc&per_page=5&sort=stars&order=desc' }] })
  })

  test('[wire B2] without a token GitHub is not asked; nor for an installation, nor with what is no number', async () => {
    const before = github.asked.length
    for (const url of ['repositories', 'user', 'installations', 'search/repositories?query=x']) {
      const answer = await get(url, '')
      assert.deepEqual([answer.statusCode, answer.json()], [400, { detail: 'Missing X-GitHub-Token header' }])
    }
    const installed = await get('repositories?installation_id=4')
    assert.deepEqual([installed.statusCode, installed.json()], [400, { detail: 'Unexpected installation ID' }])
    for (const url of ['repositories?page=x', 'repositories?sort=../user', 'search/repositories']) {
      const answer = await get(url)
      assert.equal(answer.statusCode, 422, url)
      assert.ok(Array.isArray(answer.json().detail))
    }
    assert.equal(github.asked.length, before)
  })

  test('[wire B2, S36] failures are told without what was in them', async () => {
    const refused = await get('repositories', 'gho_wrong')
    const detail = 'Error fetching repositories: GitHub answered 401'
    assert.deepEqual([refused.statusCode, refused.json()], [401, { detail }])
    const strange = [
      { status: 500, body: 'canary' },
      { status: 200, body: 'canary: no JSON' },
      { status: 302, headers: { location: 'http://127.0.0.1:1/canary' }, body: '' },
      { status: 200, body: '"x"'.padEnd(10 * 1024 * 1024 + 1) },
    ]
    for (const one of strange) {
      github.instead.push(one)
      const answer = await get('user')
      assert.equal(answer.statusCode, 502)
      assert.match(answer.json().detail, /^Error fetching user: /)
      assert.doesNotMatch(answer.body, /canary/)
    }
    github.instead.push({ status: 200, body: '{"installations":"none"}' })
    assert.equal((await get('installations')).statusCode, 502)
    assert.doesNotMatch(world.logged.join('\n'), /gho_/)
  })

  test('[wire A5.11] a code is exchanged with GitHub for a token', async () => {
    const url = '/api/github/callback'
    const good = await post(url, { code: github.code })
    assert.deepEqual([good.statusCode, good.json()], [200, { access_token: GITHUB_TOKEN }])
    const unknown = await post(url, { code: 'another' })
    assert.deepEqual([unknown.statusCode, unknown.json()], [400, { error: 'No access token in response' }])
    github.instead.push({ status: 500, body: '' })
    const failed = await post(url, { code: github.code })
    assert.deepEqual([failed.statusCode, failed.json()], [400, { error: 'Failed to exchange code for token' }])
    const missing = await post(url, {})
    const detail = [{ type: 'missing', loc: ['body', 'code'], msg: 'Field required', input: null }]
    assert.deepEqual([missing.statusCode, missing.json()], [422, { detail }])
    const broken = await post(url, '{', { 'content-type': 'application/json' })
    assert.equal(broken.statusCode, 422)
    assert.equal((await world.app.inject(url)).statusCode, 405)
  })

  test('[wire A5.11] without a client of its own the server exchanges nothing', async () => {
    const { clientSecret: _, ...facts } = github.facts
    await using other = await startRoutes([githubRoutes], { github: facts })
    const before = github.asked.length
    const answer = await other.app.inject({
      method: 'POST',
      url: '/api/github/callback',
      payload: { code: github.code },
    })
    assert.deepEqual([answer.statusCode, answer.json()], [400, { error: 'Failed to exchange code for token' }])
    assert.equal(github.asked.length, before)
  })

  test('[wire A5.13, D1.9] authenticate always answers, whatever it is sent, and signs nobody in', async () => {
    for (const [payload, headers] of [
      [undefined, {}],
      [undefined, { 'content-type': 'application/json' }],
      ['{', { 'content-type': 'application/json' }],
      ['x', { 'content-type': 'text/strange' }],
    ] as const) {
      const answer = await post('/api/authenticate', payload, headers)
      assert.deepEqual([answer.statusCode, answer.json()], [200, { message: 'User authenticated' }])
      assert.equal(answer.headers['set-cookie'], undefined)
    }
  })
})
