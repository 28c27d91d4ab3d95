import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmod, cp, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { z } from 'zod'

const source = join(import.meta.dirname, 'executor')
const prefix = 'executor-'
/** What starts executors; it lies with them because it must be plain JavaScript too. */
const besides = '../spawner.ts'

/**
 * Puts the executor into a folder of its own below `parent`, and returns that folder; `main.js` is in it. It holds
 * plain JavaScript, since reading types costs 45 ms at every start, and the one package that the executor needs, so
 * that a single read-only mount brings all of it into a sandbox. A folder that is already there is used again.
 */
export async function prepareExecutor(parent: string, node: string): Promise<string> {
  const files = await readSources()
  const terminal = dirname(dirname(createRequire(import.meta.url).resolve('@lydell/node-pty/package.json')))
  const version = await readFile(join(terminal, 'node-pty', 'package.json'), 'utf8')
  const hash = createHash('sha256').update(JSON.stringify([...files, version, process.arch]))
  const folder = join(parent, prefix + hash.digest('hex').slice(0, 16))
  await mkdir(parent, { recursive: true, mode: 0o700 })
  if (await stat(join(folder, 'main.js')).catch(() => undefined)) return folder
  await removeOthers(parent)
  const draft = await mkdtemp(join(parent, 'draft-'))
  try {
    for (const [name, code] of await strip(files, node)) await writeFile(join(draft, name), code)
    await writeFile(join(draft, 'package.json'), '{"type":"module"}')
    await cp(terminal, join(draft, 'node_modules', '@lydell'), { recursive: true, dereference: true })
    await openToRead(draft)
    await rename(draft, folder)
  } catch (error) {
    await rm(draft, { recursive: true, force: true })
    // Two that start at once make the same folder; the second finds it there.
    if (!(await stat(join(folder, 'main.js')).catch(() => undefined))) throw error
  }
  return folder
}

async function readSources(): Promise<[name: string, code: string][]> {
  const names = (await readdir(source)).filter(name => name.endsWith('.ts') && !name.endsWith('.test.ts')).sort()
  return Promise.all(
    [...names, besides].map(
      async (name): Promise<[string, string]> => [name, await readFile(join(source, name), 'utf8')],
    ),
  )
}

/** Plain JavaScript of the sources. It is done by another process, as Node prints a warning about its own function. */
async function strip(files: readonly [name: string, code: string][], node: string): Promise<[string, string][]> {
  const paths = files.map(([name]) => join(source, name))
  const args = ['--disable-warning=ExperimentalWarning', join(import.meta.dirname, 'strip-types.ts'), ...paths]
  const { stdout } = await promisify(execFile)(node, args, { env: {}, maxBuffer: 16 * 1024 * 1024 })
  return z.array(z.tuple([z.string(), z.string()])).parse(JSON.parse(stdout))
}

/** Those of other versions; nobody else uses this data directory. */
async function removeOthers(parent: string): Promise<void> {
  const names = await readdir(parent)
  const old = names.filter(name => name.startsWith(prefix) || name.startsWith('draft-'))
  await Promise.all(old.map(name => rm(join(parent, name), { recursive: true, force: true })))
}

/** Whatever the server's umask is, the users that sandboxes run as must be able to read this. */
async function openToRead(folder: string): Promise<void> {
  await chmod(folder, 0o755)
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) await openToRead(path)
    else await chmod(path, 0o644)
  }
}
