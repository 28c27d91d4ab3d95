import { fileURLToPath } from 'node:url'
import { Client } from '../parts/client.ts'
import { Helper } from '../parts/helper.ts'
import { now } from '../parts/now.ts'
import { memoryOf } from '../parts/processes.ts'
import { type Context, Listening, temporaryFolder } from '../parts/server.ts'
import type { Filled, StoredCalls } from '../parts/stored-process.ts'
import type { Row } from '../report.ts'
import { health } from './start.ts'

const SESSIONS = 1000
const EVENTS = 500
const LONG = 100_000
const STARTS = 3
const RECONNECTS = 30
/** What a client that was away for a moment has missed. */
const MISSED = 10
const bare = fileURLToPath(new URL('../floors/broadcast-process.ts', import.meta.url))

/** A server with a past: 1,000 sessions of 500 events, and one of 100,000. */
export async function* stored(context: Context): AsyncGenerator<Row> {
  await using folder = await temporaryFolder()
  let long: Filled
  {
    await using helper = new Helper<StoredCalls>('parts/stored-process.ts', [folder.path])
    await helper.call('fill', { sessions: SESSIONS, events: EVENTS })
    long = await helper.call('fill', { sessions: 1, events: LONG })
    const { ms } = await helper.call('list', 20)
    yield { name: 'list of 1,000 sessions, in the store', unit: 'ms', ours: ms, aim: { most: 50 } }
  }
  const ready: number[] = []
  const memory: number[] = []
  for (let at = 0; at < STARTS; at++) {
    const begin = now()
    await using server = await Listening.server(context, folder.path)
    await health(server.url)
    ready.push(now() - begin)
    memory.push(memoryOf(server.pid))
  }
  yield { name: 'start with 1,000 sessions × 500 events → ready', unit: 'ms', ours: ready, aim: { most: 2000 } }
  yield { name: 'memory then (resident)', unit: 'MB', ours: memory, aim: { most: 200 } }
  await using server = await Listening.server(context, folder.path)
  await using floor = await Listening.start([bare], folder.path)
  yield* reconnects(server.url, floor.url, long)
}

async function* reconnects(url: string, floorUrl: string, { session, newest }: Filled): AsyncGenerator<Row> {
  const cursor = newest - MISSED
  const cold = await firstFrame(url, { session, cursor })
  const name = 'reconnect to 100,000 events → first event'
  yield { name: `${name}, session asleep`, unit: 'ms', ours: [cold], aim: { most: 50 } }
  const samples = { ours: [] as number[], floor: [] as number[] }
  for (let at = 0; at < RECONNECTS; at++) {
    samples.ours.push(await firstFrame(url, { session, cursor }))
    samples.floor.push(await firstFrame(floorUrl, {}))
  }
  yield { name, unit: 'ms', ...samples, aim: { most: 50 } }
  let first = Number.NaN
  const begin = now()
  const all = Promise.withResolvers<void>()
  const last = `{"id":${newest},`
  const client = await Client.connect(url, { session }, text => {
    if (Number.isNaN(first)) first = now() - begin
    if (text.startsWith(last)) all.resolve()
  })
  await all.promise
  const whole = now() - begin
  client.close()
  yield { name: 'all of 100,000 events → first event', unit: 'ms', ours: [first], aim: { most: 50 } }
  yield { name: 'all of 100,000 events → last event', unit: 'ms', ours: [whole] }
}

async function firstFrame(url: string, options: { session?: string; cursor?: number }): Promise<number> {
  const begin = now()
  const heard = Promise.withResolvers<void>()
  const client = await Client.connect(url, options, () => heard.resolve())
  await heard.promise
  const time = now() - begin
  client.close()
  return time
}
