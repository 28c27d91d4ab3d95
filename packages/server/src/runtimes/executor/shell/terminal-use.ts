import { execFile } from 'node:child_process'
import { readdirSync, readlinkSync } from 'node:fs'
import { childrenOf, readProc, readProcess } from '../processes.ts'

/** The number of the system call `read`, by architecture. */
const readCalls: Readonly<Record<string, string>> = { x64: '0', arm64: '63' }
const readCall = readCalls[process.arch]
/** Threads and processes that are looked at; a program with more is not taken for one that asks a question. */
const lookLimit = 256

/** Whether the shell itself, and no program, has its terminal. */
export function ownsTerminal(shell: number): boolean {
  const process = readProcess(shell)
  return process !== undefined && process.foreground === process.group
}

/** Who in the foreground of the shell's terminal sleeps in a read from it: a program, the shell itself, or nobody. */
export function readerOf(shell: number): 'program' | 'shell' | undefined {
  const terminal = linkOf(shell, '0')
  if (terminal === undefined) return undefined
  const reads = (pid: number): boolean => threadsOf(pid).some(path => isReading(path, terminal))
  const readers = foregroundOf(shell).filter(reads)
  if (readers.some(pid => pid !== shell)) return 'program'
  return readers.length > 0 ? 'shell' : undefined
}

/**
 * Whether what has the terminal looks like a program that waits for keys without reading: everything in the foreground
 * sleeps, and the terminal is in a mode for keys or for a password. Only a hint; ask after some silence.
 */
export async function awaitsKeys(shell: number): Promise<boolean> {
  const sleeps = foregroundOf(shell).every(pid => readProcess(pid)?.state !== 'R')
  return sleeps && / -(?:icanon|echo)\b/.test(await terminalMode(shell))
}

function foregroundOf(shell: number): number[] {
  const group = readProcess(shell)?.foreground
  const found: number[] = []
  const open = [shell]
  for (let pid = open.pop(), looked = 0; pid !== undefined && looked < lookLimit; pid = open.pop(), looked++) {
    if (readProcess(pid)?.group === group) found.push(pid)
    open.push(...childrenOf(pid))
  }
  return found
}

function threadsOf(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/task`)
      .slice(0, lookLimit)
      .map(thread => `${pid}/task/${thread}`)
  } catch {
    return []
  }
}

function isReading(path: string, terminal: string): boolean {
  if (!/^(?:wait_woken|n_tty_read)/.test(readProc(`${path}/wchan`) ?? '')) return false
  const [call, first] = (readProc(`${path}/syscall`) ?? '').split(' ')
  if (call !== readCall || first === undefined) return false
  const file = linkOf(Number.parseInt(path, 10), String(Number(first)))
  return file === terminal || file === '/dev/tty'
}

function linkOf(pid: number, descriptor: string): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/fd/${descriptor}`)
  } catch {
    return undefined
  }
}

function terminalMode(shell: number): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>()
  const terminal = linkOf(shell, '0')
  if (terminal === undefined) return Promise.resolve('')
  execFile('stty', ['-a', '-F', terminal], { timeout: 2000 }, (_error, output) => resolve(output))
  return promise
}
