import * as z from 'zod'

/* GET and POST /terminals, DELETE /terminals/:terminal, and the WebSocket /ws/terminal. */

const count = z.int().nonnegative()
const columns = z.int().min(1).max(1000)
const rows = z.int().min(1).max(1000)

/** The id of the terminal that the agent's commands run in; it is there whenever a sandbox runs. */
export const AGENT_TERMINAL = 'agent'

/** A terminal of a session. */
export const TerminalInfo = z.object({
  id: z.string(),
  name: z.string(),
  /** Whose it is: `agent` for the one that the agent's commands run in. */
  of: z.enum(['agent', 'person']),
  cols: columns,
  rows,
  /** How many look at it now. */
  viewers: count,
  /** Of the agent's: whether a person has it now, and the agent's commands are refused meanwhile. */
  taken: z.boolean(),
})
export type TerminalInfo = z.infer<typeof TerminalInfo>

/** Empty where no sandbox runs. */
export const TerminalList = z.object({ running: z.boolean(), terminals: z.array(TerminalInfo) })
export type TerminalList = z.infer<typeof TerminalList>

/** Opens a shell of the user's own in the workspace; answered with 201 and `TerminalInfo`, or 409 when there are 8. */
export const TerminalRequest = z.object({
  cols: columns.default(80),
  rows: rows.default(24),
  name: z.string().trim().min(1).max(100).optional(),
})
export type TerminalRequest = z.input<typeof TerminalRequest>

/** The id of a terminal, in a path. */
export const TerminalParams = z.object({ terminal: z.string().regex(/^[0-9a-z-]{1,40}$/, 'not the id of a terminal') })

/**
 * Text frames that a client sends over `/ws/terminal?conversation_id=…&terminal_id=…`; binary frames are what is typed.
 * The agent's terminal takes typing only from whom has taken it over; it goes back when that connection ends.
 */
export const TerminalClientFrame = z.discriminatedUnion('type', [
  z.object({ type: z.literal('resize'), cols: columns, rows }),
  z.object({ type: z.literal('take_over'), cols: columns.optional(), rows: rows.optional() }),
  z.object({ type: z.literal('give_back') }),
])
export type TerminalClientFrame = z.infer<typeof TerminalClientFrame>

/**
 * Text frames that the server sends; binary frames are what the terminal shows. `screen` comes first, and again
 * whenever a client was too slow: what it had is void, and the bytes that follow begin with what was printed lately.
 */
export const TerminalServerFrame = z.discriminatedUnion('type', [
  z.object({ type: z.literal('screen'), terminal: TerminalInfo }),
  z.object({ type: z.literal('resized'), cols: columns, rows }),
  /** Who types into the agent's terminal now; `you` is this very connection. */
  z.object({ type: z.literal('holder'), holder: z.enum(['agent', 'you', 'somebody']) }),
  /** The terminal has ended; the connection is closed. */
  z.object({ type: z.literal('exit'), reason: z.string() }),
  /** A frame could not be obeyed; the connection lives on. */
  z.object({ type: z.literal('error'), message: z.string() }),
])
export type TerminalServerFrame = z.infer<typeof TerminalServerFrame>
