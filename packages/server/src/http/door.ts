import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { clientIdOf, type ErrorFrame, SessionId } from '@openhands/protocol'
import type { RawData, WebSocket } from 'ws'
import { DrainingError, type Log } from '../core/ports.ts'
import type { Session } from '../core/session.ts'
import type { SessionManager } from '../core/session-manager.ts'
import { systemClock } from '../lib/clock.ts'
import { messageOf } from '../lib/errors.ts'
import { present } from '../lib/present.ts'
import { Secret } from '../lib/secret.ts'
import type { Access } from './access.ts'
import { admitKnock } from './admission.ts'
import { type Crowd, crowdOf } from './crowd.ts'
import { type Knock, readKnock } from './handshake.ts'
import type { Door } from './listen.ts'
import { OpenSockets } from './open-sockets.ts'
import { PageConnection } from './page-connection.ts'
import { MAX_FRAME_BYTES, readFrame } from './read-frame.ts'
import { refuse } from './security-headers.ts'
import { SocketConnection } from './socket-connection.ts'
import { takeInTurn } from './take-in-turn.ts'

const HARD_FRAME_BYTES = 2 * MAX_FRAME_BYTES
/** Frames of one client, and bytes of them, that may wait to be dispatched before it is read no further. */
const MAX_WAITING = { frames: 64, bytes: MAX_FRAME_BYTES }

/** Signs and reads the tokens that name a session to its client. */
export interface SessionTokens {
  sign(session: SessionId): Promise<string>
  /** Undefined for a token that this server did not sign. */
  verify(token: string): Promise<SessionId | undefined>
}

export interface DoorOptions {
  readonly access: Access
  readonly manager: SessionManager
  readonly sessionTokens: SessionTokens
  readonly log: Log
  /** How often clients are asked whether they are still there; who has not answered by the next time is let go. */
  readonly pingEveryMs?: number
  /** A client that takes nothing for so long is let go. */
  readonly stalledMs?: number
}

/** A client that was let in. */
interface Visit {
  /** What the socket's frames travel on. */
  readonly stream: Duplex
  readonly knock: Knock
  readonly id: SessionId
  /** The session that its token names, if it brought one that is ours. */
  readonly sid: SessionId | undefined
}

/** What the frames of a client that was let in are about, and who is answered. */
interface Visitor {
  readonly socket: WebSocket
  readonly connection: SocketConnection | PageConnection
  /** The connection, where it is one of a 0.13.1 page. */
  readonly page: PageConnection | undefined
  readonly opening: Promise<Session>
}

/** The WebSocket at `/ws`: the seed's plain protocol, and the handshake of OpenHands 0.13 pages. */
export class SocketDoor implements Door {
  readonly #options: DoorOptions
  readonly #sockets: OpenSockets
  /** Those of 0.13.1 pages. */
  readonly #pages = new WeakSet<WebSocket>()

  constructor(options: DoorOptions) {
    this.#options = options
    this.#sockets = new OpenSockets({ maxPayload: HARD_FRAME_BYTES, ...present({ pingEveryMs: options.pingEveryMs }) })
  }

  /** Everything: what is for no other door is refused here. */
  handles(): boolean {
    return true
  }

