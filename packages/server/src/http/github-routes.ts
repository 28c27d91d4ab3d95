import type { FastifyReply, FastifyRequest } from 'fastify'
import * as z from 'zod'
import { bySession, type Routes } from './door-parts.ts'
import { type GitHubAnswer, GitHubClient } from './github-client.ts'
import { untilClosed } from './request-session.ts'
import { RouteError, routesWithDetails } from './route-errors.ts'
import { bodyOf, contract, DetailBody, ErrorBody, queryOf } from './route-schema.ts'

const number = (fallback: number) => z.coerce.number().int().min(1).max(10_000).default(fallback).transform(String)
const word = (fallback: string) => z.stringFormat('word', /^[a-z_-]{1,30}$/).default(fallback)
const Repositories = z.object({
  page: number(1),
  per_page: number(10),
  sort: word('pushed'),
  installation_id: z.string().optional(),
})
const Search = z.object({
  query: z.string().min(1).max(256),
  per_page: number(5),
  sort: word('stars'),
  order: word('desc'),
})
const Installations = z.object({ installations: z.array(z.object({ id: z.number() })) })
/** A token as GitHub makes them: nothing that could become another header. */
const Token = z.stringFormat('token', /^[\x21-\x7e]{1,1000}$/)

const token = z.object({ 'x-github-token': z.string().meta({ description: "The user's own token." }) })
/** What GitHub itself refuses is told as it tells it. */
const failures = {
  400: DetailBody.meta({ description: 'The header X-GitHub-Token is missing.' }),
  '4xx': DetailBody.meta({ description: 'GitHub refuses.' }),
  502: DetailBody.meta({ description: 'GitHub cannot be reached.' }),
} as const
const answered = z.unknown().meta({ description: 'The answer of GitHub.' })

const listing = contract({
  summary: 'The repositories of the user',
  tags: ['github'],
  headers: token,
  querystring: Repositories,
  response: { 200: answered, ...failures },
})
const naming = contract({
  summary: 'The user',
  tags: ['github'],
  headers: token,
  response: { 200: answered, ...failures },
})
const installing = contract({
  summary: 'The installations of the GitHub app that the user can reach',
  tags: ['github'],
  headers: token,
  response: { 200: z.array(z.number()), ...failures },
})
const searching = contract({
  summary: 'Searches for repositories',
  tags: ['github'],
  headers: token,
  querystring: Search,
  response: { 200: answered, ...failures },
})
const signingIn = contract({
  summary: 'Changes the code of a sign-in for an access token',
  tags: ['github'],
  body: z.object({ code: z.string().min(1).max(500) }),
  response: { 200: z.object({ access_token: z.string() }), 400: ErrorBody },
})
const authenticating = contract({
  summary: 'What a page asks after a 401; it changes nothing',
  tags: ['github'],
  response: { 200: z.object({ message: z.string() }) },
})

/** Signing in with GitHub, and what pages ask of it with a user's own token: wire A5.11, A5.13 and B2. */
export const githubRoutes: Routes = (app, { facts, log }) => {
  const github = new GitHubClient(facts.github)
  const get = async (
    request: FastifyRequest,
    reply: FastifyReply,
    path: string,
    query: Readonly<Record<string, string>>,
  ): Promise<GitHubAnswer> => await github.get(path, query, tokenOf(request), untilClosed(reply))

  routesWithDetails(app, log, scope => {
    scope.get('/api/github/repositories', { ...bySession, schema: listing }, async (request, reply) => {
      const token = tokenOf(request)
      const { installation_id, ...query } = queryOf(listing, request)
      if (installation_id) throw new RouteError(400, { detail: 'Unexpected installation ID' })
      const answer = await github.get('/user/repos', query, token, untilClosed(reply))
      if (answer.ok && answer.link !== undefined) reply.header('link', answer.link)
      return jsonOf(answer, 'repositories')
    })
    scope.get('/api/github/user', { ...bySession, schema: naming }, async (request, reply) =>
      jsonOf(await get(request, reply, '/user', {}), 'user'),
    )
    scope.get('/api/github/installations', { ...bySession, schema: installing }, async (request, reply) => {
      const json = jsonOf(await get(request, reply, '/user/installations', {}), 'installations')
      const parsed = Installations.safeParse(json)
      if (!parsed.success) throw failure('installations', 502, 'GitHub gave no list of them')
      return parsed.data.installations.map(({ id }) => id)
    })
    scope.get('/api/github/search/repositories', { ...bySession, schema: searching }, async (request, reply) => {
      const token = tokenOf(request)
      const { query, ...others } = queryOf(searching, request)
      const answer = await github.get('/search/repositories', { q: query, ...others }, token, untilClosed(reply))
      return jsonOf(answer, 'repositories')
    })
    scope.post('/api/github/callback', { ...bySession, schema: signingIn }, async (request, reply) => {
      const { code } = bodyOf(signingIn, request)
      const { ok, token } = await github.exchange(code, untilClosed(reply))
      if (!ok) throw new RouteError(400, { error: 'Failed to exchange code for token' })
      if (token === undefined) throw new RouteError(400, { error: 'No access token in response' })
      return { access_token: token }
    })
    // A page asks after every 401; here nobody is signed in by it, and nothing is changed (wire D1.9).
    const authenticated = { message: 'User authenticated' }
    scope.post('/api/authenticate', {
      config: { open: true },
      schema: authenticating,
      onRequest: async (_, reply) => reply.send(authenticated), // whatever the body is, it is not read
      handler: async () => authenticated,
    })
  })
}

function tokenOf({ headers }: FastifyRequest): string {
  const token = Token.safeParse(headers['x-github-token'])
  if (token.success) return token.data
  throw new RouteError(400, { detail: 'Missing X-GitHub-Token header' })
}

function jsonOf(answer: GitHubAnswer, what: string): unknown {
  if (!answer.ok) throw failure(what, answer.status, answer.message)
  return answer.json
}

function failure(what: string, status: number, reason: string): RouteError {
  return new RouteError(status, { detail: `Error fetching ${what}: ${reason}` })
}
