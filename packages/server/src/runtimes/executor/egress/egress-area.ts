import { connect, createServer, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import type { Area, Place } from '../area.ts'

/** Where programs inside find the way out, see `proxy-variables.ts`. */
const port = 3128
/** Connections at the same time; the proxy has the same bound. */
const maxConnections = 256
/** After so many milliseconds another attempt is made to have the port. */
const retryMs = 1000

/**
 * Listens where programs look for a proxy and carries each connection to the socket of the way out. It has the port
 * before the first command runs; were it taken, it waits until the port is free.
 */
export function egressArea({ options }: Place): Area {
  if (options.egress === '') return { handlers: new Map(), close: () => undefined }
  const socketPath = join(options.egress, 'proxy.sock')
  const server = createServer({ allowHalfOpen: true }, inner => carry(inner, socketPath))
  server.maxConnections = maxConnections
  let timer: NodeJS.Timeout | undefined
  server.on('error', () => {
    timer = setTimeout(() => listen(server), retryMs)
  })
  listen(server)
  const close = (): void => {
    clearTimeout(timer)
    server.close()
  }
  return { handlers: new Map(), close }
}

function listen(server: Server): void {
  server.listen({ port, host: '127.0.0.1' })
}

function carry(inner: Socket, socketPath: string): void {
  const outer = connect({ path: socketPath, allowHalfOpen: true })
  for (const [from, to] of [
    [inner, outer],
    [outer, inner],
  ] as const) {
    from.on('error', () => to.destroy())
    from.on('close', hadError => (hadError ? to.destroy() : to.destroySoon()))
    from.pipe(to)
  }
}
