/** Sandboxes as the server starts them, and beside them a bare `bwrap` and a bare shell that is kept. */
import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { SessionId } from '@openhands/protocol'
import type { Runtime } from '../../src/core/ports.ts'
import { createRuntimes } from '../../src/runtimes/catalogue.ts'
import { answerCalls } from './helper.ts'
import { now } from './now.ts'
import { cpuBetween, cpuOf, memoryBelow } from './processes.ts'

export interface Started {
  /** Milliseconds until it takes commands. */
  readonly ms: number
  /** Milliseconds of CPU of everything in it, and MB. */
  readonly cpu: number
  readonly memory: number
}

export type SandboxCalls = {
  /** Starts a sandbox; the last one is ended first. */
  start(): Promise<Started>
  /** Milliseconds of each of so many runs of a command in the sandbox that was started last. */
  commands(request: Repeated): Promise<readonly number[]>
  /** Milliseconds until `true` has run in a bare `bwrap` that sees the whole host. */
  bareStart(): Promise<number>
  /** Milliseconds of each of so many runs of a command in a bare shell behind a pipe. */
  bareCommands(request: Repeated): Promise<readonly number[]>
}

/** A command, and how often it is run, one after the other. */
export interface Repeated {
  readonly command: string
  readonly times: number
}

const dataDirectory = process.argv[2] ?? '.'
const runtimes = createRuntimes({ sandbox: 'bubblewrap', dataDirectory })
const never = new AbortController().signal
let runtime: Runtime | undefined
let shell: ChildProcess | undefined

async function start(): Promise<Started> {
  await runtime?.[Symbol.asyncDispose]()
  const session = SessionId.parse(randomUUID())
  const directory = join(dataDirectory, session)
  await mkdir(directory)
  const before = cpuOf(process.pid)
  const begin = now()
  runtime = await runtimes.start({ session, directory, onStatus: () => undefined, signal: never })
  const ms = now() - begin
  const used = cpuBetween(before, cpuOf(process.pid))
  return { ms, cpu: used.tree - used.own, memory: memoryBelow(process.pid) }
}

async function commands({ command, times }: Repeated): Promise<readonly number[]> {
  const samples: number[] = []
  for (let at = 0; at < times; at++) {
    const begin = now()
    const result = await runtime?.run({ command, isInput: false, timeoutMs: 60_000 }, never)
    samples.push(now() - begin)
    if (result?.exitCode !== 0) throw new Error(`the command ended with ${result?.exitCode}`)
  }
  return samples
}

async function bareStart(): Promise<number> {
  const begin = now()
  const args = ['--dev-bind', '/', '/', '--unshare-pid', '--unshare-ipc', '--unshare-net', '--die-with-parent', 'true']
  const child = spawn('bwrap', args, { stdio: 'ignore' })
  const code = await new Promise(resolve => child.once('exit', resolve).once('error', resolve))
  if (code !== 0) throw new Error(`a bare bwrap ended with ${code}`)
  return now() - begin
}

async function bareCommands({ command, times }: Repeated): Promise<readonly number[]> {
  const child = shell ?? spawn('bash', ['--norc'], { stdio: ['pipe', 'pipe', 'ignore'] })
  shell = child
  const samples: number[] = []
  for (let at = 0; at < times; at++) {
    const begin = now()
    const answered = lastWord(child)
    child.stdin?.write(`${command}\necho "done $?"\n`)
    await answered
    samples.push(now() - begin)
  }
  return samples
}

/** Reads until the shell says that it is done. */
function lastWord(child: ChildProcess): Promise<void> {
  return new Promise(resolve => {
    const read = (bytes: Buffer): void => {
      if (!bytes.subarray(-16).includes('done ')) return
      child.stdout?.off('data', read)
      resolve()
    }
    child.stdout?.on('data', read)
  })
}

answerCalls({ start, commands, bareStart, bareCommands } satisfies SandboxCalls)
