import { existsSync } from 'node:fs'
import type { CrashPoint, OnPoint } from '../core/ports.ts'
import { main } from '../main.ts'

/**
 * The server, ending itself like a power cut at a point that a test names: `CRASH_AT=after-append:2:run` at the second
 * such moment that concerns a `run` action (`→run`: its observation), counted from when the file `armed` appeared in
 * the working folder.
 */
function crashAt(setting: string | undefined): OnPoint {
  if (!setting) return () => undefined
  const [wanted, count = '1', kind] = setting.split(':')
  let left = Number(count)
  return (point: CrashPoint, event) => {
    const name = event === undefined ? undefined : 'action' in event ? event.action : `→${event.observation}`
    if (point !== wanted || (kind !== undefined && name !== kind) || !existsSync('armed')) return
    if (--left === 0) process.kill(process.pid, 'SIGKILL')
  }
}

await main(process.argv.slice(2), process.env, { onPoint: crashAt(process.env.CRASH_AT) })
