import { commandVariable } from '../process-tree.ts'

/** What the start-up file of a shell is made of. */
export interface StartUp {
  /** Tells our markers from what programs print. */
  readonly nonce: string
  /** A folder of the executor's own, for the commands and for what the shell leaves. */
  readonly control: string
  /** Where the shell goes when its folder has been deleted. */
  readonly workspace: string
  /** Where it begins when no earlier shell has left word. */
  readonly directory: string
  /** Whether what an earlier shell left is brought back, see `KeptState`. */
  readonly restores: boolean
  /** What the shell is started with. */
  readonly environment: Readonly<Record<string, string>>
  /** Those of its variables that count more than what an earlier shell made of them. */
  readonly overrides: Readonly<Record<string, string>>
}

/** Puts a word into single quotes for bash. */
export function quote(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`
}

/**
 * The start-up file of the shell. After each command the prompt prints the marker `D;status;number;deleted;folder`; where
 * a program has replaced PROMPT_COMMAND, the prompt's own text prints `B;status;number`. Errors of these lines, and their
 * traces under `set -x`, are thrown away; what `set` says is restored when they are done.
 */
export function startUpFile(options: StartUp): string {
  const { nonce } = options
  return `${options.restores ? restore(options) : ''}unset HISTFILE
set +o history
shopt -u huponexit checkjobs
__openhands_begin() {
  local status=$__openhands_status
  builtin export ${commandVariable}=$1
  builtin printf '\\e]633;${nonce};C;%s\\a' "$1"
  [[ $- == *e* ]] && return 0
  return $status
}
${saving(options)}
__openhands_end() {
  local status=$? deleted=$__openhands_deleted
  local -
  set +eux
  __openhands_status=$status
  __openhands_deleted=
  if [[ ! -d $PWD ]]; then
    deleted=1
    builtin cd -- ${quote(options.workspace)} || builtin cd /
  fi
  __openhands_save
  builtin printf '\\e]633;${nonce};D;%s;%s;%s;%s\\a' "$status" "$__openhands_number" "$deleted" "\${PWD//[[:cntrl:]]/?}"
  return $status
}
__openhands_check() {
  local status=$?
  [[ $PROMPT_COMMAND == *__openhands_end* || $PS1 == *';B;'* ]] && return $status
  PROMPT_COMMAND=${promptCommand}
  return $status
}
__openhands_exit() {
  __openhands_save
  builtin printf '%s' "$PWD" >| ${quote(`${options.control}/directory`)}
}
__openhands_deleted=
{ builtin cd -- "\${__openhands_directory:-${inDoubleQuotes(options.directory)}}" || { __openhands_deleted=1; builtin cd -- ${quote(options.workspace)}; }; } 2>/dev/null
unset OLDPWD __openhands_directory
__openhands_number=0
__openhands_status=0
trap '{ __openhands_exit; } 2>/dev/null' EXIT
PROMPT_COMMAND=${promptCommand}
PS1='\\[\\e]633;${nonce};B;$?;$__openhands_number\\a\\]'
PS2=
${options.restores ? '[[ $__openhands_expands == 1 ]] || shopt -s expand_aliases\nunset __openhands_expands\n' : ''}`
}

const promptCommand = `'{ __openhands_end; } 2>/dev/null'`

/** Leaves what the next shell needs; the options that would make it end or trace are not brought back. */
function saving(options: StartUp): string {
  return `__openhands_save() {
  builtin export -n ${commandVariable}
  {
    builtin printf '__openhands_directory=%q\\n' "$PWD"
    builtin shopt -p
    builtin set +o
    builtin printf 'set +eutx +v\\n'
    builtin umask -p
    builtin export -p
    builtin declare -f
    builtin alias -p
  } >| ${quote(`${options.control}/left`)}
}`
}

/** Aliases wait until the lines here have been read, which must mean what they say. */
function restore(options: StartUp): string {
  const isName = (name: string): boolean => /^[A-Za-z_]\w*$/.test(name)
  // What the earlier shell had unset is in the environment again.
  const names = Object.keys(options.environment).filter(isName)
  const overrides = Object.entries(options.overrides).filter(([name]) => isName(name))
  const exports = overrides.map(([name, value]) => `export ${name}=${quote(value)}\n`)
  return `unset -v ${names.join(' ')}
{ . ${quote(`${options.control}/left`)}; } 2>/dev/null
\\builtin set +eutx +v
\\builtin shopt -q expand_aliases
__openhands_expands=$?
\\builtin shopt -u expand_aliases
${exports.join('')}`
}

function inDoubleQuotes(text: string): string {
  return text.replace(/[\\"$`]/g, '\\$&')
}

/** What is typed to run the file of a command: afterwards it brings the markers back where both are gone. */
export function commandLine(file: string, repairsTerminal: boolean): string {
  const repair = repairsTerminal ? 'stty sane 2>/dev/null; ' : ''
  return `${repair}. ${quote(file)}; { __openhands_check; } 2>/dev/null\n`
}

/** What is put into the file of a command: a marker, and then the command as it was given. */
export function commandFile(number: number, command: string): string {
  return `{ __openhands_number=${number}; __openhands_begin ${number}; } 2>/dev/null\n${command}\n`
}
