import type { CrashPoint, OnPoint } from '../core/ports.ts'
import { main } from '../main.ts'

/**
 * The server, ending itself like a power cut at one point: `CRASH_AT=after-append:3` at the third such moment. An
 * optional second condition names what the event must be: `CRASH_AT=after-append:1:run`.
 */
function crashAt(setting: string | undefined): OnPoint {
  if (!setting) return () => undefined
  const [wanted, count = '1', kind] = setting.split(':')
  let left = Number(count)
  return (point: CrashPoint, event) => {
    const name = event === undefined ? undefined : 'action' in event ? event.action : `→${event.observation}`
    if (point !== wanted || (kind !== undefined && name !== kind)) return
    if (--left === 0) process.kill(process.pid, 'SIGKILL')
  }
}

await main(process.argv.slice(2), process.env, { onPoint: crashAt(process.env.CRASH_AT) })
