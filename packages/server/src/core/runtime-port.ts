import type { SessionId } from '@openhands/protocol'

/** What a finished or interrupted command left. */
export interface CommandResult {
  /** What a person would have seen, bounded; what was left out is said in it. */
  readonly output: string
  /** As the shell reports it: 128 + n for signal n; -1 while the command still runs; 130 after an interrupt. */
  readonly exitCode: number
  /** The shell's folder afterwards. */
  readonly directory: string
  readonly timedOut: boolean
  /** Where the whole output can be read when some of it was left out here, see `Outputs`, and its bytes so far. */
  readonly whole?: { readonly name: string; readonly bytes: number }
}

export interface CommandRequest {
  readonly command: string
  /** The text is typed into the command that is running; `C-c`, `C-d` and `C-z` are keys. */
  readonly isInput: boolean
  /** After so many milliseconds the whole tree of the command is ended. */
  readonly timeoutMs: number
}

/** A failure that the agent or user should read: a missing file, an edit that fits nowhere. */
export interface Refused {
  readonly ok: false
  readonly message: string
}
export type Outcome<T> = ({ readonly ok: true } & T) | Refused

export type EditRequest =
  | { readonly command: 'create'; readonly path: string; readonly text: string }
  | { readonly command: 'str_replace'; readonly path: string; readonly oldText: string; readonly newText: string }
  | { readonly command: 'insert'; readonly path: string; readonly line: number; readonly text: string }
  | { readonly command: 'undo_edit'; readonly path: string }

export interface Edited {
  readonly existed: boolean
  readonly before: string
  readonly after: string
  /** What the tool says about it: a snippet with line numbers around the change. */
  readonly summary: string
}

/* ---- streams ---- */

/** Bytes both ways with a program inside, each side at the other's pace. */
export interface ByteStream extends AsyncDisposable {
  /** What comes from inside, to be read once; it ends when there is no more. Throws `RuntimeError` when the sandbox is lost. */
  readonly output: AsyncIterable<Uint8Array>
  /** Resolves when more may be written, or when nobody inside will read it. */
  write(bytes: Uint8Array): Promise<void>
  /** Nothing more will be written. */
  end(): void
}

/* ---- jobs and terminals ---- */

/** A command whose processes outlive it. */
export interface Job {
  readonly id: number
  /** The command that began it, cut where it is very long. */
  readonly command: string
  /** Its processes as programs inside number them; none once it has ended. */
  readonly pids: readonly number[]
  /** Milliseconds since the command began. */
  readonly ageMs: number
}

/** What commands have left running in the background. */
export interface Jobs {
  /** Those that run, and the last few that have ended, by age. */
  list(signal: AbortSignal): Promise<readonly Job[]>
  /**
   * What was printed between commands while it ran; bounded, head and tail kept. Jobs share one terminal: what another
   * one printed is in it too, and what was printed while a command ran is in that command's output.
   */
  output(id: number, signal: AbortSignal): Promise<Outcome<{ readonly text: string }>>
  /** Ends a job with everything that it started. */
  kill(id: number, signal: AbortSignal): Promise<Outcome<Record<never, never>>>
}

/** A part of what a command printed. */
export interface OutputPart {
  /** Where it begins: later than asked for where the bytes between were not kept. */
  readonly offset: number
  readonly bytes: Uint8Array
  /** Bytes that the command has printed so far. */
  readonly total: number
}

/** What the newest commands printed, byte for byte; of a very long output its beginning and its end. */
export interface Outputs {
  /** At most `length` bytes, and at most a mebibyte, from `offset` on; none at the end. Refuses what is not kept any more. */
  read(name: string, offset: number, length: number, signal: AbortSignal): Promise<Outcome<OutputPart>>
}

export interface TerminalSize {
  readonly columns: number
  readonly rows: number
}

/** A terminal that a person types into; its stream carries what is typed and what is shown. Disposing it ends or gives back. */
export interface Terminal extends ByteStream {
  resize(size: TerminalSize): void
}

