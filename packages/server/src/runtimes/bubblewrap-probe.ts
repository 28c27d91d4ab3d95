import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { constants } from 'node:fs'
import { access, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { SessionId } from '@openhands/protocol'
import { z } from 'zod'
import type { Finding } from '../core/ports.ts'
import { messageOf } from '../lib/errors.ts'
import { inside } from './bubblewrap-arguments.ts'
import { blockerOfBubblewrap, installBubblewrap, remedyForBubblewrap } from './bubblewrap-trouble.ts'
import { type EscapePlaces, escapeScript } from './escape-script.ts'
import { readProcess } from './executor/processes.ts'
import type { ControlGroups } from './limits/control-groups.ts'
import { limitFindings } from './limits/limit-findings.ts'
import type { SandboxRequest } from './sandbox.ts'
import type { SessionFolders } from './session-folders.ts'
import type { Started, Starter } from './starter.ts'

/** What the self-test tries things with. */
export interface ProbeParts {
  readonly bubblewrap: string
  readonly starter: Starter
  readonly folders: SessionFolders
  readonly groups: ControlGroups
  /** A folder, made when it is needed, that no sandbox sees. */
  readonly scratch: string
  /** Starts a program inside, as sessions' executors are started. */
  launch(
    request: Pick<SandboxRequest, 'session' | 'directory' | 'egress'>,
    command: readonly string[],
  ): Promise<{ readonly started: Started; end(): Promise<void> }>
}

const Report = z.object({
  filter: z.boolean(),
  escapes: z.array(z.object({ name: z.string(), succeeded: z.boolean() })).min(1),
})
/** How long, in milliseconds, a sandbox may take to start and try everything. */
const limit = 20_000

/** What this machine can do for bubblewrap. It starts a sandbox and really tries to get out of it. */
export async function probeBubblewrap(parts: ProbeParts): Promise<readonly Finding[]> {
  const there = await presence(parts)
  if (!there.ok) return [there]
  const blocker = await blockerOfBubblewrap()
  // Tried before the clock runs: a session's sandbox does not wait for it either, but for the first.
  const available = await parts.groups.available()
  const trial = await tryOut(parts)
  if ('failure' in trial) {
    const remedy = await remedyForBubblewrap()
    const found = `A sandbox could not be started: ${trial.failure}`
    return [there, nameSpaces(blocker), { about: 'sandbox', ok: false, found, remedy }]
  }
  const { report, milliseconds } = trial
  const started = `A sandbox started and took a program in ${Math.round(milliseconds)} ms.`
  return [
    there,
    nameSpaces(undefined),
    { about: 'sandbox', ok: true, found: started },
    filterFinding(report.filter),
    escapeFinding(report.escapes),
    ...limitFindings(available, 'bubblewrap'),
  ]
}

async function presence({ bubblewrap, starter }: ProbeParts): Promise<Finding> {
  const about = 'bubblewrap'
  const isThere = await access(bubblewrap, constants.X_OK).then(
    () => true,
    () => false,
  )
  if (!isThere) return { about, ok: false, found: `${bubblewrap} is not there.`, remedy: installBubblewrap }
  const started = await starter.start({ program: bubblewrap, args: ['--version'], directory: '/', environment: {} })
  const version = (await saidBy(started)).trim()
  return started.pid !== 0 && /^bubblewrap \d/.test(version)
    ? { about, ok: true, found: `${version} at ${bubblewrap}.` }
    : { about, ok: false, found: `${bubblewrap} does not run: ${await started.ended}`, remedy: installBubblewrap }
}

function nameSpaces(blocker: string | undefined): Finding {
  const about = 'name spaces'
  const [found = '', remedy] = blocker?.split('; ') ?? []
  if (blocker === undefined) return { about, ok: true, found: 'The user of the sandbox may make name spaces.' }
  return { about, ok: false, found: `${found[0]?.toUpperCase()}${found.slice(1)}.`, ...(remedy && { remedy }) }
}

function filterFinding(isActive: boolean): Finding {
  const about = 'system call filter'
  if (isActive)
    return { about, ok: true, found: 'A filter keeps programs from the calls of the kernel they do not need.' }
  const found = `There is no filter of system calls for this kind of machine (${process.arch}).`
  return { about, ok: false, found, remedy: 'use --sandbox docker on this machine' }
}

function escapeFinding(escapes: z.output<typeof Report>['escapes']): Finding {
  const about = 'isolation'
  const succeeded = escapes.flatMap(({ name, succeeded }) => (succeeded ? [name] : []))
  if (succeeded.length === 0) {
    return { about, ok: true, found: `All ${escapes.length} attempts to get out of a sandbox have failed.` }
  }
  const remedy = 'do not run agents on this machine with this sandbox; use --sandbox docker'
  return { about, ok: false, found: `A program in a sandbox could: ${succeeded.join('; ')}.`, remedy }
}

type Trial = { readonly failure: string } | { readonly report: z.output<typeof Report>; readonly milliseconds: number }

async function tryOut(parts: ProbeParts): Promise<Trial> {
  await using stack = new AsyncDisposableStack()
  try {
    await mkdir(parts.scratch, { recursive: true, mode: 0o700 })
    const folder = await mkdtemp(join(parts.scratch, 'probe-'))
    stack.defer(() => rm(folder, { recursive: true, force: true }))
    const directory = join(folder, 'workspace')
    await mkdir(directory)
    const places = await bait(folder, stack)
    const session = SessionId.parse(randomUUID())
    stack.defer(() => parts.folders.remove(session))
    const begin = performance.now()
    const command = [inside.node, '-e', escapeScript(places)]
    const { started, end } = await parts.launch({ session, directory, egress: undefined }, command)
    stack.defer(end)
    const timer = setTimeout(() => started.kill(), limit)
    stack.defer(() => clearTimeout(timer))
    const said = await saidBy(started)
    const milliseconds = performance.now() - begin
    const report = Report.safeParse(parse(said)).data
    return report === undefined ? { failure: await started.ended } : { report, milliseconds }
  } catch (error) {
    return { failure: messageOf(error) }
  }
}

/** What a program that gets out would find. */
async function bait(folder: string, stack: AsyncDisposableStack): Promise<EscapePlaces> {
  const secret = join(folder, 'secret')
  await writeFile(secret, 'secret')
  const socket = join(folder, 'socket')
  const abstract = `openhands-probe-${randomUUID()}`
  const [tcp] = await Promise.all([
    listen(stack, { host: '127.0.0.1', port: 0 }),
    // The address of a socket may have no more than 107 bytes, and a data directory may have more.
    Buffer.byteLength(socket) < 107 ? listen(stack, { path: socket }) : undefined,
    listen(stack, { path: `\0${abstract}` }),
  ])
  const address = tcp.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const server = { pid: process.pid, started: readProcess(process.pid)?.started ?? 0 }
  return { secret, folder, socket, abstract, port, server }
}

async function listen(
  stack: AsyncDisposableStack,
  where: { readonly path: string } | { readonly host: string; readonly port: number },
): Promise<Server> {
  const server = createServer(socket => socket.on('error', () => undefined).end()).listen(where)
  stack.defer(() => void server.close())
  await once(server, 'listening')
  return server
}

/** Everything that it prints; nothing of what could not be started. */
function saidBy({ pid, output }: Started): Promise<string> {
  return pid === 0 ? Promise.resolve('') : text(output)
}

function parse(said: string): unknown {
  try {
    return JSON.parse(said)
  } catch {
    return undefined
  }
}
