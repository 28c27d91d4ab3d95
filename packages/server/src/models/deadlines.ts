import { type Endpoint, whoIs } from './endpoint.ts'
import { ProviderFailure } from './failure.ts'

/** How long a call of a model may take, by what it waits for; milliseconds. */
export interface Deadlines {
  readonly connect: number
  /** From the connection to the first byte of the answer's body: slow models read long prompts. */
  readonly firstByte: number
  /** Between two bytes of the answer. */
  readonly idle: number
  /** For everything together; none unless set. */
  readonly total?: number
}

export const defaultDeadlines: Deadlines = { connect: 10_000, firstByte: 300_000, idle: 60_000 }

/** A timer that has been started. */
export interface Timer {
  /** Begins its time anew, also when it was stopped. */
  restart(): void
  stop(): void
}

/** Starts timers; tests bring their own. */
export interface Timers {
  start(milliseconds: number, onEnd: () => void): Timer
}

/** The machine's timers. */
export const systemTimers: Timers = {
  start(milliseconds, onEnd) {
    let timer: NodeJS.Timeout | undefined = setTimeout(onEnd, milliseconds)
    return {
      restart: () => {
        if (timer) timer.refresh()
        else timer = setTimeout(onEnd, milliseconds)
      },
      stop: () => {
        clearTimeout(timer)
        timer = undefined
      },
    }
  },
}

/** The four clocks of one call: at most one of connect, first byte and idle runs, and the total beside it. */
export interface CallClocks {
  connected(): void
  byte(): void
  /** Nobody reads: the silence is ours. */
  pause(): void
  stop(): void
}

/** Starts the clocks; the first that ends calls `onEnd` once, with its own words. */
export function startClocks(
  deadlines: Deadlines,
  endpoint: Endpoint,
  timers: Timers,
  onEnd: (failure: ProviderFailure) => void,
): CallClocks {
  const end = (words: string, retryable: boolean): void => {
    stop()
    onEnd(new ProviderFailure('timeout', words, { retryable }))
  }
  const who = whoIs(endpoint)
  let phase = timers.start(deadlines.connect, () =>
    end(`No connection to ${who} within ${seconds(deadlines.connect)}. Check LLM_BASE_URL and your network.`, true),
  )
  const total =
    deadlines.total === undefined
      ? undefined
      : timers.start(deadlines.total, () =>
          end(`${who} took longer than the ${seconds(deadlines.total)} allowed in all.`, false),
        )
  let answering = false
  let ended = false
  const stop = (): void => {
    ended = true
    phase.stop()
    total?.stop()
  }
  const next = (milliseconds: number, words: string): void => {
    phase.stop()
    if (!ended) phase = timers.start(milliseconds, () => end(words, true))
  }
  return {
    connected: () =>
      next(deadlines.firstByte, `${who} accepted the request but sent nothing for ${seconds(deadlines.firstByte)}.`),
    byte: () => {
      if (answering) return ended ? undefined : phase.restart()
      answering = true
      next(deadlines.idle, `${who} fell silent for ${seconds(deadlines.idle)} in the middle of its answer.`)
    },
    pause: () => phase.stop(),
    stop,
  }
}

function seconds(milliseconds: number | undefined): string {
  return `${(milliseconds ?? 0) / 1000} s`
}
