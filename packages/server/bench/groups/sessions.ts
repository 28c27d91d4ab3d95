import { get } from 'node:http'
import { Client, type Done } from '../parts/client.ts'
import { now } from '../parts/now.ts'
import type { Context } from '../parts/server.ts'
import { startWorld } from '../parts/world.ts'
import type { Row } from '../report.ts'

const STEPS = 10
const LIMIT_MS = 60_000
/** Milliseconds between two questions after the server's health. */
const PROBE_MS = 20
const crowds = [
  { sessions: 1, rounds: 5 },
  { sessions: 10, rounds: 3 },
  { sessions: 50, rounds: 1 },
  { sessions: 200, rounds: 1 },
]

interface Outcome {
  readonly perSecond: number
  readonly failed: readonly string[]
}

/** So many new sessions at once with ten commands each: from the first message to the last end, sandboxes included. */
export async function* sessions(context: Context): AsyncGenerator<Row> {
  await using world = await startWorld(context)
  await crowd(world.server.url, 5)
  await crowd(world.loopUrl, 5)
  for (const { sessions: count, rounds } of crowds) {
    const samples = { ours: [] as number[], floor: [] as number[] }
    const failed: string[] = []
    const probe = new Probe(world.server.url)
    for (let round = 0; round < rounds; round++) {
      samples.floor.push((await crowd(world.loopUrl, count)).perSecond)
      probe.start()
      const ours = await crowd(world.server.url, count)
      probe.stop()
      samples.ours.push(ours.perSecond)
      failed.push(...ours.failed)
    }
    const name = `${count} session${count === 1 ? '' : 's'} × 10 steps, from nothing`
    yield { name, unit: '/s', ...samples, ...(count > 1 ? { aim: { least: 100 } } : {}), failed }
    if (count === 50)
      yield { name: '/health while 50 sessions start and work', unit: 'ms', ours: probe.samples, aim: { most: 50 } }
  }
  const refusals = await world.model.call('refusals')
  if (refusals.length > 0) throw new Error(`the model refused ${refusals.length} requests: ${refusals[0]}`)
}

async function crowd(url: string, count: number): Promise<Outcome> {
  const clients = await Promise.all(Array.from({ length: count }, () => Client.connect(url)))
  const start = now()
  const done = await Promise.all(
    clients.map((client, at) => inTime(client.follow({ id: `${at}`, command: 'true # {step}', steps: STEPS }))),
  )
  const seconds = (now() - start) / 1000
  for (const client of clients) client.close()
  const failed = done.flatMap(each =>
    each.state === 'finished' && each.succeeded === STEPS ? [] : [`${each.state} ${each.complaint}`],
  )
  return { perSecond: (count * STEPS) / seconds, failed }
}

async function inTime(work: Promise<Done>): Promise<Done> {
  const late = Promise.withResolvers<Done>()
  const timer = setTimeout(() => late.resolve({ state: 'too late', succeeded: 0, complaint: '' }), LIMIT_MS)
  const failed = (error: Error): Done => ({ state: 'failed', succeeded: 0, complaint: error.message })
  try {
    return await Promise.race([work.catch(failed), late.promise])
  } finally {
    clearTimeout(timer)
  }
}

/** Asks a server for its health again and again: how long anybody else has to wait for an answer. */
class Probe {
  readonly samples: number[] = []
  readonly #url: string
  #timer: NodeJS.Timeout | undefined

  constructor(url: string) {
    this.#url = url
  }

  start(): void {
    this.#timer = setInterval(() => {
      const start = now()
      get(`${this.#url}/health`, response => {
        response.resume().once('end', () => this.samples.push(now() - start))
      }).on('error', () => this.samples.push(Number.POSITIVE_INFINITY))
    }, PROBE_MS)
  }

  stop(): void {
    clearInterval(this.#timer)
  }
}
