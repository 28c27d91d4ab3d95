import type { DialectName } from './scripted-model/request.ts'
import type { Script } from './scripted-model/script.ts'
import { type ScriptedModel, type ScriptedModelOptions, startScriptedModel } from './scripted-model/server.ts'
import { ServerProcess, temporaryFolder } from './server-process.ts'
import { type ClientOptions, SocketClient } from './socket-client.ts'

export const MODEL_KEY = 'test-key-0123456789'

/** How a user names a model of each dialect. */
const modelNames: Record<DialectName, string> = {
  anthropic: 'anthropic/claude-sonnet-4-5',
  chat: 'openai/gpt-4o',
  responses: 'openai-responses/gpt-5',
  google: 'google/gemini-2.5-flash',
}

export interface WorldOptions {
  readonly script: Script
  readonly dialect?: DialectName
  readonly args?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  readonly model?: Partial<ScriptedModelOptions>
}

/** A scripted model, a server in a process of its own that uses it, and clients: the whole, through its real sockets. */
export class World implements AsyncDisposable {
  readonly model: ScriptedModel
  readonly dataDir: string
  server: ServerProcess
  readonly #options: WorldOptions
  readonly #stack: AsyncDisposableStack

  private constructor(
    options: WorldOptions,
    model: ScriptedModel,
    dataDir: string,
    server: ServerProcess,
    stack: AsyncDisposableStack,
  ) {
    this.#options = options
    this.model = model
    this.dataDir = dataDir
    this.server = server
    this.#stack = stack
  }

  static async start(options: WorldOptions): Promise<World> {
    await using stack = new AsyncDisposableStack()
    const model = stack.use(await startScriptedModel({ script: options.script, apiKey: MODEL_KEY, ...options.model }))
    const folder = stack.use(await temporaryFolder())
    const server = await ServerProcess.start(launch(options, model, folder.path))
    return new World(options, model, folder.path, server, stack.move())
  }

  /** Starts the server again on the same data; the old one is killed first if it still lives. */
  async restart(env: Readonly<Record<string, string>> = {}): Promise<void> {
    await this.server.kill()
    const options = { ...this.#options, env: { CRASH_AT: '', ...this.#options.env, ...env } }
    this.server = await ServerProcess.start(launch(options, this.model, this.dataDir))
  }

  connect(options: ClientOptions = {}): Promise<SocketClient> {
    return SocketClient.connect(this.server.url, options)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server.kill()
    await this.#stack.disposeAsync()
  }
}

function launch(
  options: WorldOptions,
  model: ScriptedModel,
  dataDir: string,
): Parameters<typeof ServerProcess.start>[0] {
  const dialect = options.dialect ?? 'chat'
  const llm = { LLM_MODEL: modelNames[dialect], LLM_API_KEY: MODEL_KEY, LLM_BASE_URL: model.baseUrl(dialect) }
  return { dataDir, args: options.args ?? [], env: { ...llm, ...options.env } }
}
