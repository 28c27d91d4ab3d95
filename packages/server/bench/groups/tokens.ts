import { Client, succeed } from '../parts/client.ts'
import type { Helper } from '../parts/helper.ts'
import type { ModelCalls } from '../parts/model-process.ts'
import { now } from '../parts/now.ts'
import { cpuBetween, cpuOf } from '../parts/processes.ts'
import type { Context } from '../parts/server.ts'
import { startWorld } from '../parts/world.ts'
import type { Row } from '../report.ts'

const WORDS = 2000
const WARM_UP = 5
const ROUNDS = 12

interface Sample {
  /** From the model's last byte to the client's last piece of text. */
  readonly lag: number
  readonly cpu: number
}

/** An answer of 2,000 tokens that comes as fast as the model can write it, watched live. */
export async function* tokens(context: Context): AsyncGenerator<Row> {
  await using world = await startWorld(context)
  const { model, server, loop } = world
  const ours = await Client.connect(server.url, { deltas: true })
  const floor = await Client.connect(world.loopUrl)
  const samples = { ours: [] as Sample[], floor: [] as Sample[] }
  for (let round = 0; round < WARM_UP + ROUNDS; round++) {
    const sample = await listen(model, ours, server.pid, round)
    const below = await listen(model, floor, loop.pid, round)
    if (round < WARM_UP) continue
    samples.ours.push(sample)
    samples.floor.push(below)
  }
  const columns = (of: (sample: Sample) => number): Pick<Row, 'ours' | 'floor'> => ({
    ours: samples.ours.map(of),
    floor: samples.floor.map(of),
  })
  yield {
    name: '2,000 tokens at full speed: lag of the last',
    unit: 'ms',
    ...columns(({ lag }) => lag),
    aim: { most: 80 },
  }
  const cpu = columns(sample => sample.cpu)
  yield { name: '2,000 tokens at full speed: CPU', unit: 'ms', ...cpu, aim: { most: 300 } }
}

async function listen(model: Helper<ModelCalls>, client: Client, pid: number, round: number): Promise<Sample> {
  const before = cpuOf(pid)
  let heardAt = Number.NaN
  await answered(client, `words-${round}`, () => {
    heardAt = now()
  })
  const [asked] = await model.call('take')
  return { lag: heardAt - (asked?.answeredAt ?? Number.NaN), cpu: cpuBetween(before, cpuOf(pid)).own }
}

/** Resolves when the whole answer is there. */
async function answered(client: Client, id: string, onDelta: () => void): Promise<void> {
  await succeed(client, { id, words: WORDS }, text => {
    if (text.startsWith('{"delta"')) onDelta()
  })
}
