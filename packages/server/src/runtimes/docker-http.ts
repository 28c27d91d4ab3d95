import { type IncomingMessage, type RequestOptions, request } from 'node:http'
import type { Socket } from 'node:net'
import { finished, Readable } from 'node:stream'
import { z } from 'zod'

/** A request that the engine has refused; the message is its own. */
export class EngineError extends Error {
  override readonly name = 'EngineError'
  /** The status of HTTP; 0 where the failure came in the middle of an answer. */
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

/** One request; a body is sent as JSON, or as it is where it is a stream. */
export interface EngineRequest {
  readonly method: 'GET' | 'POST' | 'DELETE'
  readonly path: string
  readonly query?: Readonly<Record<string, string>>
  readonly body?: Readonly<Record<string, unknown>> | Readable
  readonly signal?: AbortSignal
}

/** Bytes that an answer may have that is read as a whole. */
const answerLimit = 16 * 1024 * 1024
/** How long, in milliseconds, an engine may take for an answer that it has only to look up or to write down. */
const patience = 60_000

const Refusal = z.object({ message: z.string() })

/**
 * HTTP over a container engine's socket, a connection for each request. Failures are `EngineError` where the engine has
 * answered, the system's own error where it could not be reached, and a `TimeoutError` where it is silent for a minute.
 */
export class DockerHttp {
  readonly socket: string

  constructor(socket: string) {
    this.socket = socket
  }

  /** An answer as a whole. */
  async ask<T>(schema: z.ZodType<T>, asked: EngineRequest): Promise<T> {
    const limit = AbortSignal.timeout(patience)
    const signal = asked.signal === undefined ? limit : AbortSignal.any([asked.signal, limit])
    const text = await read(await this.open({ ...asked, signal }))
    return schema.parse(text === '' ? undefined : JSON.parse(text))
  }

  /** An answer that comes in its own time; it must be read or destroyed. */
  async open(asked: EngineRequest): Promise<IncomingMessage> {
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
    const { body } = asked
    const headers = body === undefined ? {} : { 'Content-Type': typeOf(body) }
    const outgoing = request({ ...this.#optionsOf(asked), headers }, resolve)
    outgoing.on('error', error => reject(asked.signal?.aborted ? asked.signal.reason : error))
    if (body instanceof Readable) finished(body.pipe(outgoing), { readable: false }, () => undefined)
    else outgoing.end(body === undefined ? undefined : JSON.stringify(body))
    const answer = await promise
    if ((answer.statusCode ?? 500) >= 400) throw await refusalOf(answer)
    return answer
  }

  /** Turns the connection into a plain stream both ways. */
  async upgrade(asked: EngineRequest): Promise<Socket> {
    const { promise, resolve, reject } = Promise.withResolvers<Socket>()
    const headers = { Connection: 'Upgrade', Upgrade: 'tcp' }
    const outgoing = request({ ...this.#optionsOf(asked), headers })
    outgoing.on('error', reject)
    outgoing.on('upgrade', (_answer, socket: Socket, head: Buffer) => {
      if (head.length > 0) socket.unshift(head)
      resolve(socket)
    })
    outgoing.on('response', answer => {
      refusalOf(answer).then(reject, reject)
    })
    outgoing.end()
    return await promise
  }

  #optionsOf({ method, path, query, signal }: EngineRequest): RequestOptions {
    const search = query === undefined ? '' : `?${new URLSearchParams(query)}`
    // An engine that was restarted has closed the connections that it had.
    const options = { socketPath: this.socket, agent: false, method, path: path + search } as const
    return signal === undefined ? options : { ...options, signal }
  }
}

function typeOf(body: object): string {
  return body instanceof Readable ? 'application/x-tar' : 'application/json'
}

async function refusalOf(answer: IncomingMessage): Promise<EngineError> {
  const text = await read(answer)
  const status = answer.statusCode ?? 500
  try {
    return new EngineError(status, Refusal.parse(JSON.parse(text)).message)
  } catch {
    return new EngineError(status, text.trim() || `status ${status}`)
  }
}

async function read(answer: IncomingMessage): Promise<string> {
  const parts: Buffer[] = []
  let size = 0
  for await (const part of answer) {
    // Without an encoding, a message is read as bytes.
    const bytes = part as Buffer
    size += bytes.length
    if (size > answerLimit) throw new RangeError(`The engine's answer is longer than ${answerLimit} bytes`)
    parts.push(bytes)
  }
  return Buffer.concat(parts).toString('utf8')
}
