import { createServer, type Server as HttpServer, type IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { awaited, type ErrorFrame } from '@openhands/protocol'
import { Server, type Socket } from 'socket.io'
import { DrainingError, type Log, type SettingsStore } from '../core/ports.ts'
import type { Session } from '../core/session.ts'
import type { SessionManager } from '../core/session-manager.ts'
import { messageOf } from '../lib/errors.ts'
import { present } from '../lib/present.ts'
import type { Access } from './access.ts'
import { type Crowd, crowdOf } from './crowd.ts'
import { readKnock } from './handshake.ts'
import type { Door } from './listen.ts'
import { Page021 } from './page-021.ts'
import { MAX_FRAME_BYTES, readFrame } from './read-frame.ts'
import { refuse } from './security-headers.ts'
import { startFromSettings } from './settings-start.ts'
import { SocketIoConnection } from './socket-io-connection.ts'

const PATH = '/socket.io/'
const PING_EVERY_MS = 15_000
/** A client has so long to say which conversation it wants, and to answer a ping. */
const PATIENCE_MS = 20_000
/** How long a client has to answer a close frame before its connection goes. */
const GOODBYE_MS = 500
/** Frames of one client that may wait to be dispatched before it is read no further. */
const MAX_WAITING = 64

export interface SocketIoDoorOptions {
  readonly access: Access
  readonly manager: SessionManager
  readonly settings: SettingsStore
  readonly log: Log
  /** How often clients are asked whether they are still there. */
  readonly pingEveryMs?: number
  /** A client that takes nothing for so long is let go. */
  readonly stalledMs?: number
}

/** The socket of 0.20 and 0.21.1 pages at `/socket.io/` (wire B1). It polls for nobody: only upgrades reach it. */
export class SocketIoDoor implements Door {
  readonly #options: SocketIoDoorOptions
  readonly #io: Server
  /** Never listens: the library takes connections from a server, and gets from this one what has been let in. */
  readonly #shell: HttpServer = createServer()
  /** Everybody who was let in, whether a conversation was joined or not. */
  readonly #inside = new Set<Socket['conn']>()

  constructor(options: SocketIoDoorOptions) {
    this.#options = options
    this.#io = new Server(this.#shell, {
      path: PATH,
      transports: ['websocket'],
      serveClient: false,
      destroyUpgrade: false,
      perMessageDeflate: false,
      maxHttpBufferSize: MAX_FRAME_BYTES,
      pingInterval: options.pingEveryMs ?? PING_EVERY_MS,
      pingTimeout: PATIENCE_MS,
      connectTimeout: PATIENCE_MS,
    })
    this.#io.engine.on('connection', (conn: Socket['conn']) => {
      this.#inside.add(conn)
      conn.once('close', () => this.#inside.delete(conn))
    })
    this.#io.use((socket, next) => {
      this.#join(socket).then(
        () => next(),
        error => next(this.#told(error)),
      )
    })
    this.#io.on('connection', socket => {
      this.#serve(socket).catch(error => {
        this.#options.log.error('a connection failed', { error: messageOf(error) })
        socket.conn.close()
      })
    })
  }

  /** Whether an upgrade is for this door and no other. */
  handles(request: Pick<IncomingMessage, 'url'>): boolean {
    const [path] = (request.url ?? '').split('?', 1)
    return path === PATH || path === PATH.slice(0, -1)
  }

  /** Takes an upgrade over, or refuses it before the 101 (S02, S03, S04). */
  async upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const onGone = (): void => void socket.destroy()
    socket.on('error', onGone)
    const knock = readKnock(request)
    const admission = await this.#options.access.admit(request, knock.serverToken)
    if (!admission.ok) return refuse(socket, admission.status)
    if (knock.path !== PATH) return refuse(socket, 404)
    const asks = new URL(request.url ?? '', 'http://localhost').searchParams
    // Whoever names a connection wants to take it over from another transport, and there is none.
    if (asks.get('transport') !== 'websocket' || asks.get('EIO') !== '4' || asks.has('sid')) return refuse(socket, 400)
    socket.off('error', onGone)
    this.#shell.emit('upgrade', request, socket, head)
  }

  crowds(): readonly Crowd[] {
    return [
      crowdOf(
        'socket.io',
        [...this.#inside].map(conn => connections.get(conn)?.waiting ?? 0),
      ),
    ]
  }

  /** Ends every connection; the clients come back with their cursors, if they still may. */
  dropAll(): void {
    for (const conn of this.#inside) {
      const { socket } = conn.request
      conn.close(true)
      setTimeout(() => socket.destroy(), GOODBYE_MS).unref()
    }
  }

  /** Lets everybody go, for good. */
  close(): void {
    this.dropAll()
    this.#io.engine.close()
  }

  /** Finds the conversation that a client asks for and starts its agent if nothing has. Throws `Refused`. */
  async #join(socket: Socket): Promise<void> {
    const { manager, settings } = this.#options
    const { session: id, latestEventId } = readKnock(socket.request)
    if (id === undefined) throw new Refused('No conversation_id in query params')
    if (id === null || !(await manager.exists(id))) {
      const asked = socket.handshake.query['conversation_id']
      throw new Refused(`Conversation ${String(asked).slice(0, 100)} does not exist`)
    }
    if (manager.refuses(id)) throw new Refused(new DrainingError().message, 'STATUS$ERROR_SHUTTING_DOWN')
    const session = await manager.open(id)
    const { next } = session.stream.state
    if (latestEventId >= next)
      throw new Refused(`latest_event_id ${latestEventId} is ahead of the log, which has ${next} events; start again.`)
    const refused = await startFromSettings(session, settings)
    if (refused) throw new Refused(refused.message, refused.msg_id)
    visits.set(socket, { session, from: latestEventId + 1 })
  }

  /** What a client is told of why it was not let in. */
  #told(error: unknown): Error {
    if (error instanceof Refused) return error
    this.#options.log.error('a conversation could not be joined', { error: messageOf(error) })
    return new Refused('The server failed; its log says why. Try again.')
  }

  async #serve(socket: Socket): Promise<void> {
    const visit = visits.get(socket)
    if (!visit) throw new Error('a client was let in that nobody has asked for anything')
    const { session, from } = visit
    const gone = new AbortController()
    socket.once('disconnect', () => gone.abort())
    const { state } = session.stream
    const connection = new SocketIoConnection(socket, {
      page: new Page021({ from, log: state, awaited: () => awaited(session.stream.state) }),
      onStalled: () => this.#options.log.warn('a client does not keep up and is let go', { session: session.id }),
      ...present({ stalledMs: this.#options.stalledMs }),
    })
    connections.set(socket.conn, connection)
    this.#receive(socket, connection, session, gone.signal)
    connection.begin()
    await session.attach(connection, from, gone.signal)
    socket.conn.close() // the session was closed before this client was its own
  }

  /** Frames are dispatched one after the other. A client that takes no answers is not read either. */
  #receive(socket: Socket, connection: SocketIoConnection, session: Session, gone: AbortSignal): void {
    const wire = wireOf(socket)
    let waiting = 0
    let chain: Promise<void> = Promise.resolve()
    socket.on('oh_action', (sent: unknown) => {
      waiting++
      if (waiting >= MAX_WAITING) wire.pause()
      chain = chain
        .then(() => this.#dispatch(sent, session))
        .then(refused => refused && connection.answer(refused, gone))
        .catch(() => undefined) // only an answer that nobody waits for any more fails
        .finally(() => {
          waiting--
          if (wire.isPaused && waiting < MAX_WAITING / 2) wire.resume()
        })
    })
  }

  async #dispatch(sent: unknown, session: Session): Promise<ErrorFrame | undefined> {
    const read = readFrame(asText(sent), false)
    if (!read.ok) return read.error
    if (read.frame.kind === 'initialize') return notHere
    try {
      return await session.dispatch(read.frame)
    } catch (error) {
      this.#options.log.error('a frame could not be dispatched', { error: messageOf(error) })
      return { error: true, code: 'internal', message: 'The server failed; its log says why. Try again.' }
    }
  }
}

