import type { Area, Place } from '../area.ts'
import type { Answer, Call } from '../calls.ts'
import { Refusal } from '../refusal.ts'
import { diffOf } from './diff.ts'
import { complaintOf, Git } from './git.ts'
import { readStatus } from './porcelain.ts'
import { pathInRepository } from './repository.ts'

/** Changes of one answer, and bytes of a status that are read. */
const pageSize = 1000
const statusLimit = 32 * 1024 * 1024
/** Bytes of a file as it was in a revision. */
const showLimit = 4 * 1024 * 1024

/** Bytes of a file as it was in the last commit: one more than anybody compares. */
const committedLimit = 2 * 1024 * 1024 + 1

/** What git knows about the workspace; it is run here, inside, and nowhere else (S24, P47). */
export function gitArea({ options }: Place): Area {
  const git = new Git(options)
  const handlers: Area['handlers'] = new Map([
    ['git_status', call => status(git, call)],
    ['git_diff', call => diff(git, call)],
    ['git_show', call => show(git, call)],
    ['git_committed', call => committed(git, call)],
  ])
  return { handlers, close: () => git.close() }
}

async function status(git: Git, { params, signal }: Call): Promise<Answer> {
  const offset = params.number('offset')
  const answer = await git.use(signal, async ({ repository: { folder }, run }) => {
    const how = ['--porcelain=v2', '--branch', '-z', '--untracked-files=all', '--no-ahead-behind', '--find-renames']
    const done = await run(['status', ...how, '--ignore-submodules=untracked'], { limit: statusLimit })
    if (done.exitCode !== 0 && !done.truncated) throw complaintOf(done)
    const { branch, commits, changes } = readStatus(done.output.toString('utf8'))
    const page = changes.slice(offset, offset + pageSize).map(({ path, from, ...rest }) => ({
      ...rest,
      path: inWorkspace(folder, path),
      ...(from === undefined ? {} : { from: inWorkspace(folder, from) }),
    }))
    return { branch, commits, folder, page, more: changes.length > offset + pageSize || done.truncated }
  })
  if (answer === undefined) {
    return {
      value: { repository: false, folder: '', branch: '', commits: false, more: false },
      body: Buffer.from('[]'),
    }
  }
  const { page, ...value } = answer
  return { value: { repository: true, ...value }, body: Buffer.from(JSON.stringify(page)) }
}

async function diff(git: Git, { params, signal }: Call): Promise<Answer> {
  const path = params.text('path')
  const answer = await git.use(signal, at => diffOf(at, path === '' ? undefined : path))
  return textAnswer(answer)
}

async function show(git: Git, { params, signal }: Call): Promise<Answer> {
  const revision = params.text('revision')
  if (revision === '' || revision.includes('\0')) throw new Refusal('The revision has no name.')
  const answer = await git.use(signal, async ({ repository, run }) => {
    const name = `${revision}:./${pathInRepository(repository, params.text('path'))}`
    const done = await run(['cat-file', '--end-of-options', 'blob', name], { limit: showLimit })
    if (done.exitCode !== 0 && !done.truncated) throw complaintOf(done)
    if (done.output.includes(0)) throw new Refusal('The file is no text in that revision.')
    return { text: done.output.toString('utf8'), truncated: done.truncated }
  })
  return textAnswer(answer)
}

async function committed(git: Git, { params, signal }: Call): Promise<Answer> {
  const bytes = await git.use(signal, async ({ repository, run }) => {
    const name = `HEAD:./${pathInRepository(repository, params.text('path'))}`
    const type = await run(['cat-file', '-t', '--end-of-options', name], { limit: 100 })
    if (type.exitCode !== 0 || type.output.toString('latin1').trim() !== 'blob') return undefined
    const done = await run(['cat-file', '--end-of-options', 'blob', name], { limit: committedLimit })
    if (done.exitCode !== 0 && !done.truncated) throw complaintOf(done)
    return done.output
  })
  return { value: { exists: bytes !== undefined }, ...(bytes === undefined ? {} : { body: bytes }) }
}

function textAnswer(answer: { readonly text: string; readonly truncated: boolean } | undefined): Answer {
  if (answer === undefined) throw new Refusal('There is no git repository in the workspace.')
  return { value: { truncated: answer.truncated }, body: Buffer.from(answer.text) }
}

function inWorkspace(folder: string, path: string): string {
  return folder === '' ? path : `${folder}/${path}`
}
