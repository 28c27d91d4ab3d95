import { spawn } from 'node:child_process'
import type { Readable, Writable } from 'node:stream'

/** A program that was started, or could not be. */
export interface Started {
  /** 0 when it could not be started. */
  readonly pid: number
  readonly input: Writable
  readonly output: Readable
  /** Resolves, when it has ended, to how: the exit code or signal and the last lines of its log. Never rejects. */
  readonly ended: Promise<string>
  kill(): void
}

/** What to start: no shell is involved, and nothing of the server's environment is handed on. */
export interface StartRequest {
  readonly program: string
  readonly args: readonly string[]
  readonly directory: string
  readonly environment: Readonly<Record<string, string>>
  /** What the program can read from its descriptors 3, 4 … */
  readonly inputs?: readonly Uint8Array[]
}

/** Characters and lines of the log that are kept. */
const logLimit = 8192
const logLines = 20

/**
 * Starts a program in a session of its own, without a terminal. The only place that starts processes; it must be used
 * from the main thread, as `--die-with-parent` means the thread that started a process.
 */
export function start(request: StartRequest): Started {
  const inputs = request.inputs ?? []
  const child = spawn(request.program, request.args, {
    cwd: request.directory,
    env: { ...request.environment },
    stdio: ['pipe', 'pipe', 'pipe', ...inputs.map(() => 'pipe' as const)],
    detached: true,
  })
  const { promise, resolve } = Promise.withResolvers<string>()
  let log = ''
  child.stderr.setEncoding('utf8')
  child.stderr.on('data', (text: string) => {
    log = (log + text).slice(-logLimit)
  })
  child.on('error', error => resolve(error.message))
  child.on('close', (code, signal) => {
    const how = signal === null ? `exit code ${code}` : `signal ${signal}`
    const lines = log.trim().split('\n').slice(-logLines).join('\n')
    resolve(lines === '' ? how : `${how}; its last lines:\n${lines}`)
  })
  for (const [index, bytes] of inputs.entries()) feed(child.stdio[index + 3], bytes)
  // A program that ends closes its ends of the pipes; how it ended is told by `ended`.
  for (const stream of [child.stdin, child.stdout, child.stderr]) stream.on('error', () => undefined)
  return {
    pid: child.pid ?? 0,
    input: child.stdin,
    output: child.stdout,
    ended: promise,
    kill: () => void child.kill('SIGKILL'),
  }
}

function feed(stream: Readable | Writable | null | undefined, bytes: Uint8Array): void {
  if (stream === null || stream === undefined || !('write' in stream)) return
  stream.on('error', () => undefined)
  stream.end(bytes)
}
