/** A program: sandboxes of a process of its own, for tests that need it to be another user or in another environment. */
import { createInterface } from 'node:readline'
import { SessionId } from '@openhands/protocol'
import type { Runtime } from '../core/ports.ts'
import { messageOf } from '../lib/errors.ts'
import { createRuntimes, type RuntimesOptions } from '../runtimes/catalogue.ts'

/** What it can be asked, each by its name with its arguments. */
export interface RuntimesCalls {
  start(runtime: number, session: string, directory: string): { workspace: string; limits: Runtime['limits'] }
  run(runtime: number, command: string, timeoutMs: number): Awaited<ReturnType<Runtime['run']>>
  read(runtime: number, path: string): Awaited<ReturnType<Runtime['read']>>
  view(runtime: number, path: string): Awaited<ReturnType<Runtime['view']>>
  write(runtime: number, path: string, text: string): Awaited<ReturnType<Runtime['write']>>
  create(runtime: number, path: string): Awaited<ReturnType<Runtime['edit']>>
  end(runtime: number): null
  probe(): readonly { about: string; ok: boolean; found: string; remedy?: string }[]
  reap(): number
}

/** A request to the program: one line of JSON. Its answer has the same `id`. */
export interface RuntimesRequest {
  readonly id: number
  readonly call: keyof RuntimesCalls
  readonly args: readonly unknown[]
}

const never = new AbortController().signal
// The test that starts it writes it.
const options = JSON.parse(process.env['RUNTIMES_OPTIONS'] ?? '{}') as RuntimesOptions
delete process.env['RUNTIMES_OPTIONS']
const runtimes = createRuntimes(options)
const open = new Map<number, Runtime>()

function opened(number: number): Runtime {
  const runtime = open.get(number)
  if (runtime === undefined) throw new Error(`no runtime ${number}`)
  return runtime
}

type Promised = {
  [C in keyof RuntimesCalls]: (...args: Parameters<RuntimesCalls[C]>) => Promise<ReturnType<RuntimesCalls[C]>>
}

const calls: Promised = {
  async start(number, session, directory) {
    const request = { session: SessionId.parse(session), directory, onStatus: () => undefined, signal: never }
    const runtime = await runtimes.start(request)
    open.set(number, runtime)
    return { workspace: runtime.workspace, limits: runtime.limits }
  },
  run: (number, command, timeoutMs) => opened(number).run({ command, isInput: false, timeoutMs }, never),
  read: (number, path) => opened(number).read(path, never),
  view: (number, path) => opened(number).view(path, undefined, never),
  write: (number, path, text) => opened(number).write(path, text, never),
  create: (number, path) => opened(number).edit({ command: 'create', path, text: 'x' }, never),
  async end(number) {
    await opened(number)[Symbol.asyncDispose]()
    return null
  },
  probe: () => runtimes.probe(),
  reap: () => runtimes.reap(),
}

async function answer({ id, call, args }: RuntimesRequest): Promise<void> {
  // The caller is typed by the same table.
  const work = calls[call] as (...args: readonly unknown[]) => Promise<unknown>
  const reply = await work(...args).then(
    value => ({ id, value }),
    error => ({ id, error: messageOf(error) }),
  )
  process.stdout.write(`${JSON.stringify(reply)}\n`)
}

createInterface(process.stdin)
  // The test that starts it writes it.
  .on('line', line => void answer(JSON.parse(line) as RuntimesRequest).catch(() => process.exit(1)))
  .on('close', () => {
    const ends = [...open.values()].map(runtime => runtime[Symbol.asyncDispose]())
    Promise.allSettled(ends).then(
      () => process.exit(),
      () => process.exit(1),
    )
  })
