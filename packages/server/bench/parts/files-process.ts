/** Files and checkpoints of a sandbox, and beside them the bare calls of the file system and of git. */
import { execFileSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { SessionId } from '@openhands/protocol'
import { createRuntimes } from '../../src/runtimes/catalogue.ts'
import { answerCalls } from './helper.ts'
import { now } from './now.ts'

/** Milliseconds of the same work done by a sandbox and without one. */
export interface Pair {
  readonly ours: number
  readonly bare: number
}

export type FilesCalls = {
  /** Writes a file of so many bytes. */
  write(bytes: number): Promise<Pair>
  /** Reads what was written last. */
  read(): Promise<Pair>
  /** Fills the workspace with so many small files. */
  fill(files: number): Promise<void>
  /** Changes so many of them and keeps the state of all. */
  checkpoint(changed: number): Promise<Pair>
}

const dataDirectory = process.argv[2] ?? '.'
const never = new AbortController().signal
const session = SessionId.parse(randomUUID())
const directory = join(dataDirectory, 'workspace')
const shadow = join(dataDirectory, 'shadow')
await mkdir(directory)
const runtimes = createRuntimes({ sandbox: 'bubblewrap', dataDirectory })
const runtime = await runtimes.start({ session, directory, onStatus: () => undefined, signal: never })

async function timed(work: () => Promise<unknown> | unknown): Promise<number> {
  const begin = now()
  await work()
  return now() - begin
}

async function write(bytes: number): Promise<Pair> {
  const text = 'a line of sixteen\n'.repeat(Math.ceil(bytes / 18)).slice(0, bytes)
  const ours = await timed(() => runtime.write('big.txt', text, never))
  return { ours, bare: await timed(() => writeFile(join(dataDirectory, 'bare.txt'), text)) }
}

async function read(): Promise<Pair> {
  const ours = await timed(() => runtime.read('big.txt', never))
  return { ours, bare: await timed(() => readFile(join(dataDirectory, 'bare.txt'), 'utf8')) }
}

async function fill(files: number): Promise<void> {
  const command = `for i in {1..${files}}; do d=src/$((i / 100)); [ -d $d ] || mkdir -p $d; echo "file $i" >$d/$i.txt; done`
  await run(command)
  git('init', '--quiet')
  await keepBoth()
}

async function checkpoint(changed: number): Promise<Pair> {
  if (changed > 0) await run(`for i in {1..${changed}}; do echo $RANDOM$RANDOM >>src/$((i / 100))/$i.txt; done`)
  return await keepBoth()
}

async function keepBoth(): Promise<Pair> {
  const ours = await timed(async () => {
    const taken = await runtime.checkpoints.take('bench', never)
    if (!taken.ok) throw new Error(taken.message)
  })
  const bare = await timed(() => {
    git('add', '--all')
    git('commit', '--quiet', '--allow-empty', '--message', 'bench')
  })
  return { ours, bare }
}

async function run(command: string): Promise<void> {
  const result = await runtime.run({ command, isInput: false, timeoutMs: 120_000 }, never)
  if (result.exitCode !== 0) throw new Error(result.output)
}

function git(...args: readonly string[]): void {
  const settings = ['-c', 'core.fsync=none', '-c', 'gc.auto=0', '-c', 'user.name=b', '-c', 'user.email=b@localhost']
  const env = { PATH: '/usr/bin:/bin', GIT_DIR: shadow, GIT_WORK_TREE: directory, GIT_CONFIG_GLOBAL: '/dev/null' }
  execFileSync('git', ['-c', 'safe.directory=*', ...settings, ...args], { env, cwd: directory, stdio: 'ignore' })
}

answerCalls({ write, read, fill, checkpoint } satisfies FilesCalls)
