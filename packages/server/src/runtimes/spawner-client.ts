import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, constants, openSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { z } from 'zod'
import type { KillOrder, SpawnReport, SpawnRequest } from './spawner.ts'
import type { Started, StartRequest } from './starter.ts'

const Report: z.ZodType<SpawnReport> = z.discriminatedUnion('type', [
  z.object({ type: z.literal('ready'), name: z.string() }),
  z.object({ type: z.literal('started'), id: z.int(), pid: z.int().positive() }),
  z.object({ type: z.literal('ended'), id: z.int(), how: z.string() }),
])

/** Bounds of its heap in MiB; it keeps next to nothing. */
const heap = ['--max-old-space-size=64', '--max-semi-space-size=1']
const lost = 'the process that starts sandboxes has ended'

interface Open {
  readonly socket: Socket
  readonly onStarted: (pid: number) => void
  readonly onEnded: (how: string) => void
}

/** The server's end of a spawner, see `spawner.ts`. Keeps this process alive only while something that it started runs. */
export class SpawnerClient {
  readonly #process: ChildProcess
  readonly #folder: number
  readonly #name = Promise.withResolvers<string>()
  readonly #gone = Promise.withResolvers<void>()
  readonly #open = new Map<number, Open>()
  #count = 0
  /** Starts that are being asked for, before they are in the map. */
  #asking = 0
  #isGone = false

  /** `program` is the folder of `spawner.js`; `folder`, for its socket, must be closed to others. */
  constructor(program: string, folder: string) {
    this.#folder = openSync(folder, constants.O_RDONLY | constants.O_DIRECTORY)
    this.#name.promise.catch(() => undefined)
    // In a session of its own, so that a key pressed in the server's terminal does not reach it.
    this.#process = spawn(process.execPath, [...heap, join(program, 'spawner.js')], {
      cwd: folder,
      env: {},
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      detached: true,
    })
    this.#process.unref()
    this.#process.on('message', message => this.#receive(message))
    this.#process.on('error', error => this.#lose(error.message))
    this.#process.on('disconnect', () => this.#lose(lost))
  }

  /** Resolves when it has ended and can start nothing more. */
  get gone(): Promise<void> {
    return this.#gone.promise
  }

  /** Rejects when the spawner is gone before it could be asked; `Started` tells everything later. */
  async start(request: StartRequest): Promise<Started> {
    const socket = await this.#connect()
    const id = ++this.#count
    const [pid, how] = [Promise.withResolvers<number>(), Promise.withResolvers<string>()]
    const closed = new Promise<void>(resolve => void socket.once('close', () => resolve()))
    const onEnded = (reason: string): void => {
      // Nothing comes from what never ran.
      pid.resolve(0)
      how.resolve(reason)
    }
    this.#open.set(id, { socket, onStarted: pid.resolve, onEnded })
    this.#hold()
    const inputs = (request.inputs ?? []).map(bytes => Buffer.from(bytes).toString('base64'))
    const line: SpawnRequest = { ...request, id, inputs, groups: request.groups ?? [] }
    socket.write(`${JSON.stringify(line)}\n`)
    const number = await pid.promise
    if (number === 0) socket.destroy()
    return {
      pid: number,
      input: socket,
      output: socket,
      // Its last words may still be on their way when its end is already known.
      ended: Promise.all([how.promise, closed]).then(([reason]) => reason),
      kill: () => this.#kill(id),
    }
  }

  async #connect(): Promise<Socket> {
    this.#asking++
    this.#hold()
    try {
      const name = await this.#name.promise
      if (this.#isGone) throw new Error(lost)
      // The address of a socket may have no more than 107 bytes, and a data directory may have more.
      const socket = connect(`/proc/self/fd/${this.#folder}/${name}`)
      await once(socket, 'connect')
      // A program that ends closes its end; how it ended is told by `ended`.
      socket.on('error', () => undefined)
      if (!this.#isGone) return socket
      socket.destroy()
      throw new Error(lost)
    } finally {
      this.#asking--
      this.#hold()
    }
  }

  #receive(message: unknown): void {
    const report = Report.safeParse(message).data
    if (report === undefined) this.#process.disconnect()
    else if (report.type === 'ready') this.#name.resolve(report.name)
    else if (report.type === 'started') this.#open.get(report.id)?.onStarted(report.pid)
    else this.#end(report.id, report.how)
  }

  #end(id: number, how: string): void {
    const open = this.#open.get(id)
    this.#open.delete(id)
    this.#hold()
    open?.onEnded(how)
  }

  #kill(id: number): void {
    if (!this.#open.has(id) || !this.#process.connected) return
    const order: KillOrder = { kill: id }
    this.#process.send(order, () => undefined)
  }

  /** Waits for reports only while there can be some. */
  #hold(): void {
    if (this.#asking + this.#open.size > 0) this.#process.channel?.ref()
    else this.#process.channel?.unref()
  }

  #lose(reason: string): void {
    if (this.#isGone) return
    this.#isGone = true
    closeSync(this.#folder)
    this.#name.reject(new Error(reason))
    for (const { socket, onEnded } of this.#open.values()) {
      socket.destroy()
      onEnded(reason)
    }
    this.#open.clear()
    this.#gone.resolve()
  }
}
