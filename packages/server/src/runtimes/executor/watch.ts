import { awaitsKeys, readsTerminal } from './terminal-use.ts'

/** A command as its watcher sees it. */
export interface Watched {
  readonly shell: number
  /** When it last printed something or was sent input, as `performance.now()`. */
  lastActivity: number
  readonly hasEnded: boolean
  /** Called once when it ends. */
  onEnded: () => void
}

/** Why a watcher stopped waiting for a command. */
export type WatchEnd = 'ended' | 'waiting' | 'silent' | 'timeout' | 'aborted'

/** How long, in milliseconds, a command must be silent before it is asked whether it reads from the terminal, … */
const firstLook = 150
/** … and before the mode of the terminal counts as a sign that it waits for keys. */
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
  const deadline = setTimeout(() => resolve('timeout'), Math.min(limits.timeoutMs, 2 ** 31 - 1))
  const aborted = (): void => resolve('aborted')
  signal.addEventListener('abort', aborted)
  watched.onEnded = () => resolve('ended')
  let timer: NodeJS.Timeout | undefined
  const look = async (): Promise<void> => {
    const silent = performance.now() - watched.lastActivity
    if (silent >= firstLook && readsTerminal(watched.shell)) return resolve('waiting')
    if (silent >= keysLook && (await awaitsKeys(watched.shell))) return resolve('waiting')
    if (silent >= limits.silenceMs) return resolve('silent')
    arm(silent)
  }
  const arm = (silent: number): void => {
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
    clearTimeout(deadline)
    clearTimeout(timer)
    signal.removeEventListener('abort', aborted)
    watched.onEnded = () => undefined
  })
}
