import { Client, succeed } from '../parts/client.ts'
import { now } from '../parts/now.ts'
import type { Context } from '../parts/server.ts'
import { startWorld, type World } from '../parts/world.ts'
import type { Row } from '../report.ts'

const WARM_UP = 150
const MESSAGES = 60

/** A user's message to a session that is warm: from the client's socket to the model's. */
export async function* message(context: Context): AsyncGenerator<Row> {
  await using world = await startWorld(context)
  const ours = await Client.connect(world.server.url)
  const floor = await Client.connect(world.loopUrl)
  await say(world, ours, WARM_UP)
  await say(world, floor, WARM_UP)
  const samples = { ours: [] as number[], floor: [] as number[] }
  for (let round = 0; round < MESSAGES; round++) {
    const [mine] = await say(world, ours, 1)
    await world.loop.call('pad', { bytes: mine?.bytes ?? 0, steps: 0 })
    const [bare] = await say(world, floor, 1)
    samples.ours.push(mine?.ms ?? Number.NaN)
    samples.floor.push(bare?.ms ?? Number.NaN)
  }
  yield { name: 'user message → model request', unit: 'ms', ...samples, aim: { timesFloor: 2 } }
}

interface Sample {
  /** From the user's message to the model's request. */
  readonly ms: number
  /** How long that request was. */
  readonly bytes: number
}

/** Says something so many times, each time when the answer to the last is there. */
async function say({ model }: World, client: Client, times: number): Promise<readonly Sample[]> {
  const samples: Sample[] = []
  for (let time = 0; time < times; time++) {
    const saidAt = now()
    await succeed(client, { id: 'message' })
    const [asked] = await model.call('take')
    samples.push({ ms: (asked?.arrivedAt ?? Number.NaN) - saidAt, bytes: asked?.bytes ?? 0 })
  }
  return samples
}
