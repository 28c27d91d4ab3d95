import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { sandboxVariable } from '../process-tree.ts'
import type { OpenParams } from '../protocol.ts'

/**
 * Settings that a repository cannot change: nothing of it is run but filters, without which files kept elsewhere (as by
 * git-lfs) would all seem modified (S24), and what is shown does not depend on anybody's taste.
 */
const settings = [
  'core.fsmonitor=false',
  'core.hooksPath=/dev/null',
  'core.pager=cat',
  'core.sshCommand=false',
  'core.quotePath=false',
  'core.bigFileThreshold=16m',
  'credential.helper=',
  'diff.ignoreSubmodules=untracked',
  'diff.mnemonicPrefix=false',
  'diff.noprefix=false',
  'diff.renameLimit=400',
  'protocol.allow=never',
  'safe.bareRepository=explicit',
  'safe.directory=*',
] as const

/** The arguments with which every git begins. */
export const firstArguments: readonly string[] = [
  '--no-pager',
  '--literal-pathspecs',
  ...settings.flatMap(setting => ['-c', setting]),
]

/** A home of git's own: old versions learn only there that the owner of a repository does not matter in a sandbox. */
export async function makeGitHome({ control }: OpenParams): Promise<string> {
  const home = join(control, 'git')
  await mkdir(home, { recursive: true, mode: 0o700 })
  await writeFile(join(home, '.gitconfig'), '[safe]\n\tdirectory = *\n')
  return home
}

/** The whole environment of git. It looks for no repository above the workspace, asks nothing and locks nothing. */
export function gitEnvironment({ workspace, environment, mark }: OpenParams, home: string): Record<string, string> {
  return {
    PATH: environment['PATH'] ?? '/usr/local/bin:/usr/bin:/bin',
    HOME: home,
    XDG_CONFIG_HOME: home,
    LANG: 'C.UTF-8',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CEILING_DIRECTORIES: dirname(workspace),
    GIT_NO_LAZY_FETCH: '1',
    GIT_OPTIONAL_LOCKS: '0',
    GIT_TERMINAL_PROMPT: '0',
    [sandboxVariable]: mark,
  }
}
