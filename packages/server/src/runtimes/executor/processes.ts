import { readdirSync, readFileSync } from 'node:fs'

/** What `/proc/<pid>/stat` says of a process. */
export interface Process {
  readonly pid: number
  readonly state: string
  readonly parent: number
  readonly group: number
  /** The process group in the foreground of its terminal, -1 without one. */
  readonly foreground: number
  /** When it started, in ticks of 1/100 s since the machine did. */
  readonly started: number
}

/** Undefined when there is no such process, or only what is left of one that nobody has waited for. */
export function readProcess(pid: number): Process | undefined {
  const text = readProc(`${pid}/stat`)
  if (text === undefined) return undefined
  // The name of the program is in brackets and may itself hold brackets and blanks.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  const state = fields[0] ?? 'Z'
  if (state === 'Z' || state === 'X') return undefined
  const field = (index: number): number => Number(fields[index])
  return { pid, state, parent: field(1), group: field(2), foreground: field(5), started: field(19) }
}

/** Every process that can be seen from here. */
export function listProcesses(): Process[] {
  return readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .map(name => readProcess(Number(name)))
    .filter(process => process !== undefined)
}

/** The processes that this one started itself and that still run. */
export function childrenOf(pid: number): number[] {
  const text = readProc(`${pid}/task/${pid}/children`) ?? ''
  return text.split(' ').filter(Boolean).map(Number)
}

/** The value of a variable in the environment that a process was started with; undefined too when it may not be read. */
export function variableOf(pid: number, name: string): string | undefined {
  const entry = readProc(`${pid}/environ`)
    ?.split('\0')
    .find(variable => variable.startsWith(`${name}=`))
  return entry?.slice(name.length + 1)
}

/** A file of `/proc` as text; undefined when the process has ended or is not ours to look at. */
export function readProc(path: string): string | undefined {
  try {
    return readFileSync(`/proc/${path}`, 'utf8')
  } catch {
    return undefined
  }
}

/** Sends a signal to a process, or to a group when the number is negative; false when there is none to be reached. */
export function signal(pid: number, name: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, name)
  } catch {
    return false
  }
}

/** Ticks of 1/100 s since the machine started. */
export function ticksNow(): number {
  return Math.floor(Number(readProc('uptime')?.split(' ')[0] ?? 0) * 100)
}
