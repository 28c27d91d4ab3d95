import { mkdir } from 'node:fs/promises'
import { Socket } from 'node:net'
import type { Readable, Writable } from 'node:stream'
import { messageOf } from '../lib/errors.ts'
import { SpawnerClient } from './spawner-client.ts'

/** A program that was started, or could not be. */
export interface Started {
  /** 0 when it could not be started. */
  readonly pid: number
  readonly input: Writable
  readonly output: Readable
  /** Resolves, when it has ended, to how: the exit code or signal and the last lines of its log. Never rejects. */
  readonly ended: Promise<string>
  kill(): void
}

/** What to start: no shell is involved, and nothing of the server's environment is handed on. */
export interface StartRequest {
  readonly program: string
  readonly args: readonly string[]
  readonly directory: string
  readonly environment: Readonly<Record<string, string>>
  /** What the program can read from its descriptors 3, 4 … */
  readonly inputs?: readonly Uint8Array[]
  /** Control groups that the program will be in: should the server be killed, what is in them is ended, and they go. */
  readonly groups?: readonly string[]
}

/**
 * Starts programs in sessions of their own, without a terminal. It has a small process do it, since a start stops its
 * process for as long as the kernel needs to copy its memory's tables: 0.1 ms for each MiB. That process is started when
 * it is first needed; whatever runs below it is lost with it, and the next start gets another.
 */
export class Starter {
  readonly #program: () => Promise<string>
  readonly #folder: string
  #spawner: Promise<SpawnerClient> | undefined

  /** `program` resolves to the folder that holds `spawner.js`; `folder` is made, for a socket. */
  constructor(program: () => Promise<string>, folder: string) {
    this.#program = program
    this.#folder = folder
  }

  /** Never rejects: what could not be started has ended. */
  async start(request: StartRequest): Promise<Started> {
    try {
      this.#spawner ??= this.#open()
      const spawner = await this.#spawner
      return await spawner.start(request)
    } catch (error) {
      const never = new Socket().destroy()
      const ended = Promise.resolve(messageOf(error))
      return { pid: 0, input: never, output: never, ended, kill: () => undefined }
    }
  }

  #open(): Promise<SpawnerClient> {
    const forget = (): void => {
      if (this.#spawner === opening) this.#spawner = undefined
    }
    const open = async (): Promise<SpawnerClient> => {
      const program = await this.#program()
      await mkdir(this.#folder, { recursive: true, mode: 0o700 })
      return new SpawnerClient(program, this.#folder)
    }
    const opening = open()
    void opening.then(spawner => spawner.gone).then(forget, forget)
    return opening
  }
}
