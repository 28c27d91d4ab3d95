import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdir } from 'node:fs/promises'
import { createServer as createHttpServer, type Server as HttpServer } from 'node:http'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { SessionId } from '@openhands/protocol'
import type { Egress } from '../../core/ports.ts'
import { parseCredentials } from '../../egress/credential.ts'
import { createEgress } from '../../egress/egress.ts'
import { parseEgressList } from '../../egress/rule.ts'
import { Secret } from '../../lib/secret.ts'
import { gitOverHttp, guardedServer, npmRegistry, type PrivateServer } from '../private-servers.ts'
import { temporaryFolder } from '../server-process.ts'
import { TestAuthority } from '../test-authority.ts'

/** What nobody inside may ever see: the secret of all credentials, and as the password of `somebody`. */
export const canary = `canary-${randomBytes(12).toString('hex')}`
export const canaryAsBasic = Buffer.from(`somebody:${canary}`).toString('base64')
/** Numbers of sessions: of one with a list, as all others have it, and of the one without network access. */
export const listedSession = 0xe1
export const closedSession = 0xe0
const named = (number: number): string => SessionId.parse(number.toString(16).padStart(32, '0'))

/** What stands on the host's loopback, reached only by names that a policy has. */
export interface EgressHost extends AsyncDisposable {
  readonly api: PrivateServer
  readonly git: PrivateServer
  readonly npm: PrivateServer
  /** Plain HTTP: a big file, and an echo of headers. */
  readonly plain: { readonly server: HttpServer; readonly port: number }
  /** Listed nowhere; counts who comes. */
  readonly sink: { readonly server: Server; readonly port: number; readonly count: () => number }
  /** Sends back what it got, once the other side has said that this was all. */
  readonly echo: { readonly server: Server; readonly port: number }
  readonly repositories: string
  /** Every name that was resolved. */
  readonly resolved: string[]
  readonly egress: Egress
}

/** The body of `/big`. */
export const bigBody = randomBytes(8 * 1024 * 1024)

async function listening<T extends Server | HttpServer>(server: T): Promise<{ server: T; port: number }> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { server, port: (server.address() as AddressInfo).port } // listening on TCP
}

/** Servers, and a way out that leads to most of them. */
export async function openEgressHost(): Promise<EgressHost> {
  await using stack = new AsyncDisposableStack()
  const folder = stack.use(await temporaryFolder())
  const repositories = join(folder.path, 'repositories')
  await mkdir(join(repositories), { recursive: true })
  execFileSync('git', ['init', '--quiet', '--bare', '--initial-branch=main', join(repositories, 'project.git')])
  execFileSync('git', ['-C', join(repositories, 'project.git'), 'config', 'http.receivepack', 'true'])
  const authority = new TestAuthority()
  const [bearer, basic] = [`Bearer ${canary}`, `Basic ${canaryAsBasic}`]
  const api = stack.use(
    await guardedServer(authority.identityOf('api.test'), bearer, (request, response) => {
      request.resume()
      response.end(`welcome to ${request.url}\n`)
    }),
  )
  const git = stack.use(await guardedServer(authority.identityOf('git.test'), basic, gitOverHttp(repositories)))
  const registry = npmRegistry(() => `https://npm.test:${npm.port}`)
  const npm: PrivateServer = stack.use(await guardedServer(authority.identityOf('npm.test'), bearer, registry))
  const plain = await listening(
    createHttpServer((request, response) =>
      request.url === '/big' ? response.end(bigBody) : response.end(JSON.stringify(request.headers)),
    ),
  )
  let visitors = 0
  const sink = await listening(
    createServer(socket => {
      visitors++
      socket.destroy()
    }),
  )
  const echo = await listening(createServer({ allowHalfOpen: true }, socket => socket.pipe(socket)))
  for (const { server } of [plain, sink, echo]) stack.defer(() => void server.close())
  const resolved: string[] = []
  const list = `api.test:${api.port}=private git.test:${git.port}=private npm.test:${npm.port}=private plain.test:${plain.port}=private echo.test:${echo.port}=private`
  const credentials = `api.test:${api.port} bearer TOKEN; git.test:${git.port} basic somebody TOKEN; npm.test:${npm.port} bearer TOKEN`
  const egress = createEgress({
    dataDirectory: folder.path,
    policyOf: session =>
      session === named(closedSession) ? { mode: 'none', rules: [] } : { mode: 'list', rules: parseEgressList(list) },
    credentials: parseCredentials(credentials),
    secrets: { get: name => (name === 'TOKEN' ? new Secret(canary) : undefined) },
    certificates: [authority.certificate],
    lookup: async name => {
      resolved.push(name)
      return ['127.0.0.1']
    },
  })
  const ends = stack.move()
  return {
    ...{ api, git, npm, plain, echo, repositories, resolved, egress },
    sink: { ...sink, count: () => visitors },
    [Symbol.asyncDispose]: () => ends.disposeAsync(),
  }
}
