import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** The calls that a helper process answers. */
export type Calls = Record<string, (argument: never) => unknown>

interface Call {
  readonly id: number
  readonly name: string
  readonly argument: unknown
}
type Answer = { readonly id: number; readonly value: unknown } | { readonly id: number; readonly error: string }

/** A process of the benchmark's own that is asked over a pipe; it ends with the benchmark. */
export class Helper<C extends Calls> implements AsyncDisposable {
  readonly #child: ChildProcess
  readonly #waiting = new Map<number, PromiseWithResolvers<unknown>>()
  readonly #exited: Promise<void>
  #calls = 0

  /** Starts a file of this folder, such as `parts/model-process.ts`. */
  constructor(file: string, args: readonly string[] = []) {
    this.#child = fork(fileURLToPath(new URL(`../${file}`, import.meta.url)), [...args], { execArgv: [] })
    this.#child.on('message', (message: Answer) => {
      const waiting = this.#waiting.get(message.id)
      this.#waiting.delete(message.id)
      if ('error' in message) waiting?.reject(new Error(`${file}: ${message.error}`))
      else waiting?.resolve(message.value)
    })
    this.#exited = new Promise(resolve => {
      this.#child.once('exit', code => {
        for (const waiting of this.#waiting.values()) waiting.reject(new Error(`${file} ended (${code})`))
        resolve()
      })
    })
  }

  get pid(): number {
    return this.#child.pid ?? -1
  }

  /** Asks for one of the calls; rejects with what it threw, or when the process ends. */
  call<N extends keyof C & string>(name: N, argument?: Parameters<C[N]>[0]): Promise<Awaited<ReturnType<C[N]>>> {
    const answer = Promise.withResolvers<unknown>()
    const call: Call = { id: ++this.#calls, name, argument }
    this.#waiting.set(call.id, answer)
    this.#child.send(call)
    return answer.promise as Promise<Awaited<ReturnType<C[N]>>> // the process answers from a table of this very type
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.#exited
  }
}

/** Answers the calls of whoever started this process, and ends when that ends. */
export function answerCalls(calls: Calls): void {
  const table = new Map(Object.entries(calls))
  const answer = async ({ id, name, argument }: Call): Promise<Answer> => {
    try {
      return { id, value: await table.get(name)?.(argument as never) } // the caller's types hold on both sides
    } catch (error) {
      return { id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) }
    }
  }
  process.on('message', (call: Call) => void answer(call).then(reply => process.send?.(reply)))
  process.once('disconnect', () => process.exit())
}