export interface Terminals {
  /** Opens a shell of the user's own in the workspace. Refuses when there are too many. */
  open(size: TerminalSize, signal: AbortSignal): Promise<Outcome<{ readonly terminal: Terminal }>>
  /**
   * Hands the agent's own terminal to a person, first with what it shows; while it lasts, the agent's commands are
   * refused with that reason. Disposing the terminal gives it back. Refuses when somebody has it.
   */
  takeOver(size: TerminalSize, signal: AbortSignal): Promise<Outcome<{ readonly terminal: Terminal }>>
  /**
   * Shows the agent's terminal, first what it shows and then whatever is printed there, whoever has it; nothing is typed
   * through it, and nobody waits for it: a reader that falls behind is shown the screen anew.
   */
  watch(signal: AbortSignal): Promise<Outcome<{ readonly stream: ByteStream }>>
}

/* ---- files ---- */

export interface FileEntry {
  readonly name: string
  readonly kind: 'file' | 'folder' | 'link' | 'other'
  /** Bytes; 0 for what is no file. */
  readonly size: number
  /** Milliseconds since 1970. */
  readonly changed: number
  /** What a link leads to; absent where that is nothing, or outside of the workspace. */
  readonly to?: 'file' | 'folder'
}

/** A file as it was when it was opened. */
export interface Download {
  /** Bytes of the whole file. */
  readonly size: number
  /** Milliseconds since 1970. */
  readonly changed: number
  /** Differs once the file has been changed or replaced, see `UploadOptions`. */
  readonly version: string
  /** Its bytes from the offset to `size`; throws when the file became shorter meanwhile. */
  readonly stream: ByteStream
}

export interface UploadOptions {
  /** The most bytes that the file may have. */
  readonly limit: number
  /** The file is replaced only as long as this is its version; `none` while there is no file. */
  readonly onlyIf?: string
}

/** A change in the workspace, by paths relative to it, each for all below it; `all` when there were too many to name. */
export interface FilesChanged {
  readonly paths: readonly string[]
  readonly all: boolean
}

/**
 * The workspace for doors and pages; every path is relative to it or absolute as programs inside see it, and nothing
 * outside of it is reached, by links neither. The agent takes no notice of what is read here, and finds what is written
 * here changed (P14). At most 24 streams at a time; more are refused.
 */
export interface Files {
  /** What is in a folder, folders first, then by name; `leftOut` counts what is beyond the first 10,000. */
  list(
    path: string,
    signal: AbortSignal,
  ): Promise<Outcome<{ readonly entries: readonly FileEntry[]; readonly leftOut: number }>>
  /** The bytes of a regular file from an offset on. */
  download(path: string, offset: number, signal: AbortSignal): Promise<Outcome<Download>>
  /**
   * Writes a file from a stream, under another name until its last byte has come, with the folders that it needs; an
   * abort or a failure leaves nothing. A file that it replaces keeps mode and owner. Rejects with what `bytes` throws.
   */
  upload(
    path: string,
    bytes: AsyncIterable<Uint8Array>,
    options: UploadOptions,
    signal: AbortSignal,
  ): Promise<Outcome<{ readonly size: number; readonly version: string }>>
  /** Removes a file, a link, or a folder with all that is in it. */
  remove(path: string, signal: AbortSignal): Promise<Outcome<Record<never, never>>>
  /** Makes a folder, with those that it needs; refuses where something has its name. */
  makeFolder(path: string, signal: AbortSignal): Promise<Outcome<Record<never, never>>>
  /** Gives something another name, with the folders that this needs; refuses where something has it already. */
  move(from: string, to: string, signal: AbortSignal): Promise<Outcome<Record<never, never>>>
  /** A zip archive of a folder, begun at once; links are kept as links, and a last entry lists what could not be read. */
  archive(path: string, signal: AbortSignal): Promise<Outcome<{ readonly stream: ByteStream }>>
  /**
   * Tells what changes in the workspace, joined over short times, until the signal is aborted. Of `.git` only what
   * matters to its user is told, of `node_modules` nothing. `onChange` must not throw.
   */
  watch(onChange: (change: FilesChanged) => void, signal: AbortSignal): Promise<Outcome<Record<never, never>>>
}

