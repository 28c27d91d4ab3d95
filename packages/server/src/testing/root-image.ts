import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  lstat,
  mkdir,
  mkdtemp,
  open,
  readdir,
  readFile,
  readlink,
  realpath,
  rename,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, join, resolve } from 'node:path'
import { promisify } from 'node:util'

const call = promisify(execFile)
const room = { maxBuffer: 64 * 1024 * 1024 }

/** The packages of this machine whose files the image has; those that are not installed are left out. */
const packages = [
  ...['base-files', 'bash', 'bsdutils', 'coreutils', 'curl', 'dash', 'debianutils', 'diffutils', 'findutils', 'git'],
  ...[
    'grep',
    'gzip',
    'hostname',
    'less',
    'libc-bin',
    'libc6',
    'libgcc-s1',
    'libpython3*-minimal',
    'libpython3*-stdlib',
    'libstdc++6',
    'mawk',
    'gawk',
  ],
  ...[
    'ncurses-base',
    'ncurses-bin',
    'perl-base',
    'procps',
    'psmisc',
    'python3',
    'python3.*-minimal',
    'python3-minimal',
  ],
  ...['sed', 'tar', 'util-linux'],
]
/** Programs that the image has too, wherever they come from, with the packages of Node.js that they belong to. */
const programs = ['node', 'npm']
const unwanted =
  /^\/usr\/share\/(doc|info|lintian|locale|man|bash-completion|perl5|zoneinfo)(\/|$)|^\/(root|home|proc|sys|dev|tmp|run)\//
const made: Readonly<Record<string, string>> = {
  'etc/passwd': 'root:x:0:0:root:/root:/bin/bash\n',
  'etc/group': 'root:x:0:\n',
  'etc/shadow': 'root:*:::::::\n',
}
const folders = ['dev', 'home', 'opt', 'proc', 'root', 'run', 'srv', 'sys', 'tmp', 'var/tmp', 'workspace']
const day = 24 * 60 * 60 * 1000
const linked = ['bin', 'sbin', 'lib', 'lib32', 'lib64', 'libx32']

/**
 * The archive of a root folder made of this machine's own programs, for an image without a registry. It is kept among
 * the temporary files and made again when a package or this recipe has changed.
 */
export async function rootImage(): Promise<string> {
  const installed = await installedPackages()
  const recipe = await readFile(import.meta.filename, 'utf8')
  const others = await otherPrograms()
  const hash = createHash('sha256')
    .update(JSON.stringify([recipe, installed, others]))
    .digest('hex')
  const path = join(tmpdir(), `openhands-root-${hash.slice(0, 16)}.tar`)
  const found = await stat(path).catch(() => undefined)
  if (found?.uid === process.geteuid?.()) return path
  const draft = await mkdtemp(join(tmpdir(), 'openhands-root-'))
  try {
    const names = installed.map(line => line.split(' ')[0] ?? '')
    await archive(draft, await filesOf(names, others))
    await rename(join(draft, 'root.tar'), path)
    await removeOld()
  } finally {
    await rm(draft, { recursive: true, force: true })
  }
  return path
}

/** Archives of earlier recipes that nobody has made lately. */
async function removeOld(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    if (!/^openhands-root-[0-9a-f]{16}\.tar$/.test(name)) continue
    const path = join(tmpdir(), name)
    const found = await stat(path).catch(() => undefined)
    if (found !== undefined && Date.now() - found.mtimeMs > day) await rm(path, { force: true })
  }
}

/** Name and version of each. */
async function installedPackages(): Promise<string[]> {
  const format = ['db:Status-Status', 'Package', 'Version'].map(name => `\${${name}}`).join(' ') + '\\n'
  // It complains about those that it does not know, and still lists the others.
  const { stdout } = await call('dpkg-query', ['-W', '-f', format, ...packages]).catch(
    (error: { stdout: string }) => error,
  )
  return stdout
    .split('\n')
    .filter(line => line.startsWith('installed '))
    .map(line => line.slice('installed '.length))
}

