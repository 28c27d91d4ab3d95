import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { AGENT_TERMINAL, type SessionId, TerminalClientFrame, TerminalParams } from '@openhands/protocol'
import type { WebSocket } from 'ws'
import type { Session } from '../core/session.ts'
import { type SessionTerminals, terminalsOf } from '../core/session-terminals.ts'
import { messageOf } from '../lib/errors.ts'
import { present } from '../lib/present.ts'
import { admitKnock } from './admission.ts'
import type { DoorOptions } from './door.ts'
import { type Knock, readKnock } from './handshake.ts'
import type { Door } from './listen.ts'
import { OpenSockets } from './open-sockets.ts'
import { refuse } from './security-headers.ts'
import { takeInTurn } from './take-in-turn.ts'
import { TerminalConnection } from './terminal-connection.ts'

const PATH = '/ws/terminal'
/** Bytes of one frame: what somebody pastes. */
const MAX_FRAME_BYTES = 1024 * 1024
/** What a client has typed may wait for the terminal so long, then the client is read no further. */
const MAX_WAITING = { frames: 64, bytes: MAX_FRAME_BYTES }

/** A terminal that a client may look at. */
interface Found {
  readonly session: Session
  readonly terminals: SessionTerminals
  readonly id: string
}

/** What a client asks for with its frames. */
interface Hands {
  type(bytes: Uint8Array): Promise<string | undefined>
  obey(frame: TerminalClientFrame): Promise<string | undefined>
}

/** The WebSocket at `/ws/terminal`: bytes both ways as binary frames, everything else as JSON (see `api.ts`). */
export class TerminalDoor implements Door {
  readonly #options: DoorOptions
  readonly #sockets: OpenSockets

  constructor(options: DoorOptions) {
    this.#options = options
    this.#sockets = new OpenSockets({ maxPayload: MAX_FRAME_BYTES, ...present({ pingEveryMs: options.pingEveryMs }) })
  }

  handles({ url }: IncomingMessage): boolean {
    return url === PATH || url?.startsWith(`${PATH}?`) === true
  }

  /** Takes an upgrade over, or refuses it before the 101: 404 for what is not there, 409 where no sandbox runs. */
  async upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const onGone = (): void => void socket.destroy()
    socket.on('error', onGone)
    const knock = readKnock(request)
    const { admission, sid } = await admitKnock(this.#options, request, knock)
    if (!admission.ok) return refuse(socket, admission.status)
    if (knock.sessionToken !== undefined && sid === undefined) return refuse(socket, 401)
    const found = await this.#find(request, knock, sid)
    if (typeof found === 'number') return refuse(socket, found)
    socket.off('error', onGone)
    this.#sockets.accept({ request, socket, head }, [], opened => this.#serve(opened, found))
  }

  dropAll(): void {
    this.#sockets.dropAll(4401, 'the token was changed')
  }

  close(): void {
    this.#sockets.close()
  }

  /** The terminal that was asked for, or the status to refuse with. Looking at one starts no sandbox. */
  async #find({ url }: IncomingMessage, knock: Knock, sid: SessionId | undefined): Promise<Found | number> {
    const named = knock.session ?? (knock.session === undefined ? sid : undefined)
    if (named === undefined || (sid !== undefined && named !== sid)) return 404
    if (!(await this.#options.manager.exists(named))) return 404
    const asked = new URLSearchParams((url ?? '').split(/\?(.*)/s, 2)[1]).get('terminal_id')
    const params = TerminalParams.safeParse({ terminal: asked })
    if (!params.success) return 404
    const session = await this.#options.manager.find(named)
    const runtime = await session?.runningRuntime()
    if (!session || !runtime) return 409
    const terminals = terminalsOf(runtime)
    const { terminal: id } = params.data
    return id === AGENT_TERMINAL || terminals.find(id) ? { session, terminals, id } : 404
  }

  #serve(socket: WebSocket, { session, terminals, id }: Found): void {
    const letGo = session.hold()
    socket.on('close', letGo)
    socket.on('error', error =>
      this.#options.log.warn('socket error', { session: session.id, error: messageOf(error) }),
    )
    const info = (): ReturnType<SessionTerminals['list']>[number] => {
      const found = terminals.list().find(one => one.id === id)
      return found ?? { id, name: id, of: 'person', cols: 80, rows: 24, viewers: 0, taken: false } // it has just ended
    }
    const connection = new TerminalConnection(socket, { info, ...present({ stalledMs: this.#options.stalledMs }) })
    const hands = id === AGENT_TERMINAL ? agentHands(connection, terminals) : ownHands(connection, terminals, id)
    takeInTurn(socket, MAX_WAITING, async (data, isBinary) => {
      const refused = isBinary ? await hands.type(data) : await obeyText(data, hands)
      if (refused !== undefined) await connection.answer(refused)
    })
  }
}

async function obeyText(data: Buffer, hands: Hands): Promise<string | undefined> {
  const frame = readFrame(data)
  if (frame === undefined)
    return 'Not a frame of a terminal: send {"type":"resize","cols":80,"rows":24}, take_over or give_back.'
  try {
    return await hands.obey(frame)
  } catch (error) {
    return messageOf(error)
  }
}

function readFrame(data: Buffer): TerminalClientFrame | undefined {
  try {
    return TerminalClientFrame.safeParse(JSON.parse(data.toString('utf8'))).data
  } catch {
    return undefined
  }
}

/** What a client may do with a user's own terminal: everything. */
function ownHands(connection: TerminalConnection, terminals: SessionTerminals, id: string): Hands {
  const own = terminals.find(id)
  if (own) connection.begin(viewer => own.shared.join(viewer))
  else connection.onExit('The terminal has ended.')
  return {
    async type(bytes) {
      await own?.terminal.write(bytes)
      return undefined
    },
    async obey(frame) {
      if (frame.type !== 'resize') return "This terminal is nobody else's: it can neither be taken over nor given back."
      terminals.resize(id, { columns: frame.cols, rows: frame.rows })
      return undefined
    },
  }
}

/** What a client may do with the agent's terminal: look, and once it has taken it over, everything. */
function agentHands(connection: TerminalConnection, { agent }: SessionTerminals): Hands {
  const viewing = connection.begin(viewer => agent.join(viewer))
  return {
    type: async bytes =>
      (await viewing.write(bytes)) ? undefined : "The terminal is the agent's; take it over first.",
    async obey(frame) {
      switch (frame.type) {
        case 'resize':
          viewing.resize({ columns: frame.cols, rows: frame.rows })
          return undefined
        case 'take_over': {
          const { columns, rows } = agent.size
          const taken = await viewing.takeOver({ columns: frame.cols ?? columns, rows: frame.rows ?? rows })
          return taken.ok ? undefined : taken.message
        }
        case 'give_back':
          await viewing.giveBack()
          return undefined
      }
    },
  }
}