/* ---- git ---- */

export interface GitChange {
  /** Relative to the workspace, as it is now. */
  readonly path: string
  /** As it was called before, of a rename or copy. */
  readonly from?: string
  readonly kind: 'added' | 'modified' | 'deleted' | 'renamed' | 'copied' | 'untracked' | 'conflicted'
  readonly staged: boolean
}

/**
 * Git inside the sandbox, one process at a time and none longer than ten seconds. The repository is that of the
 * workspace, or else the first, by name, of a folder directly in it.
 */
export interface Git {
  /** At most 1000 changes from `offset` on; `more` when there are others. */
  status(
    offset: number,
    signal: AbortSignal,
  ): Promise<
    Outcome<{
      /** False when there is none; that is no failure. */
      readonly repository: boolean
      /** Relative to the workspace, where the repository is; empty for the workspace itself. */
      readonly folder: string
      /** Empty when no branch is checked out. */
      readonly branch: string
      /** False until something was committed. */
      readonly commits: boolean
      readonly changes: readonly GitChange[]
      readonly more: boolean
    }>
  >
  /** A unified diff of the work tree against `HEAD`, untracked files included, of all or of one path; bounded, `truncated` says that it was cut. */
  diff(
    path: string | undefined,
    signal: AbortSignal,
  ): Promise<Outcome<{ readonly text: string; readonly truncated: boolean }>>
  /** A file as it was in a revision, as text; bounded. The revision is never an option. */
  show(
    revision: string,
    path: string,
    signal: AbortSignal,
  ): Promise<Outcome<{ readonly text: string; readonly truncated: boolean }>>
  /** The bytes of a file as the last commit has it; without them where it has none, at most 2 MiB and a byte. */
  committed(path: string, signal: AbortSignal): Promise<Outcome<{ readonly bytes?: Uint8Array }>>
}

/* ---- browser and Python ---- */

/** A page as it is after it was opened or acted on. */
export interface PageView {
  readonly url: string
  readonly title: string
  /** The readable text, as markdown; bounded. */
  readonly text: string
  /** The accessibility tree with the ids that actions take, in lines as `[12] button 'Send'`; bounded; empty without a browser. */
  readonly tree: string
  /** A JPEG of what is visible; absent without a browser. */
  readonly screenshot?: Uint8Array
  readonly tabs: readonly string[]
  readonly activeTab: number
  /** The id of the element that has the keyboard; empty when none has. */
  readonly focused: string
  /** What happened meanwhile that the page does not show: dialogs, downloads, errors of its scripts; bounded. */
  readonly notes: readonly string[]
  /** What went wrong with the page or with the last action; empty when nothing did. */
  readonly error: string
}

/** Chromium inside the sandbox, its way out the egress proxy only; started when first used and ended when idle. */
export interface Browser {
  /** Opens a page and reads it; without a browser in the sandbox the page is fetched and read as it was sent. */
  open(url: string, signal: AbortSignal): Promise<Outcome<{ readonly page: PageView }>>
  /** Carries out calls such as `click('12')` one after the other (wire A8.2); the first that fails ends it. */
  act(code: string, signal: AbortSignal): Promise<Outcome<{ readonly page: PageView }>>
}

/** What a cell printed and showed. */
export interface CellResult {
  /** Streams and results in order, bounded; a traceback when it failed; in brackets what else became of it. */
  readonly text: string
  /** PNG and JPEG, at most 8, each of at most 2,000,000 bytes. */
  readonly images: readonly { readonly mediaType: string; readonly bytes: Uint8Array }[]
  /** It came to its end without an exception. */
  readonly succeeded: boolean
  /** The folder of Python afterwards, and the path of its program. */
  readonly directory: string
  readonly interpreter: string
}

/**
 * Python with a state that is kept between cells; started when first used, and again after it has ended, which the next
 * result says. Cells are carried out one at a time; their folder is not the shell's.
 */
