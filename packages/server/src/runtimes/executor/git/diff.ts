import { copyFile, mkdtemp, rm, stat, utimes } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { complaintOf, type GitAt } from './git.ts'
import { pathInRepository } from './repository.ts'

/** Bytes of a diff, and of the names of untracked files, that are taken. */
const diffLimit = 1024 * 1024
const namesLimit = 1024 * 1024
/** Bytes of one short answer. */
const shortLimit = 8192

/** The work tree against the last commit, as a unified diff; files that git does not know yet are added in it. */
export async function diffOf(
  git: GitAt,
  path: string | undefined,
): Promise<{ readonly text: string; readonly truncated: boolean }> {
  const inner = path === undefined ? '' : pathInRepository(git.repository, path)
  const paths = inner === '' ? [] : [inner]
  const base = await baseOf(git)
  const untracked = await untrackedFiles(git, paths)
  await using index = untracked.names.length > 0 ? await indexWith(git, untracked.names) : undefined
  const shown = ['--no-ext-diff', '--no-textconv', '--no-color', '--find-renames', '--submodule=short']
  const args = ['diff', ...shown, base, '--', ...paths]
  const done = await git.run(args, { limit: diffLimit, ...(index === undefined ? {} : { index: index.path }) })
  if (done.exitCode !== 0 && !done.truncated) throw complaintOf(done)
  const text = done.output.toString('utf8')
  const whole = done.truncated ? text.slice(0, text.lastIndexOf('\n') + 1) : text
  return { text: whole, truncated: done.truncated || untracked.truncated }
}

/** The last commit; where there is none, the empty tree. */
async function baseOf(git: GitAt): Promise<string> {
  const head = await git.run(['rev-parse', '--verify', '--quiet', 'HEAD^{commit}'], { limit: shortLimit })
  if (head.exitCode === 0) return 'HEAD'
  const empty = await git.run(['hash-object', '-t', 'tree', '/dev/null'], { limit: shortLimit })
  if (empty.exitCode !== 0) throw complaintOf(empty)
  return empty.output.toString('utf8').trim()
}

async function untrackedFiles(
  git: GitAt,
  paths: readonly string[],
): Promise<{ readonly names: Buffer; readonly truncated: boolean }> {
  const args = ['ls-files', '--others', '--exclude-standard', '-z', '--', ...paths]
  const { exitCode, output, truncated, complaint } = await git.run(args, { limit: namesLimit })
  if (exitCode !== 0 && !truncated) throw complaintOf({ exitCode, output, truncated, complaint })
  const names = output.toString('latin1').split('\0').slice(0, -1)
  // Repositories in the repository end in a slash; what is in them is theirs to tell.
  const files = names.filter(name => !name.endsWith('/'))
  return { names: Buffer.from(files.map(name => `${name}\0`).join(''), 'latin1'), truncated }
}

/** A copy of the index in which files are announced, so that git itself shows them as added; the real one stays as it is. */
async function indexWith(git: GitAt, names: Buffer): Promise<AsyncDisposable & { readonly path: string }> {
  const answer = await git.run(['rev-parse', '--git-path', 'index'], { limit: shortLimit })
  if (answer.exitCode !== 0) throw complaintOf(answer)
  const real = resolve(git.repository.directory, answer.output.toString('utf8').replace(/\n$/, ''))
  const folder = await mkdtemp('/tmp/openhands-git-')
  const path = join(folder, 'index')
  const end = (): Promise<void> => rm(folder, { recursive: true, force: true })
  try {
    await copyIndex(real, path)
    const args = ['add', '--intent-to-add', '--pathspec-from-file=-', '--pathspec-file-nul']
    // Where a file has gone meanwhile git adds none of them; then they are shown the next time.
    await git.run(args, { limit: shortLimit, input: names, index: path })
    return { path, [Symbol.asyncDispose]: end }
  } catch (error) {
    await end()
    throw error
  }
}

/** Git tells by the time of its index which files it must compare; a copy that seemed newer would hide changes. */
async function copyIndex(from: string, to: string): Promise<void> {
  try {
    const { mtimeMs } = await stat(from)
    const seconds = Math.floor(mtimeMs / 1000)
    await copyFile(from, to)
    await utimes(to, seconds, seconds)
  } catch (error) {
    // A repository in which nothing has been added yet has no index.
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error
  }
}
