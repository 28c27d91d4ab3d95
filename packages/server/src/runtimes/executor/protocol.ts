/**
 * The language between a server and an executor, in frames (see `frame.ts`):
 *
 * - executor: `hello` with its `protocol`, once, before anything else;
 * - server: `request` with an `id` of its choice, a `method`, `params`, perhaps a body, and `credit`: how many bytes of
 *   output it is ready to take while the request runs; `credit` with an `id` grants more; `cancel` with an `id`;
 * - executor: `data` with an `id` and a body, within the credit; then exactly one answer per request: `result` (with a
 *   `value` and perhaps a body), `refused` (for the user to read) or `error` (a fault of the program), each with the `id`;
 *   `fault` for a frame that could not be read.
 */
export const protocolVersion = 1

/** What the executor must know before it can do anything; sent as the first request, `open`. */
export interface OpenParams {
  readonly workspace: string
  /** The folders in which file tools may write. */
  readonly writable: readonly string[]
  /** A folder of the executor's own, made and removed by it. */
  readonly control: string
  /** The whole environment of the session's shell. */
  readonly environment: Readonly<Record<string, string>>
  /** The value of the variable that marks the processes of this sandbox. */
  readonly mark: string
  /** UTF-16 units of output that the result of a command may have. */
  readonly outputLimit: number
  /** After so many milliseconds without output a command is left to itself. */
  readonly silenceMs: number
}

/** Requests that may run at the same time. */
export const callLimit = 64
/** Requests are answered with at most this much output in flight, in bytes; it is also what one `data` frame may have. */
export const dataLimit = 64 * 1024
