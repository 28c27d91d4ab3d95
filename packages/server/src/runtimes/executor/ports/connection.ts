import { connect, type Socket } from 'node:net'
import { beginStream } from '../begin-stream.ts'
import type { Call } from '../calls.ts'
import { Refusal } from '../refusal.ts'

/** How long, in milliseconds, a program may take to accept a connection. */
const acceptLimit = 10_000

/** Connects to the first address that answers. Throws `Refusal` when none does. */
export async function connectTo(addresses: readonly string[], port: number, signal: AbortSignal): Promise<Socket> {
  let reason = 'nothing listens there'
  for (const host of addresses) {
    try {
      return await opened(connect({ host, port, allowHalfOpen: true, noDelay: true }), signal)
    } catch (error) {
      signal.throwIfAborted()
      reason = error instanceof Error ? error.message : String(error)
    }
  }
  throw new Refusal(`No connection to port ${port}: ${reason}.`)
}

async function opened(socket: Socket, signal: AbortSignal): Promise<Socket> {
  const { promise, resolve, reject } = Promise.withResolvers<Socket>()
  const onAbort = (): void => reject(signal.reason)
  const timer = setTimeout(() => reject(new Error('the program does not accept it')), acceptLimit)
  signal.addEventListener('abort', onAbort, { once: true })
  socket.once('connect', () => resolve(socket))
  socket.once('error', reject)
  try {
    return await promise
  } catch (error) {
    socket.destroy()
    throw error
  } finally {
    clearTimeout(timer)
    socket.off('error', reject)
    signal.removeEventListener('abort', onAbort)
  }
}

/**
 * Carries bytes both ways until both sides have ended theirs, each at the other's pace; the end of one side is told to
 * the other, which may still go on. Throws what the connection broke with.
 */
export async function carry(call: Call, socket: Socket): Promise<void> {
  const { promise: broken, reject } = Promise.withResolvers<never>()
  const onAbort = (): void => reject(call.signal.reason)
  call.signal.addEventListener('abort', onAbort, { once: true })
  socket.on('error', reject)
  // What came last may still be on its way to the server when both sides have ended.
  socket.once('close', () => {
    if (!socket.readableEnded || !socket.writableFinished) reject(new Error('The connection was closed'))
  })
  try {
    await beginStream(call, {})
    await Promise.race([Promise.all([toServer(call, socket), toProgram(call, socket)]), broken])
  } finally {
    call.signal.removeEventListener('abort', onAbort)
    socket.destroy()
  }
}

async function toServer({ output, signal }: Call, socket: Socket): Promise<void> {
  // The other half goes on when this one has ended.
  for await (const bytes of socket.iterator({ destroyOnReturn: false })) await output.deliver(bytes, signal)
  output.finish()
}

async function toProgram({ input }: Call, socket: Socket): Promise<void> {
  for await (const bytes of input) {
    if (socket.write(bytes)) continue
    const { promise, resolve } = Promise.withResolvers<void>()
    socket.once('drain', resolve)
    await promise
  }
  const { promise, resolve } = Promise.withResolvers<void>()
  socket.end(resolve)
  await promise
}
