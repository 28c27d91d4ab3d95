import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, rmdirSync, rmSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'

/**
 * A program: starts programs for a server, whose own size would make each start slow, and ends with it. Each connection
 * to its socket brings one request, a line of JSON, and then becomes the input and output of what is started; the server
 * sends nothing more before it has been told. It uses no other file, so that it is small and quickly there.
 */
export interface SpawnRequest {
  /** Chosen by the server; never used twice. */
  readonly id: number
  readonly program: string
  readonly args: readonly string[]
  readonly directory: string
  readonly environment: Readonly<Record<string, string>>
  /** In base64: what the program can read from its descriptors 3, 4 … */
  readonly inputs: readonly string[]
  readonly groups: readonly string[]
}

/** What it tells the server: that it takes requests at this name in its folder, and of each request what became of it. */
export type SpawnReport =
  | { readonly type: 'ready'; readonly name: string }
  | { readonly type: 'started'; readonly id: number; readonly pid: number }
  /** How it ended, or why it could not be started; nothing follows. */
  | { readonly type: 'ended'; readonly id: number; readonly how: string }

/** What the server may tell it; one that has ended is left alone, whoever has its number now. */
export interface KillOrder {
  readonly kill: number
}

/** Characters and lines of a program's log that are kept. */
const logLimit = 8192
const logLines = 20
/** How long, in milliseconds, it may take to end what is left of a server that was killed, and how often that is looked at. */
const endLimit = 5000
const endInterval = 10
const children = new Map<number, ChildProcess>()
const groups = new Set<string>()

function report(message: SpawnReport): void {
  // Without the server, nobody is there to be told.
  if (process.connected) process.send?.(message, undefined, undefined, () => undefined)
}

function receive(socket: Socket): void {
  let line = ''
  socket.setEncoding('utf8')
  socket.on('error', () => undefined)
  socket.on('data', (text: string) => {
    line += text
    if (!line.endsWith('\n')) return
    // Only the server can reach the socket, and this is what it writes.
    const request = JSON.parse(line) as SpawnRequest
    try {
      start(request, socket)
    } catch (error) {
      report({ type: 'ended', id: request.id, how: error instanceof Error ? error.message : String(error) })
    }
    // The program has the connection now; it must end with the program.
    socket.destroy()
  })
}

function start(request: SpawnRequest, socket: Socket): void {
  const { id, program, args, directory, environment, inputs } = request
  for (const group of groups) if (!existsSync(group)) groups.delete(group)
  for (const group of request.groups) groups.add(group)
  const child = spawn(program, args, {
    cwd: directory,
    env: environment,
    stdio: [socket, socket, 'pipe', ...inputs.map(() => 'pipe' as const)],
    detached: true,
  })
  let log = ''
  child.stderr?.setEncoding('utf8')
  child.stderr?.on('data', (text: string) => {
    log = (log + text).slice(-logLimit)
  })
  child.on('error', error => {
    // A signal that could not be sent is an error too, and no end.
    if (child.pid === undefined) report({ type: 'ended', id, how: error.message })
  })
  child.on('close', (code, signal) => {
    children.delete(id)
    if (child.pid === undefined) return
    const how = signal === null ? `exit code ${code}` : `signal ${signal}`
    const lines = log.trim().split('\n').slice(-logLines).join('\n')
    report({ type: 'ended', id, how: lines === '' ? how : `${how}; its last lines:\n${lines}` })
  })
  for (const [index, bytes] of inputs.entries()) {
    const stream = child.stdio[index + 3]
    // A program that ends closes its ends of the pipes; how it ended is told above.
    stream?.on('error', () => undefined)
    if (stream && 'write' in stream) stream.end(Buffer.from(bytes, 'base64'))
  }
  if (child.pid === undefined) return
  children.set(id, child)
  report({ type: 'started', id, pid: child.pid })
}

/** Leaves nothing of a server that has gone, not even what has cut itself loose, and ends. */
function end(until: number): void {
  for (const child of children.values()) child.kill('SIGKILL')
  for (const group of groups) if (isGone(group)) groups.delete(group)
  if (groups.size === 0 || performance.now() > until) process.exit()
  setTimeout(() => end(until), endInterval)
}

/** Kills what is in a control group and removes the group; false as long as the kernel still has processes in it. */
function isGone(group: string): boolean {
  try {
    for (const pid of readFileSync(`${group}/cgroup.procs`, 'utf8').split('\n').filter(Boolean)) {
      process.kill(Number(pid), 'SIGKILL')
    }
    rmdirSync(group)
  } catch {
    // One process has just ended, or not all have.
  }
  return !existsSync(group)
}

// It ends when the server does, not with a key that is meant for the server, which may still have work for it.
for (const name of ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT'] as const) process.on(name, () => undefined)
process.title = 'openhands'
const prefix = 'start-'
const name = `${prefix}${process.pid}`
process.on('disconnect', () => end(performance.now() + endLimit))
process.on('exit', () => rmSync(name, { force: true }))
process.on('message', (order: KillOrder) => void children.get(order.kill)?.kill('SIGKILL'))
// Those that were killed have left their sockets; one may even have had this name.
for (const old of readdirSync('.').filter(entry => entry.startsWith(prefix))) {
  if (old === name || !existsSync(`/proc/${old.slice(prefix.length)}`)) rmSync(old, { force: true })
}
createServer(receive).listen(name, () => report({ type: 'ready', name }))