/** The clients of connections that are served. */
const connections = new WeakMap<Socket['conn'], SocketIoConnection>()
/** What clients that were let in are to be served. */
const visits = new WeakMap<Socket, { readonly session: Session; readonly from: number }>()

/** Ends in the page's `connect_error`, with `data` beside the message (wire B1). */
class Refused extends Error {
  readonly data: { readonly msg_id: string } | undefined

  constructor(message: string, msgId = '') {
    super(message)
    this.data = msgId === '' ? undefined : { msg_id: msgId }
  }
}

/** In this version settings are stored, not sent (wire B1). */
const notHere: ErrorFrame = {
  error: true,
  code: 'not_accepted',
  field: 'action',
  message: '"initialize" is not for this socket: the settings are those of /api/settings.',
}

/** The same rules for size and depth as for frames of the other door; what cannot be written down is no frame. */
function asText(sent: unknown): Buffer {
  try {
    return Buffer.from(JSON.stringify(sent) ?? '')
  } catch {
    return Buffer.from('')
  }
}

interface Pausable {
  pause(): void
  resume(): void
  readonly isPaused: boolean
}

/** The WebSocket below: the library has no other way to read no further, and does not declare this one. */
function wireOf(socket: Socket): Pausable {
  return Reflect.get(socket.conn.transport, 'socket') as Pausable // the only transport here keeps a `ws` socket there
}
