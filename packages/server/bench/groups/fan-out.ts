import { fileURLToPath } from 'node:url'
import { Client } from '../parts/client.ts'
import { now } from '../parts/now.ts'
import { messageWith } from '../parts/plan.ts'
import { type Context, Listening } from '../parts/server.ts'
import { startWorld, type World } from '../parts/world.ts'
import type { Row } from '../report.ts'

const EVENTS = 1000
const AUDIENCES = [1, 10, 100]
const ROUNDS = 4
const bare = fileURLToPath(new URL('../floors/broadcast-process.ts', import.meta.url))
const isEvent = (text: string): boolean => text.includes('said-')

/** 1,000 events, each kept before it is shown, to so many clients of one session; the model is at work meanwhile. */
export async function* fanOut(context: Context): AsyncGenerator<Row> {
  await using world = await startWorld(context)
  await using floor = await Listening.start([bare], world.dataDir)
  for (const clients of AUDIENCES) {
    const samples = { ours: [] as number[], floor: [] as number[] }
    for (let round = 0; round <= ROUNDS; round++) {
      const ours = await session(world, clients)
      const below = await broadcast(floor.url, clients)
      if (round === 0) continue // the first of each warms up
      samples.ours.push(ours)
      samples.floor.push(below)
    }
    const name = `1,000 events to ${clients} client${clients === 1 ? '' : 's'}, all of them there`
    yield {
      name,
      unit: 'ms',
      ...samples,
      note: `${perSecond(samples.ours, clients)} deliveries/s; the floor keeps nothing`,
    }
  }
}

/** While the model holds its answer back, whatever the user says becomes an event and nothing else. */
async function session({ model, server }: World, count: number): Promise<number> {
  const first = await Client.connect(server.url)
  const held = model.call('nextHold')
  first.send(say(messageWith({ id: 'held', holds: [0] })))
  await held
  const others = Array.from({ length: count - 1 }, () =>
    Client.connect(server.url, { session: first.session, cursor: 1 }),
  )
  const clients = [first, ...(await Promise.all(others))]
  const time = await shout(clients, at => say(`said-${at} ${'x'.repeat(100)}`))
  await model.call('release')
  for (const client of clients) client.close()
  return time
}

async function broadcast(url: string, count: number): Promise<number> {
  const clients = await Promise.all(Array.from({ length: count }, () => Client.connect(url)))
  const time = await shout(clients, at => JSON.stringify({ content: `said-${at} ${'x'.repeat(450)}` }))
  for (const client of clients) client.close()
  return time
}

/** Milliseconds from the first message of one client until all of them have heard every one. */
async function shout(clients: readonly Client[], message: (at: number) => string): Promise<number> {
  const heard = clients.map(client => {
    let left = EVENTS
    return client.until(text => isEvent(text) && --left === 0)
  })
  const start = now()
  for (let at = 0; at < EVENTS; at++) clients[0]?.send(message(at))
  await Promise.all(heard)
  return now() - start
}

function say(content: string): string {
  return JSON.stringify({ action: 'message', args: { content } })
}

function perSecond(samples: readonly number[], clients: number): string {
  const mean = samples.reduce((sum, each) => sum + each, 0) / samples.length
  return Math.round((EVENTS * clients * 1000) / mean).toLocaleString('en')
}