  /** Takes an upgrade over, or refuses it before the 101. */
  async upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const onGone = (): void => void socket.destroy()
    socket.on('error', onGone)
    const knock = readKnock(request)
    const { admission, sid } = await admitKnock(this.#options, request, knock)
    if (!admission.ok) return refuse(socket, admission.status)
    if (knock.path !== '/ws') return refuse(socket, 404)
    const session = await this.#sessionOf(knock, sid)
    if (!session) return refuse(socket, 404)
    socket.off('error', onGone)
    this.#sockets.accept({ request, socket, head }, [`openhands-session: ${session}`], opened => {
      void this.#serve(opened, { stream: socket, knock, id: session, sid }).catch(error => {
        this.#options.log.error('a connection failed', { session, error: messageOf(error) })
        opened.close(1011, 'internal error')
      })
    })
  }

  crowds(): readonly Crowd[] {
    const waiting = [...this.#sockets.waiting()]
    const of = (isPage: boolean): readonly number[] =>
      waiting.flatMap(([socket, bytes]) => (this.#pages.has(socket) === isPage ? [bytes] : []))
    return [crowdOf('ws', of(false)), crowdOf('page_0131', of(true))]
  }

  /** Ends every connection; the clients come back with their cursors, if they still may. */
  dropAll(): void {
    this.#sockets.dropAll(4401, 'the token was changed')
  }

  /** Lets everybody go, for good. */
  close(): void {
    this.#sockets.close()
  }

  /** The session to serve: the token's and no other, the one asked for by name if there is one, or a new one. */
  async #sessionOf(knock: Knock, sid: SessionId | undefined): Promise<SessionId | undefined> {
    if (sid !== undefined) return knock.session === undefined || knock.session === sid ? sid : undefined
    if (knock.session === undefined) return SessionId.parse(randomUUID())
    const known = knock.session !== null && (await this.#options.manager.exists(knock.session))
    return known && knock.session !== null ? knock.session : undefined
  }

  async #serve(socket: WebSocket, { stream, knock, id, sid }: Visit): Promise<void> {
    const gone = new AbortController()
    socket.on('close', () => gone.abort())
    socket.on('error', error => this.#options.log.warn('socket error', { session: id, error: messageOf(error) }))
    const socketConnection = new SocketConnection(socket, {
      stream,
      wantsDeltas: knock.wantsDeltas,
      onStalled: () => this.#options.log.warn('a client does not keep up and is let go', { session: id }),
      ...present({ stalledMs: this.#options.stalledMs }),
    })
    if (knock.sessionToken !== undefined && sid === undefined) return refuseToken(socket)
    const from = knock.latestEventId + 1
    const page =
      knock.manner === 'openhands'
        ? new PageConnection(socketConnection, { clock: systemClock, from, signal: gone.signal })
        : undefined
    if (page) this.#pages.add(socket)
    const connection = page ?? socketConnection
    if (this.#options.manager.refuses(id)) {
      connection.sendFrame(shuttingDown)
      return connection.close(1001, 'the server is shutting down')
    }
    const opening = this.#options.manager.open(id).then(session => {
      page?.begin(session.stream, session.stream.state.next)
      if (knock.githubToken !== undefined) session.protect(new Secret(knock.githubToken))
      return session
    })
    opening.catch(() => undefined) // it is awaited below; until then its failure is nobody's
    this.#receive({ socket, connection, page, opening }, gone.signal)
    page?.sendToken({ token: knock.sessionToken ?? (await this.#options.sessionTokens.sign(id)), status: 'ok' })
    const session = await opening
    if (from > session.stream.state.next) {
      connection.sendFrame(cursorAhead(knock.latestEventId, session.stream.state.next - 1))
      return connection.close(4009, 'cursor ahead of the log')
    }
    await session.attach(connection, from, gone.signal)
  }

  /**
   * Frames are dispatched one after the other; they may come before anything was sent, and wait (wire D1.4). A client
   * that takes no answers is not read either.
   */
  #receive(visitor: Visitor, gone: AbortSignal): void {
    const { socket, connection } = visitor
    takeInTurn(socket, MAX_WAITING, async (data, isBinary) => {
      const refused = await this.#dispatch(data, isBinary, visitor)
      if (refused) await connection.answer(refused, gone)
    })
  }

  async #dispatch(data: RawData, isBinary: boolean, { opening, page }: Visitor): Promise<ErrorFrame | undefined> {
    const read = readFrame(data, isBinary)
    if (!read.ok) return read.error
    const name = present({ client_id: clientIdOf(read.frame) })
    try {
      const session = await opening
      const before = session.stream.state
      const refused = await session.dispatch(page?.named(read.frame) ?? read.frame)
      if (!refused) page?.obeyed(read.frame, before)
      return refused && { ...refused, ...name }
    } catch (error) {
      this.#options.log.error('a frame could not be dispatched', { error: messageOf(error) })
      return { error: true, code: 'internal', message: 'The server failed; its log says why. Try again.', ...name }
    }
  }
}

const shuttingDown: ErrorFrame = { error: true, code: 'shutting_down', message: new DrainingError().message }

function cursorAhead(cursor: number, newest: number): ErrorFrame {
  const message = `latest_event_id ${cursor} is ahead of the log, whose newest event is ${newest}; start again without it.`
  return { error: true, code: 'cursor_ahead', field: 'latest_event_id', message }
}

/** Wire A1.2: the page forgets its token when it reads this. */
function refuseToken(socket: WebSocket): void {
  socket.send(JSON.stringify({ error: 'Invalid token', error_code: 401 }))
  socket.close(1000)
}