export interface Python {
  /**
   * After `timeoutMs`, or when the signal is aborted, the cell is interrupted, and after another second ended with all
   * that it started; the result holds what it had printed. Refuses where there is no Python.
   */
  run(
    code: string,
    timeoutMs: number,
    signal: AbortSignal,
    onOutput?: (text: string) => void,
  ): Promise<Outcome<CellResult>>
}

/* ---- ports ---- */

/** The servers that programs inside the sandbox run; never those of the executor or, without isolation, of strangers. */
export interface Ports {
  /** The TCP ports that are listened on, ascending, at most 200. */
  list(signal: AbortSignal): Promise<readonly number[]>
  /** Tells the ports at once and whenever they change; resolves when the signal is aborted. */
  watch(onChange: (ports: readonly number[]) => void, signal: AbortSignal): Promise<void>
  /** A connection to a port inside; refuses when nothing listens there, or when there are 128 already. */
  connect(port: number, signal: AbortSignal): Promise<Outcome<{ readonly stream: ByteStream }>>
}

/* ---- checkpoints ---- */

export interface Checkpoint {
  readonly id: string
  readonly label: string
  /** Milliseconds since 1970. */
  readonly taken: number
}

/** A file that is not as a checkpoint has it. */
export interface CheckpointChange {
  /** Relative to the workspace. */
  readonly path: string
  readonly kind: 'added' | 'modified' | 'deleted'
}

/** States of the workspace that it can be brought back to; kept outside of it, bounded in time and size. */
export interface Checkpoints {
  /**
   * Takes one within 20 s, or refuses. `leftOut` lists, up to a bound and with reasons, what is not in it: files of more
   * than 2 MiB, folders that can be made anew, repositories. `changed` is false when the newest one still holds; then
   * `id` is its. Refuses where there is no git, or too much in the workspace.
   */
  take(
    label: string,
    signal: AbortSignal,
  ): Promise<Outcome<{ readonly id: string; readonly leftOut: readonly string[]; readonly changed: boolean }>>
  /** Newest first, at most 200. */
  list(signal: AbortSignal): Promise<readonly Checkpoint[]>
  /**
   * Makes every file of the checkpoint as it was, byte for byte, and removes files that came since; what checkpoints leave
   * out stays, and is moved aside where it is in the way. `before` is a checkpoint of the state that was given up.
   */
  restore(
    id: string,
    signal: AbortSignal,
  ): Promise<Outcome<{ readonly before: string; readonly leftOut: readonly string[] }>>
  /** How the workspace differs from one, by path, at most 1000 from `offset` on; nothing is changed by looking. */
  changes(
    id: string,
    offset: number,
    signal: AbortSignal,
  ): Promise<Outcome<{ readonly changes: readonly CheckpointChange[]; readonly more: boolean }>>
  /** A file of the workspace as one has it; without `bytes` where it has none of that path. */
  file(id: string, path: string, signal: AbortSignal): Promise<Outcome<{ readonly bytes?: Uint8Array }>>
}

/* ---- limits ---- */

/** A bound that the sandbox is really held to. */
export interface Limit {
  readonly of: 'memory' | 'processes' | 'cpu' | 'open files' | 'temporary files' | 'free disk'
  /** Bytes, counts, or cores. */
  readonly value: number
  /** What holds it, as `cgroup v1`, `cgroup v2`, `rlimit`, `tmpfs`, `docker`. */
  readonly by: string
}

/* ---- the whole ---- */

/** The sandbox that a session works in died or could not be started. */
export class RuntimeError extends Error {
  override readonly name = 'RuntimeError'
  /** `unavailable`: it cannot be started here. `lost`: it was there and is gone; the next use may start another. */
  readonly kind: 'unavailable' | 'lost'
  /** `message` names the cause, the last lines of its log and one remedy. */
  constructor(kind: 'unavailable' | 'lost', message: string, options?: ErrorOptions) {
    super(message, options)
    this.kind = kind
  }
}

