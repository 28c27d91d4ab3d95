/** Where a session's shell lives and what bounds its commands. */
export interface ShellOptions {
  readonly workspace: string
  readonly control: string
  /** What outlives the sandbox. */
  readonly state: string
  readonly environment: Readonly<Record<string, string>>
  /** The value of the sandbox's variable, see `process-tree.ts`. */
  readonly mark: string
  /** UTF-16 units of output that a result may have. */
  readonly outputLimit: number
  /** After so many milliseconds without new output a command is left to itself. */
  readonly silenceMs: number
}

/** See `CommandRequest` and `CommandResult` in the ports. */
export interface ShellRequest {
  readonly command: string
  readonly isInput: boolean
  readonly timeoutMs: number
}
export interface ShellResult {
  readonly output: string
  readonly exitCode: number
  readonly directory: string
  readonly timedOut: boolean
  /** Where the whole output can be read when some of it was left out here, and its bytes so far. */
  readonly whole?: { readonly name: string; readonly bytes: number }
}

/** What may be typed as a name instead of text. */
const keys: ReadonlyMap<string, string> = new Map([
  ['C-c', '\x03'],
  ['C-d', '\x04'],
  ['C-z', '\x1a'],
])

/** What is typed for an input; a person ends a line with the return key. */
export function keysOf(input: string): string {
  const line = input.replaceAll('\n', '\r')
  return keys.get(input) ?? (line.endsWith('\r') ? line : line + '\r')
}
