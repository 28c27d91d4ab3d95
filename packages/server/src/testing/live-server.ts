import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import { readConfig } from '../config.ts'
import type { Log } from '../core/ports.ts'
import { startServer } from '../server.ts'
import { type RawAnswer, rawHttp } from './raw-http.ts'
import { temporaryFolder } from './server-process.ts'

/** One line of the router's table, as it is while the server runs. */
export interface LiveRoute {
  readonly method: string
  /** With parameters as they were declared: `/api/conversations/:id`. */
  readonly url: string
}

/** A whole server in this process, whose router a test can look into. */
export interface LiveServer extends AsyncDisposable {
  readonly url: string
  readonly dataDir: string
  readonly routes: readonly LiveRoute[]
  /** How many requests have come as far as a handler. */
  readonly entered: () => number
  readonly logged: readonly string[]
  /** The token in its file. */
  token(): Promise<string>
  /** One request, written by hand; `Host` is the right one unless the lines have another. */
  ask(request: string, lines?: readonly string[], options?: AskOptions): Promise<RawAnswer>
}

export interface AskOptions {
  readonly body?: string
  readonly localAddress?: string
}

/** Where nobody listens. */
const nowhere = 'http://127.0.0.1:1'

/** Starts a server on a folder of its own and a free port; `onApp` may add routes before all others. */
export async function startLiveServer(
  args: readonly string[] = [],
  onApp: (app: FastifyInstance) => void = () => undefined,
  environment: Readonly<Record<string, string>> = {},
): Promise<LiveServer> {
  await using stack = new AsyncDisposableStack()
  const { path: dataDir } = stack.use(await temporaryFolder())
  const logged: string[] = []
  const note = (message: string, fields: object = {}): void => void logged.push(`${message} ${JSON.stringify(fields)}`)
  const log: Log = { info: () => undefined, warn: note, error: note }
  const env = { OPENHANDS_REQUESTS_PER_SECOND: '0', GITHUB_API_URL: nowhere, GITHUB_URL: nowhere, ...environment }
  const { config } = readConfig(['--port', '0', '--data-dir', dataDir, ...args], env)
  const routes: LiveRoute[] = []
  let entered = 0
  const server = await startServer(config, log, {
    onApp: app => {
      app.addHook('onRoute', ({ method, url }) => {
        for (const each of [method].flat()) routes.push({ method: each, url })
      })
      app.addHook('preHandler', async request => {
        if (!request.is404) entered++
      })
      onApp(app)
    },
  })
  stack.use(server)
  const { url } = server
  const ends = stack.move()
  return {
    url,
    dataDir,
    routes,
    logged,
    entered: () => entered,
    token: async () => (await readFile(join(dataDir, 'token'), 'utf8')).trim(),
    ask: (request, lines = [], { body, ...options } = {}) => {
      const own = lines.some(line => /^host:/i.test(line)) ? [] : [`Host: ${new URL(url).host}`]
      const length = body === undefined ? [] : [`Content-Length: ${Buffer.byteLength(body)}`]
      return rawHttp(url, [`${request} HTTP/1.1`, ...own, ...lines, ...length, '', body ?? ''].join('\r\n'), options)
    },
    [Symbol.asyncDispose]: () => ends.disposeAsync(),
  }
}
