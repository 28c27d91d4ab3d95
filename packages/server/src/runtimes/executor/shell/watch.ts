import { setImmediate } from 'node:timers/promises'
import { awaitsKeys, readerOf } from './terminal-use.ts'

/** A command as its watcher sees it. */
export interface Watched {
  readonly shell: number
  /** When it last printed something or was sent input, as `performance.now()`. */
  lastActivity: number
  /** Whether the shell has said that it runs it. */
  readonly hasBegun: boolean
  readonly hasEnded: boolean
  /** Called once when it ends. */
  onEnded: () => void
}

/** Why a watcher stopped waiting for a command. */
export type WatchEnd = 'ended' | 'waiting' | 'silent' | 'timeout' | 'aborted'

/** How long, in milliseconds, a command must be silent before it is asked whether it reads from the terminal, … */
const firstLook = 150
/** … before the mode of the terminal counts as a sign that it waits for keys, and the shell's read as one without word of it. */
const keysLook = 2000

/** Waits until a command ends, waits for input, is silent for `silenceMs`, or has been watched for `timeoutMs`. */
export function watch(
  watched: Watched,
  limits: { readonly silenceMs: number; readonly timeoutMs: number },
  signal: AbortSignal,
): Promise<WatchEnd> {
  if (watched.hasEnded) return Promise.resolve('ended')
  if (signal.aborted) return Promise.resolve('aborted')
  const { promise, resolve } = Promise.withResolvers<WatchEnd>()
  const late = (): void => void setImmediate().then(() => resolve('timeout'))
  const deadline = setTimeout(late, Math.min(limits.timeoutMs, 2 ** 31 - 1))
  const aborted = (): void => resolve('aborted')
  signal.addEventListener('abort', aborted)
  watched.onEnded = () => resolve('ended')
  let timer: NodeJS.Timeout | undefined
  let isOver = false
  const isWaiting = waitingTest(watched)
  const look = async (): Promise<void> => {
    // Timers that are late run before what has been printed meanwhile is read.
    await setImmediate()
    if (watched.hasEnded) return
    const silent = performance.now() - watched.lastActivity
    if (silent >= firstLook && isWaiting(silent)) return resolve('waiting')
    if (silent >= keysLook && (await awaitsKeys(watched.shell))) return resolve('waiting')
    if (silent >= limits.silenceMs) return resolve('silent')
    arm(silent)
  }
  const arm = (silent: number): void => {
    if (isOver) return
    // Looks come at 150, 300, 600 … ms of silence, and one exactly at its limit.
    let next = firstLook
    while (next <= silent) next *= 2
    timer = setTimeout(
      () => void look().catch(() => arm(0)),
      Math.max(1, Math.min(next, limits.silenceMs) - silent + 1),
    )
  }
  arm(0)
  return promise.finally(() => {
    isOver = true
    clearTimeout(deadline)
    clearTimeout(timer)
    signal.removeEventListener('abort', aborted)
    watched.onEnded = () => undefined
  })
}

/**
 * Tells, when asked again and again, whether a command that is silent waits for input. A shell at its prompt sleeps in a
 * read like one that runs `read`: before it has taken the command up, and after the command's end while word of that is
 * still on its way here. So the shell's own read must be seen at two looks with nothing between.
 */
function waitingTest(watched: Watched): (silent: number) => boolean {
  let sighting: number | undefined
  return silent => {
    const reader = readerOf(watched.shell)
    if (reader !== 'shell') return reader === 'program'
    const isSeenAgain = sighting === watched.lastActivity
    sighting = watched.lastActivity
    return isSeenAgain && (watched.hasBegun || silent >= keysLook)
  }
}
