import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { signal as signalTo } from '../processes.ts'
import { Refusal } from '../refusal.ts'

/** Bytes of complaints that are kept. */
const complaintLimit = 4096

/** One run of git. */
export interface GitRun {
  readonly args: readonly string[]
  readonly directory: string
  readonly environment: Readonly<Record<string, string>>
  /** Bytes of output that are kept; git is ended when there are more. */
  readonly limit: number
  readonly input?: Buffer
}

/** How a run ended. */
export interface GitOutput {
  /** -1 when it was ended because of its output. */
  readonly exitCode: number
  readonly output: Buffer
  readonly truncated: boolean
  /** What it complained of; for people, never to be interpreted. */
  readonly complaint: string
}

/** Runs git in a process group of its own, which is killed when the signal is aborted. Throws `Refusal` when there is no git. */
export async function runGit(run: GitRun, signal: AbortSignal): Promise<GitOutput> {
  signal.throwIfAborted()
  const { args, directory, environment, input } = run
  const child = spawn('git', args, { cwd: directory, env: environment, detached: true })
  const kill = (): void => killGroup(child)
  signal.addEventListener('abort', kill, { once: true })
  try {
    const ended = endOf(child)
    // It may end before it has read everything.
    child.stdin.on('error', () => undefined)
    child.stdin.end(input)
    const [{ output, truncated }, complaint, exitCode] = await Promise.all([
      read(child, run.limit, kill),
      readComplaint(child),
      ended,
    ])
    signal.throwIfAborted()
    return { exitCode, output, truncated, complaint }
  } finally {
    signal.removeEventListener('abort', kill)
    // Programs that git was told to run may outlive it.
    kill()
  }
}

async function endOf(child: ChildProcessWithoutNullStreams): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>()
  child.on('error', error => {
    const isMissing = 'code' in error && error.code === 'ENOENT'
    reject(isMissing ? new Refusal('There is no git in this sandbox. Install git in its image or on its host.') : error)
  })
  child.on('exit', code => resolve(code ?? -1))
  return promise
}

async function read(
  { stdout }: ChildProcessWithoutNullStreams,
  limit: number,
  kill: () => void,
): Promise<{ readonly output: Buffer; readonly truncated: boolean }> {
  const pieces: Buffer[] = []
  let size = 0
  for await (const piece of stdout) {
    pieces.push(piece)
    size += piece.length
    if (size <= limit) continue
    kill()
    return { output: Buffer.concat(pieces).subarray(0, limit), truncated: true }
  }
  return { output: Buffer.concat(pieces), truncated: false }
}

async function readComplaint({ stderr }: ChildProcessWithoutNullStreams): Promise<string> {
  let text = ''
  for await (const piece of stderr) if (text.length < complaintLimit) text += String(piece)
  return text.slice(0, complaintLimit).trim()
}

function killGroup({ pid }: ChildProcessWithoutNullStreams): void {
  if (pid !== undefined) signalTo(-pid, 'SIGKILL')
}
