/** What the start-up file of a shell is made of. */
export interface StartUp {
  /** Tells our markers from what programs print. */
  readonly nonce: string
  /** A folder of the executor's own, for the commands and the saved environment. */
  readonly control: string
  /** Where the shell goes when its folder has been deleted. */
  readonly workspace: string
  /** Where it begins. */
  readonly directory: string
  /** Whether the variables that an earlier shell exported are brought back. */
  readonly restores: boolean
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
  const exports = quote(`${options.control}/exports`)
  return `unset HISTFILE
set +o history
shopt -u huponexit checkjobs
__openhands_save() {
  builtin export -p >| ${exports}
}
__openhands_begin() {
  local status=$__openhands_status
  builtin printf '\\e]633;${nonce};C;%s\\a' "$1"
  [[ $- == *e* ]] && return 0
  return $status
}
__openhands_end() {
  local status=$? deleted=
  local -
  set +eux
  __openhands_status=$status
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
  PROMPT_COMMAND='{ __openhands_end; } 2>/dev/null'
  return $status
}
__openhands_exit() {
  __openhands_save
  builtin printf '%s' "$PWD" >| ${quote(`${options.control}/directory`)}
}
${options.restores ? `{ . ${exports}; } 2>/dev/null` : ''}
{ builtin cd -- ${quote(options.directory)} || builtin cd -- ${quote(options.workspace)}; } 2>/dev/null
unset OLDPWD
__openhands_number=0
__openhands_status=0
trap '{ __openhands_exit; } 2>/dev/null' EXIT
PROMPT_COMMAND='{ __openhands_end; } 2>/dev/null'
PS1='\\[\\e]633;${nonce};B;$?;$__openhands_number\\a\\]'
PS2=
`
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
