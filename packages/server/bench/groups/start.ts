import { get } from 'node:http'
import { fileURLToPath } from 'node:url'
import { Client, succeed } from '../parts/client.ts'
import { now } from '../parts/now.ts'
import { memoryOf } from '../parts/processes.ts'
import { type Context, Listening, temporaryFolder } from '../parts/server.ts'
import { startWorld } from '../parts/world.ts'
import type { Row } from '../report.ts'

const STARTS = 9
const SESSIONS = 50
const STEPS = 4
const bare = fileURLToPath(new URL('../floors/http-process.ts', import.meta.url))

/** From nothing to the first answer, and the memory that waiting costs. */
export async function* start(context: Context): AsyncGenerator<Row> {
  yield await coldStart(context)
  await using world = await startWorld(context)
  const { server, loop } = world
  await health(server.url)
  await health(world.loopUrl)
  const idle = { ours: [memoryOf(server.pid)], floor: [memoryOf(loop.pid)] }
  yield { name: 'memory when idle (resident)', unit: 'MB', ...idle, aim: { most: 90 } }
  const clients = await crowd(server.url)
  const busy = memoryOf(server.pid)
  const others = await crowd(world.loopUrl)
  const after = { ours: [busy], floor: [memoryOf(loop.pid)] }
  yield {
    name: `memory after ${SESSIONS} sessions, all open, sandboxes apart`,
    unit: 'MB',
    ...after,
    aim: { most: 160 },
  }
  for (const client of [...clients, ...others]) client.close()
}

async function coldStart(context: Context): Promise<Row> {
  const ours: number[] = []
  const floor: number[] = []
  await using folder = await temporaryFolder()
  const answered = async (starting: () => Promise<Listening>): Promise<number> => {
    const begin = now()
    await using server = await starting()
    await health(server.url)
    return now() - begin
  }
  for (let round = 0; round <= STARTS; round++) {
    const first = await answered(() => Listening.server(context, folder.path))
    const below = await answered(() => Listening.start([bare], folder.path))
    if (round === 0) continue // the first reads the files from the disk
    ours.push(first)
    floor.push(below)
  }
  return { name: 'process start → first answer of /health', unit: 'ms', ours, floor, aim: { most: 400 } }
}

/** Resolves when the server has answered. */
export function health(url: string): Promise<void> {
  return new Promise((resolve, reject) => {
    get(`${url}/health`, { agent: false }, response => {
      response.resume().once('end', resolve)
    }).once('error', reject)
  })
}

async function crowd(url: string): Promise<readonly Client[]> {
  const clients = await Promise.all(Array.from({ length: SESSIONS }, () => Client.connect(url)))
  await Promise.all(clients.map(client => succeed(client, { id: 'memory', command: 'true # {step}', steps: STEPS })))
  return clients
}