/** Where the other programs are, and when they were last changed. */
async function otherPrograms(): Promise<(readonly [path: string, changed: number])[]> {
  const places = programs.flatMap(name => [`/usr/local/bin/${name}`, `/usr/bin/${name}`])
  const found = await Promise.all(
    places.map(async path => {
      const stats = await stat(path).catch(() => undefined)
      return stats === undefined ? [] : [[path, stats.mtimeMs] as const]
    }),
  )
  return found.flat()
}

/** Adds a program; one that is written in JavaScript needs its whole package. */
async function addProgram(path: string, files: Set<string>): Promise<void> {
  await addPath(path, files)
  const real = await realpath(path)
  if (!real.endsWith('.js')) return
  const folder = dirname(dirname(real))
  for (const name of await readdir(folder, { recursive: true })) await addPath(join(folder, name), files)
}

/** Everything that the packages and programs consist of, with the libraries that they need. */
async function filesOf(
  names: readonly string[],
  others: readonly (readonly [path: string, changed: number])[],
): Promise<ReadonlySet<string>> {
  const { stdout } = await call('dpkg', ['-L', ...names], room)
  const files = new Set<string>()
  for (const path of stdout.split('\n')) await addPath(path, files)
  for (const [path] of others) await addProgram(path, files)
  const binaries: string[] = []
  for (const path of files) if (await isProgram(path)) binaries.push(path)
  // It fails for the programs that need no library.
  const listed = await call('ldd', binaries, room).catch((error: { stdout: string }) => error)
  for (const [path] of listed.stdout.matchAll(/\/\S+\.so\S*/g)) if (!binaries.includes(path)) await addPath(path, files)
  return files
}

/** Adds a path by its real folder, and what it links to. */
async function addPath(path: string, files: Set<string>): Promise<void> {
  if (!path.startsWith('/') || path === '/.' || unwanted.test(path)) return
  const folder = await realpath(dirname(path)).catch(() => undefined)
  if (folder === undefined) return
  const real = join(folder, basename(path))
  const stats = await lstat(real).catch(() => undefined)
  if (stats === undefined || files.has(real) || (stats.isSymbolicLink() && linked.includes(real.slice(1)))) return
  files.add(real)
  if (stats.isSymbolicLink()) await addPath(resolve(folder, await readlink(real)), files)
}

async function isProgram(path: string): Promise<boolean> {
  if (!(await lstat(path)).isFile()) return false
  await using file = await open(path)
  const { buffer, bytesRead } = await file.read(Buffer.alloc(4), 0, 4, 0)
  return bytesRead === 4 && buffer.toString('latin1') === '\x7fELF'
}

async function archive(draft: string, files: ReadonlySet<string>): Promise<void> {
  const stage = join(draft, 'stage')
  for (const folder of folders) await mkdir(join(stage, folder), { recursive: true })
  await mkdir(join(stage, 'etc'))
  for (const [name, text] of Object.entries(made))
    await writeFile(join(stage, name), text, { mode: name === 'etc/shadow' ? 0o600 : 0o644 })
  const own = new Set([...folders, ...Object.keys(made), 'etc', 'var'])
  const wanted = [...files, ...(await rootLinks())].filter(path => !own.has(path.slice(1)))
  await writeFile(join(draft, 'list'), wanted.map(path => `${path.slice(1)}\0`).join(''))
  const target = join(draft, 'root.tar')
  await call('tar', ['-C', '/', '--null', '--no-recursion', '--files-from', join(draft, 'list'), '-cf', target])
  await call('tar', ['-C', stage, '--owner=0', '--group=0', '-rf', target, '.'])
}

/** `/bin` and its like, where they are links. */
async function rootLinks(): Promise<string[]> {
  const paths = linked.map(name => `/${name}`)
  const stats = await Promise.all(paths.map(path => lstat(path).catch(() => undefined)))
  return paths.filter((_, index) => stats[index]?.isSymbolicLink() === true)
}
