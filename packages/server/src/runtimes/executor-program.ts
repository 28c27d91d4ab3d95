import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { type Dirent, existsSync, readFileSync } from 'node:fs'
import { chmod, cp, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { basename, dirname, join, relative } from 'node:path'
import { promisify } from 'node:util'
import { z } from 'zod'

const source = join(import.meta.dirname, 'executor')
const prefix = 'executor-'
/** What starts executors; it lies with them because it must be plain JavaScript too. */
const spawner = join(import.meta.dirname, 'spawner.ts')
/** The packages that the executor imports; what they need in turn goes with them. */
const packages = ['@lydell/node-pty', 'playwright-core', 'turndown'] as const
/** Large parts of them that nothing at run time needs: tests, types, and pages for looking at recordings. */
const needless = /\/node_modules\/(?:playwright-core\/(?:types|lib\/vite)|@mixmark-io\/domino\/test)$/

/**
 * Puts the executor into a folder of its own below `parent`, and returns that folder; `main.js` is in it. It holds
 * plain JavaScript, since reading types costs 45 ms at every start, and the packages that the executor needs, so
 * that a single read-only mount brings all of it into a sandbox. A folder that is already there is used again.
 */
export async function prepareExecutor(parent: string, node: string): Promise<string> {
  const files = await readSources()
  const modules = packages.flatMap(name => packageClosure(name))
  const versions = await Promise.all(modules.map(({ folder }) => readFile(join(folder, 'package.json'), 'utf8')))
  const hash = createHash('sha256').update(JSON.stringify([...files, versions, process.arch]))
  const folder = join(parent, prefix + hash.digest('hex').slice(0, 16))
  await mkdir(parent, { recursive: true, mode: 0o700 })
  if (await stat(join(folder, 'main.js')).catch(() => undefined)) return folder
  await removeOthers(parent)
  const draft = await mkdtemp(join(parent, 'draft-'))
  try {
    for (const [name, code] of await strip(files, node)) {
      await mkdir(dirname(join(draft, name)), { recursive: true })
      await writeFile(join(draft, name), code)
    }
    await writeFile(join(draft, 'package.json'), '{"type":"module"}')
    for (const each of modules)
      await cp(each.folder, join(draft, 'node_modules', each.name), {
        recursive: true,
        dereference: true,
        filter: path => !needless.test(path),
      })
    await openToRead(draft)
    await rename(draft, folder)
  } catch (error) {
    await rm(draft, { recursive: true, force: true })
    // Two that start at once make the same folder; the second finds it there.
    if (!(await stat(join(folder, 'main.js')).catch(() => undefined))) throw error
  }
  return folder
}

interface Source {
  /** Relative to the folder of the executor. */
  readonly name: string
  readonly path: string
  readonly text: string
}

/** The executor's files in its folders, tests apart: code, and what programs in other languages it brings. */
async function readSources(): Promise<Source[]> {
  const entries = await readdir(source, { recursive: true, withFileTypes: true })
  const paths = entries.filter(isSource).map(entry => join(entry.parentPath, entry.name))
  const wanted = [...paths.filter(path => !path.endsWith('.test.ts')).sort(), spawner]
  return Promise.all(
    wanted.map(async path => {
      const name = path === spawner ? basename(spawner) : relative(source, path)
      return { name, path, text: await readFile(path, 'utf8') }
    }),
  )
}

/** What is written by hand: trying out a program in Python leaves a cache beside it. */
function isSource(entry: Dirent): boolean {
  return entry.isFile() && !entry.parentPath.endsWith('__pycache__')
}

const Manifest = z.object({
  dependencies: z.record(z.string(), z.string()).default({}),
  optionalDependencies: z.record(z.string(), z.string()).default({}),
})

/** The folders of a package and of all that it needs; an optional one that is not for this machine is not there. */
function packageClosure(name: string, from = import.meta.url, found = new Map<string, string>()): Module[] {
  const folder = findPackage(name, from)
  if (folder === undefined || found.has(name)) return []
  found.set(name, folder)
  const manifest = join(folder, 'package.json')
  const { dependencies, optionalDependencies } = Manifest.parse(JSON.parse(readFileSync(manifest, 'utf8')))
  for (const needed of Object.keys({ ...dependencies, ...optionalDependencies }))
    packageClosure(needed, manifest, found)
  return [...found].map(([each, place]) => ({ name: each, folder: place }))
}

interface Module {
  readonly name: string
  readonly folder: string
}

function findPackage(name: string, from: string): string | undefined {
  const places = createRequire(from).resolve.paths(name) ?? []
  return places.map(place => join(place, name)).find(folder => existsSync(join(folder, 'package.json')))
}

/** Plain JavaScript of the sources. It is done by another process, as Node prints a warning about its own function. */
async function strip(files: readonly Source[], node: string): Promise<[name: string, code: string][]> {
  const typed = files.filter(({ name }) => name.endsWith('.ts'))
  const args = ['--disable-warning=ExperimentalWarning', join(import.meta.dirname, 'strip-types.ts')]
  const limits = { env: {}, maxBuffer: 64 * 1024 * 1024 }
  const { stdout } = await promisify(execFile)(node, [...args, ...typed.map(({ path }) => path)], limits)
  const codes = z.array(z.string()).parse(JSON.parse(stdout))
  const code = new Map(typed.map(({ path }, index) => [path, codes[index]]))
  return files.map(({ name, path, text }) => [name.replace(/\.ts$/, '.js'), code.get(path) ?? text])
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
