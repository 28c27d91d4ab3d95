import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

export const GITHUB_TOKEN = 'gho_0123456789'
const CODE = 'a-code-once'
const CLIENT = { id: 'Iv1.test', secret: 'the-client-secret' }

/** A server that speaks as GitHub does and is as strict: it answers 4xx to whatever GitHub would refuse. */
export interface GitHubServer extends AsyncDisposable {
  /** What a server's settings would say. */
  readonly facts: { apiUrl: string; webUrl: string; clientId: string; clientSecret: string }
  readonly code: string
  /** Method and URL of each request. */
  readonly asked: readonly string[]
  /** What the next requests are answered instead, one each. */
  readonly instead: { status: number; headers?: Record<string, string>; body: string }[]
}

interface Answer {
  readonly status: number
  readonly headers?: Record<string, string>
  readonly body: string
}

/** Starts it on a free port of this machine. */
export async function startGitHub(): Promise<GitHubServer> {
  const asked: string[] = []
  const instead: Answer[] = []
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`)
    answer(request, instead.shift()).then(
      ({ status, headers, body }) =>
        response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(body),
      () => response.destroy(),
    )
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}` // it listens
  return {
    facts: { apiUrl: `${url}/api/v3`, webUrl: url, clientId: CLIENT.id, clientSecret: CLIENT.secret },
    code: CODE,
    asked,
    instead,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    },
  }
}

async function answer(request: IncomingMessage, instead: Answer | undefined): Promise<Answer> {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost')
  const body = await text(request)
  if (instead !== undefined) return instead
  if (!request.headers['user-agent']) return json(403, { message: 'Request forbidden by administrative rules' })
  if (pathname === '/login/oauth/access_token') return exchange(request, new URLSearchParams(body))
  if (request.method !== 'GET') return json(404, { message: 'Not Found' })
  if (request.headers.authorization !== `Bearer ${GITHUB_TOKEN}`) return json(401, { message: 'Bad credentials' })
  return resource(pathname, searchParams)
}

function exchange({ method, headers }: IncomingMessage, form: URLSearchParams): Answer {
  if (method !== 'POST' || headers.accept !== 'application/json') return json(406, {})
  if (form.get('client_id') !== CLIENT.id || form.get('client_secret') !== CLIENT.secret) return json(404, {})
  // GitHub says 200 to a code that it does not know.
  return json(200, form.get('code') === CODE ? { access_token: GITHUB_TOKEN } : { error: 'bad_verification_code' })
}

function resource(path: string, query: URLSearchParams): Answer {
  switch (path) {
    case '/api/v3/user':
      return json(200, { login: 'somebody', id: 1 })
    case '/api/v3/user/repos': {
      const link = '<https://api.github.com/user/repos?page=2>; rel="next"'
      return { ...json(200, [{ full_name: 'somebody/thing', asked: query.toString() }]), headers: { link } }
    }
    case '/api/v3/user/installations':
      return json(200, { total_count: 2, installations: [{ id: 7 }, { id: 11 }] })
    case '/api/v3/search/repositories':
      return query.get('q') ? json(200, { items: [{ asked: query.toString() }] }) : json(422, {})
    default:
      return json(404, { message: 'Not Found' })
  }
}

function json(status: number, body: unknown): Answer {
  return { status, body: JSON.stringify(body) }
}
