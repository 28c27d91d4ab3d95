import { posix } from 'node:path'

/** Where a path lies, by what harm can be done there. */
export type Place =
  | 'workspace'
  | 'workspace-root'
  | 'temporary'
  | 'sink'
  | 'control'
  | 'private'
  | 'secret'
  | 'device'
  | 'outside'

/** Files that hold keys and passwords, wherever they lie. */
const SECRETS: readonly RegExp[] = [
  /^\/etc\/(shadow|gshadow|sudoers)/,
  /\/\.ssh(\/(?!known_hosts$|.*\.pub$)|$)/,
  /\/\.(aws|gnupg|kube|azure|password-store)(\/|$)/,
  /\/\.(netrc|git-credentials|pypirc|pgpass|my\.cnf|bash_history|zsh_history)$/,
  /\/\.docker\/config\.json$/,
  /\/\.config\/(gcloud|gh|op)(\/|$)/,
  /\/(id_rsa|id_ed25519|id_ecdsa|id_dsa)$/,
  /^\/proc\/[^/]+\/(environ|mem|root|fd)(\/|$)/,
  /^(\/var)?\/run\/(secrets|docker\.sock)/,
]

/** Files inside the workspace that people keep keys in as well. */
const PRIVATE = /\/(\.env(\.(?!example$|sample$|template$|dist$)[\w.-]+)?|[^/]+\.(pem|key|p12|pfx|keystore))$/

/** Files that other programs, or later agents, obey: a change there outlives the task. */
const CONTROL: readonly RegExp[] = [
  /\/\.git\/(hooks(\/|$)|config$|modules\/.*\/(hooks|config)|info\/attributes$)/,
  /\/\.(bashrc|bash_profile|bash_login|bash_logout|profile|bash_aliases|inputrc|zshrc|zshenv|zprofile|zlogin)$/,
  /\/\.(npmrc|yarnrc|yarnrc\.yml|envrc|gitconfig|gitmodules|gitattributes|pythonrc|vimrc|nanorc|tmux\.conf|curlrc|wgetrc)$/,
  /\/\.config\/(fish|systemd|autostart|git)(\/|$)/,
  /\/\.(husky|vscode|idea|cursor|claude|openhands|direnv|devcontainer)(\/|$)/,
  /\/(AGENTS|CLAUDE|GEMINI)\.md$/i,
  /\/(\.cursorrules|\.windsurfrules|\.mcp\.json|\.pre-commit-config\.yaml|sitecustomize\.py|usercustomize\.py)$/,
]

const SINK = /^\/dev\/(null|zero|full|stdin|stdout|stderr|tty|fd(\/\d+)?|u?random)$/

/** Judges a path by its text; relative ones begin at `directory`. Never touches a disk, so it sees no symbolic links. */
export function placeOf(path: string, directory: string, workspace: string): Place {
  const full = posix.resolve(directory, path)
  if (SINK.test(full)) return 'sink'
  if (/^\/dev(\/|$)/.test(full) && !full.startsWith('/dev/shm/')) return 'device'
  if (SECRETS.some(pattern => pattern.test(full))) return 'secret'
  if (full === workspace) return 'workspace-root'
  const inWorkspace = full.startsWith(`${workspace}/`)
  if (inWorkspace && CONTROL.some(pattern => pattern.test(full))) return 'control'
  if (PRIVATE.test(full)) return 'private'
  if (inWorkspace) return 'workspace'
  return /^(\/tmp|\/var\/tmp|\/dev\/shm)\/./.test(full) ? 'temporary' : 'outside'
}
