import type { Socket } from 'node:net'
import { pipeline, type Readable, type Writable } from 'node:stream'
import { messageOf } from '../lib/errors.ts'
import { orAborted } from '../lib/signal.ts'
import type { DockerClient, EngineContainer } from './docker-client.ts'
import { OutputSplitter } from './docker-output.ts'
import { sizeText } from './executor/limits/size-text.ts'
import type { Started } from './starter.ts'

/** Characters and lines of a container's log that are kept. */
const logLimit = 8192
const logLines = 20
/** How long, in milliseconds, the last words of a container that has ended may take. */
const lastWords = 1000

/** How a container ended. */
export interface ContainerEnd {
  readonly exitCode: number
  /** The kernel has ended a program because there was no memory left for it. */
  readonly outOfMemory: boolean
  readonly log: string
}

/** The program of a container, attached before it runs so that none of its words is lost. */
export class ContainerProcess implements Started {
  readonly input: Writable
  readonly output: Readable
  readonly ended: Promise<string>
  readonly #client: DockerClient
  readonly #id: string
  readonly #socket: Socket
  readonly #closed: Promise<void>
  readonly #ended = Promise.withResolvers<string>()
  #pid = 0
  #log = ''
  #end: ContainerEnd | undefined

  private constructor(client: DockerClient, id: string, socket: Socket) {
    this.#client = client
    this.#id = id
    this.#socket = socket
    this.input = socket
    this.#closed = new Promise(resolve => void socket.once('close', () => resolve()))
    const decoder = new TextDecoder()
    const splitter = new OutputSplitter(bytes => {
      this.#log = (this.#log + decoder.decode(bytes, { stream: true })).slice(-logLimit)
    })
    // How the container ended is told by `ended`; a stream that breaks off is part of it.
    pipeline(socket, splitter, () => undefined)
    this.output = splitter
    this.ended = this.#ended.promise
  }

  /** Connects to a container that was made and does not run yet. */
  static async attach(client: DockerClient, id: string): Promise<ContainerProcess> {
    return new ContainerProcess(client, id, await client.attach(id))
  }

  /** As the engine's machine numbers it; 0 while it does not run. */
  get pid(): number {
    return this.#pid
  }

  /** How it ended, where the engine has told. */
  get end(): ContainerEnd | undefined {
    return this.#end
  }

  /** The engine has started it; from now on its end is watched. */
  follow({ State, HostConfig }: EngineContainer): void {
    this.#pid = State.Pid
    this.#watch(HostConfig.Memory).then(this.#ended.resolve, error => {
      this.#socket.destroy()
      this.#ended.resolve(`the container engine no longer answers: ${messageOf(error)}`)
    })
  }

  /** Lets go of it: it ends by itself, since its input ends. */
  close(): void {
    this.#socket.destroy()
  }

  kill(): void {
    // Where the engine cannot do it, the end of its input does, or whoever removes it.
    this.#client.kill(this.#id).catch(() => undefined)
    this.close()
  }

  async #watch(memory: number): Promise<string> {
    const exitCode = await this.#client.wait(this.#id)
    await orAborted(this.#closed, AbortSignal.timeout(lastWords)).catch(() => undefined)
    this.#socket.destroy()
    // One that was removed meanwhile was not ended by a lack of memory.
    const container = await this.#client.container(this.#id).catch(() => undefined)
    const outOfMemory = container?.State.OOMKilled === true
    const log = this.#log.trim().split('\n').slice(-logLines).join('\n')
    this.#end = { exitCode, outOfMemory, log }
    const how = outOfMemory
      ? `Out of memory: limit ${sizeText(memory)}; exit code ${exitCode}`
      : `exit code ${exitCode}`
    return log === '' ? how : `${how}; its last lines:\n${log}`
  }
}
