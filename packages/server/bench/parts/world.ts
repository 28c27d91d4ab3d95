import type { LoopCalls } from '../floors/loop-process.ts'
import { Helper } from './helper.ts'
import type { ModelCalls } from './model-process.ts'
import { type Context, Listening, temporaryFolder } from './server.ts'

/** Limits out of the way: a benchmark's session is long on purpose. */
const unlimited = { MAX_ITERATIONS: '1000000', LLM_MAX_INPUT_TOKENS: '1000000000' }

/** The scripted model, our server and the bare loop, each in a process of its own. */
export interface World extends AsyncDisposable {
  readonly model: Helper<ModelCalls>
  readonly server: Listening
  readonly loop: Helper<LoopCalls>
  /** The address of the bare loop. */
  readonly loopUrl: string
  readonly dataDir: string
}

/** Starts all three. */
export async function startWorld(context: Context): Promise<World> {
  await using stack = new AsyncDisposableStack()
  const folder = stack.use(await temporaryFolder())
  const model = stack.use(new Helper<ModelCalls>('parts/model-process.ts'))
  const baseUrl = await model.call('baseUrl')
  const loop = stack.use(new Helper<LoopCalls>('floors/loop-process.ts', [baseUrl]))
  const loopUrl = await loop.call('url')
  const llm = { LLM_MODEL: 'openai/gpt-4o', LLM_API_KEY: 'a-key-for-nothing', LLM_BASE_URL: baseUrl }
  const server = stack.use(await Listening.server(context, folder.path, { ...llm, ...unlimited }))
  const ends = stack.move()
  return { model, server, loop, loopUrl, dataDir: folder.path, [Symbol.asyncDispose]: () => ends.disposeAsync() }
}
