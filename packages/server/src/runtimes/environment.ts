import { sandboxVariable } from './executor/process-tree.ts'

/** What differs between the places where a shell runs. */
export interface EnvironmentOptions {
  readonly home: string
  readonly user: string
  readonly path: string
  /** The value of the variable that marks the sandbox's processes. */
  readonly mark: string
  /** What the operator adds; the only way for anything else to get in. */
  readonly additions: Readonly<Record<string, string>>
}

/** The whole environment of a session's shell: nothing of the server's is in it that is not named here. */
export function shellEnvironment(options: EnvironmentOptions): Record<string, string> {
  return {
    PATH: options.path,
    HOME: options.home,
    USER: options.user,
    LOGNAME: options.user,
    SHELL: '/bin/bash',
    LANG: 'C.UTF-8',
    TERM: 'xterm-256color',
    TMPDIR: '/tmp',
    // Nothing may open a pager, an editor or a question where a plain answer will do.
    PAGER: 'cat',
    GIT_PAGER: 'cat',
    MANPAGER: 'cat',
    SYSTEMD_PAGER: 'cat',
    GIT_EDITOR: 'true',
    GIT_TERMINAL_PROMPT: '0',
    DEBIAN_FRONTEND: 'noninteractive',
    ...options.additions,
    [sandboxVariable]: options.mark,
  }
}