/** A place where things run. Every method throws `RuntimeError` when the sandbox is gone, or the signal's reason. */
export interface Runtime extends AsyncDisposable {
  /** `bubblewrap`, `docker`, `local`: how far apart from the host it is. */
  readonly sandbox: string
  readonly isolated: boolean
  /** The absolute path of the workspace as programs inside see it. */
  readonly workspace: string
  /**
   * Runs one command in the session's persistent shell, one at a time. When the signal is aborted the whole tree of
   * the command is ended within a second and the result holds what it had printed.
   */
  run(request: CommandRequest, signal: AbortSignal, onOutput?: (text: string) => void): Promise<CommandResult>
  /** The text of a file, or a folder's listing, numbered as an editor shows it when `numbered`. Lines count from 1; -1 is the last. */
  view(
    path: string,
    range: readonly [number, number] | undefined,
    signal: AbortSignal,
  ): Promise<Outcome<{ text: string }>>
  read(path: string, signal: AbortSignal): Promise<Outcome<{ text: string }>>
  /** Creates or replaces a file, atomically and byte for byte, with the folders that it needs. */
  write(path: string, text: string, signal: AbortSignal): Promise<Outcome<Record<never, never>>>
  edit(request: EditRequest, signal: AbortSignal): Promise<Outcome<Edited>>
  readonly jobs: Jobs
  readonly outputs: Outputs
  readonly terminals: Terminals
  readonly files: Files
  readonly git: Git
  readonly browser: Browser
  readonly python: Python
  readonly ports: Ports
  readonly checkpoints: Checkpoints
  /** The bounds in force, whatever could be had of those that were asked for. */
  readonly limits: readonly Limit[]
  /** Resolves, with the reason, when the sandbox has ended by itself; never rejects. */
  readonly gone: Promise<string>
}

/** One thing that a machine can do, or cannot. */
export interface Finding {
  readonly about: string
  readonly ok: boolean
  /** What was found, in a sentence. */
  readonly found: string
  /** The exact command or step that mends it; absent when nothing is wrong. */
  readonly remedy?: string
}

export interface Runtimes {
  /** Whether sandboxes are kept from the host's files, processes and network. */
  readonly isolated: boolean
  /** The absolute path of a workspace as programs inside see it, given the folder of the host that it is. */
  workspaceOf(directory: string): string
  /**
   * Starts the sandbox of a session in a folder of the host. Throws `RuntimeError` of kind `unavailable` within three
   * seconds of the underlying failure. Disposing it leaves no process behind and touches no file of the workspace.
   */
  start(request: {
    readonly session: SessionId
    /** Absolute path on the host; it exists. */
    readonly directory: string
    readonly onStatus: (id: string, message: string) => void
    readonly signal: AbortSignal
  }): Promise<Runtime>
  /** Deletes what is kept of a session besides its workspace: home, shell state, checkpoints. Only after its sandbox has ended. */
  forget(session: SessionId): Promise<void>
  /** What this machine can do for sandboxes, each with the command that mends what it cannot. */
  probe(): Promise<readonly Finding[]>
  /** Ends what a killed server left behind for this data directory; resolves to how many sandboxes that were. */
  reap(): Promise<number>
}

/* ---- the way out ---- */

/** A request that the way out did not let through, or that was let through and failed before there was an answer. */
export interface EgressRefusal {
  /** `host:port`. */
  readonly target: string
  /** Why, and how to allow it. */
  readonly message: string
}

/** The network of one sandbox: an HTTP proxy behind a unix socket, and nothing else. */
export interface EgressDoor extends AsyncDisposable {
  /** A folder of the host, readable by everybody, to be seen inside: `proxy.sock`, and `ca.crt` with certificates to trust. */
  readonly folder: string
}

/** Opens the way out for sandboxes, each with a policy of its own. */
export interface Egress {
  /** `onRefused` is called for every refusal; must not throw. */
  open(session: SessionId, onRefused: (refusal: EgressRefusal) => void): Promise<EgressDoor>
}
