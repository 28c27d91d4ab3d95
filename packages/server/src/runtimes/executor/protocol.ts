/**
 * The language between a server and an executor, in frames (see `frame.ts`):
 *
 * - executor: `hello` with its `protocol`, once, before anything else;
 * - server: `request` with an `id` of its choice, a `method`, `params`, perhaps a body, and `credit`: how many bytes of
 *   output it is ready to take while the request runs; `credit` with an `id` grants more; `cancel` with an `id`;
 * - server: `input` with an `id` and a body, at most `inputWindow` bytes ahead of the executor's `credit` for them; with
 *   `end` when there is no more;
 * - executor: `data` with an `id` and a body, within the credit; with `end` when there is no more; then exactly one
 *   answer per request: `result` (with a `value` and perhaps a body), `refused` (for the user to read) or `error` (a
 *   fault of the program), each with the `id`; `fault` for a frame that could not be read.
 */
export const protocolVersion = 2

/** What the executor must know before it can do anything; sent as the first request, `open`. */
export interface OpenParams {
  readonly workspace: string
  /** The folders in which file tools may write. */
  readonly writable: readonly string[]
  /** A folder of the executor's own, made and removed by it. */
  readonly control: string
  /** The home folder of the session's user; it outlives the sandbox. */
  readonly home: string
  /** A folder that outlives the sandbox, for what the executor keeps of a session; agents have no business there. */
  readonly state: string
  /** The folder of the way out, see `EgressDoor`; empty when there is none. */
  readonly egress: string
  /** The whole environment of the session's shell. */
  readonly environment: Readonly<Record<string, string>>
  /** The value of the variable that marks the processes of this sandbox. */
  readonly mark: string
  /** UTF-16 units of output that the result of a command may have. */
  readonly outputLimit: number
  /** After so many milliseconds without output a command is left to itself. */
  readonly silenceMs: number
  /** Bytes that must stay free on the disk of the workspace; a command that takes more is ended. */
  readonly reserveBytes: number
}

/** Requests that may run at the same time. */
export const callLimit = 256
/** Requests are answered with at most this much output in flight, in bytes; it is also what one `data` frame may have. */
export const dataLimit = 64 * 1024
/** The same for requests that are streams. */
export const streamWindow = 256 * 1024
/** Bytes of input that a request may be sent before the executor has taken them up. */
export const inputWindow = 256 * 1024
