import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { setPriority } from 'node:os'
import { join } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import { sandboxVariable } from '../process-tree.ts'
import { Refusal } from '../refusal.ts'

/** Bytes of an answer that git may give at once. */
const answerLimit = 64 * 1024 * 1024
/** Bytes of what git complains about that are kept. */
const complaintLimit = 2000
/** What others do in the sandbox goes first. */
const niceness = 5

/** Git failed: its last words. */
export class GitError extends Error {
  override readonly name = 'GitError'
}

/** A git process on our repository. */
export interface GitRun {
  readonly input: Writable
  readonly output: Readable
  /** Resolves when it has ended well; otherwise rejects with `GitError`, or with the signal's reason. Never unhandled. */
  readonly ended: Promise<void>
}

/** Starts git on one repository, without a work tree; what a person, a machine or a workspace has set does not count. */
export class Git {
  readonly repository: string
  readonly #environment: Readonly<Record<string, string>>

  constructor(repository: string, environment: Readonly<Record<string, string>>) {
    this.repository = repository
    const { PATH = '', HOME = '/', [sandboxVariable]: mark = '' } = environment
    this.#environment = {
      PATH,
      HOME,
      [sandboxVariable]: mark,
      LC_ALL: 'C',
      GIT_DIR: repository,
      GIT_CONFIG_GLOBAL: '/dev/null',
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_TERMINAL_PROMPT: '0',
    }
  }

  /** Throws `Refusal` where there is no git; costs no process. */
  requireProgram(): void {
    const folders = (this.#environment['PATH'] ?? '').split(':').filter(folder => folder !== '')
    if (folders.some(folder => canRun(join(folder, 'git')))) return
    const remedy = 'Install it where the sandbox takes its programs from: apt-get install -y git'
    throw new Refusal(`Checkpoints need git, and there is none in this sandbox. ${remedy}`)
  }

  /** Starts it; the signal kills it. */
  start(args: readonly string[], signal: AbortSignal): GitRun {
    signal.throwIfAborted()
    const child = spawn('git', [...args], {
      cwd: '/',
      env: this.#environment,
      stdio: ['pipe', 'pipe', 'pipe'],
      signal,
      killSignal: 'SIGKILL',
    })
    lower(child.pid)
    // A git that ended early says why by itself.
    child.stdin.on('error', () => undefined)
    child.stdout.on('error', () => undefined)
    const ended = endOf(child, args[0] ?? '', signal)
    ended.catch(() => undefined)
    return { input: child.stdin, output: child.stdout, ended }
  }

  /** Runs it to its end and resolves to its answer. */
  async ask(args: readonly string[], signal: AbortSignal, input = ''): Promise<Buffer> {
    const run = this.start(args, signal)
    run.input.end(input, 'latin1')
    const pieces: Buffer[] = []
    let size = 0
    run.output.on('data', (piece: Buffer) => {
      size += piece.length
      if (size <= answerLimit) pieces.push(piece)
    })
    await run.ended
    if (size > answerLimit) throw new GitError(`git ${args[0]} answered with ${size} bytes`)
    return Buffer.concat(pieces)
  }
}

function endOf(
  child: ChildProcessByStdio<Writable, Readable, Readable>,
  name: string,
  signal: AbortSignal,
): Promise<void> {
  let complaint = ''
  child.stderr.on('data', (piece: Buffer) => {
    complaint = (complaint + piece.toString('latin1')).slice(-complaintLimit)
  })
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  child.on('error', error => {
    // One that has started is waited for, so that it has let go of everything.
    if (child.pid === undefined) reject(new GitError(error.message, { cause: error }))
  })
  child.on('close', (code, killed) => {
    if (code === 0) resolve()
    else if (signal.aborted) reject(signal.reason)
    else reject(new GitError(`git ${name} ended with ${killed ?? code}: ${complaint.trim()}`))
  })
  return promise
}

function lower(pid: number | undefined): void {
  try {
    if (pid !== undefined) setPriority(pid, niceness)
  } catch {
    // It has ended already.
  }
}

function canRun(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
