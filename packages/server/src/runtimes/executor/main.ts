import { closeSync, readdirSync } from 'node:fs'
import { Calls } from './calls.ts'
import { encodeFrame, FrameReader } from './frame.ts'
import { killAll, sandboxVariable } from './process-tree.ts'
import { listProcesses, type Process, readProc, variableOf } from './processes.ts'
import { protocolVersion } from './protocol.ts'
import { Workplace } from './workplace.ts'

/**
 * The executor: everything of a session that touches programs or files happens in this process and its children. It
 * reads requests from its standard input and ends, with all that it started, when that closes.
 */
/** O_CLOEXEC, which Node does not name. */
const closeOnExec = 0o2000000
const mark = process.env[sandboxVariable]
const workplace = new Workplace()
const calls = new Calls(workplace.handlers, (header, body) => process.stdout.write(encodeFrame(header, body)))
const reader = new FrameReader(
  frame => calls.receive(frame),
  (reason, id) => calls.fault(reason, id),
)

function started(): number[] {
  const processes = new Map(listProcesses().map(entry => [entry.pid, entry]))
  const isOurs = (entry: Process): boolean => {
    for (let at: Process | undefined = entry; at !== undefined; at = processes.get(at.parent)) {
      if (at.parent === process.pid) return true
    }
    return mark !== undefined && variableOf(entry.pid, sandboxVariable) === mark
  }
  return [...processes.values()].filter(entry => entry.pid !== process.pid && isOurs(entry)).map(entry => entry.pid)
}

/** Programs inside get exactly three descriptors; our own are closed on `exec`, so what is not came from outside. */
function closeInherited(): void {
  for (const name of readdirSync('/proc/self/fdinfo')) {
    const flags = /^flags:\s*(\d+)/m.exec(readProc(`self/fdinfo/${name}`) ?? '')?.[1]
    const isKept = flags === undefined || (Number.parseInt(flags, 8) & closeOnExec) !== 0
    if (Number(name) > 2 && !isKept) closeSync(Number(name))
  }
}

function end(): void {
  workplace.close()
  killAll(started)
  process.exit()
}

closeInherited()
// Commands see this name; a broad `pkill node` should not end the session that it is typed in.
process.title = 'openhands'
for (const name of ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT'] as const) process.on(name, () => undefined)
process.umask(0o022)
// One request's forgotten failure must not take the others and the shell with it; the server's log of the sandbox has it.
process.on('unhandledRejection', reason => process.stderr.write(`${String(reason)}\n`))
process.stdin.on('data', chunk => reader.push(chunk))
process.stdin.on('close', end)
process.stdin.on('error', end)
process.stdout.on('error', end)
process.stdout.write(encodeFrame({ type: 'hello', protocol: protocolVersion, pid: process.pid }))
