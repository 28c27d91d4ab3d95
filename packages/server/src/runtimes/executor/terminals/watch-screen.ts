import type { Call } from '../calls.ts'
import type { HandOver } from '../shell/hand-over.ts'
import { PacedOutput } from './paced-output.ts'

/** Makes a terminal forget all that it shows. */
const reset = Buffer.from('\x1bc')

/**
 * Sends what the agent's terminal shows until the request is cancelled. The terminal never waits for this reader: of what
 * comes while too much waits for it nothing is kept, and it is shown the screen anew.
 */
export async function watchScreen(handOver: HandOver, { output, signal }: Call): Promise<void> {
  let isBehind = false
  let hasMissed = false
  const source = {
    pause: () => {
      isBehind = true
    },
    resume: () => {
      isBehind = false
      if (hasMissed) paced.push(Buffer.concat([reset, handOver.screen]))
      hasMissed = false
    },
  }
  const paced = new PacedOutput(source, bytes => output.deliver(bytes, signal))
  paced.push(handOver.screen)
  const leave = handOver.watch(bytes => {
    if (isBehind) hasMissed = true
    else paced.push(bytes)
  })
  const close = (): void => paced.close()
  signal.addEventListener('abort', close)
  if (signal.aborted) close()
  try {
    await paced.run()
  } catch (error) {
    if (!signal.aborted) throw error
  } finally {
    leave()
    signal.removeEventListener('abort', close)
  }
}
