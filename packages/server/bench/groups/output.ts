import { Client, succeed } from '../parts/client.ts'
import type { Context } from '../parts/server.ts'
import { startWorld } from '../parts/world.ts'
import type { Row } from '../report.ts'
import { pauses } from './step.ts'

/**
 * 100,002 bytes in 16,667 lines, written in blocks. Without the `cat` the program would write line by line, as programs
 * do to a terminal: then the kernel's terminal alone takes some 50 ms, whoever reads it.
 */
const command = 'seq -w 1 16667 | cat # {step}'
const WARM_UP = 60
const STEPS = 10
const ROUNDS = 4

/** The step of `step.ts` with a command that prints 100 KB, a new session each round as prompts grow fast. */
export async function* output(context: Context): AsyncGenerator<Row> {
  await using world = await startWorld(context)
  const { model } = world
  const session = async (url: string, id: string, steps: number): Promise<readonly number[]> => {
    const client = await Client.connect(url)
    await succeed(client, { id, command, steps })
    client.close()
    return pauses(await model.call('take'), id, 1, steps)
  }
  for (let round = 0; round < WARM_UP / STEPS; round++) await session(world.server.url, 'warm', STEPS)
  await session(world.loopUrl, 'warm', WARM_UP)
  const samples = { ours: [] as number[], floor: [] as number[] }
  for (let round = 0; round < ROUNDS; round++) {
    samples.ours.push(...(await session(world.server.url, 'ours', STEPS)))
    samples.floor.push(...(await session(world.loopUrl, 'floor', STEPS)))
  }
  yield { name: 'answer → next request, 100 KB of output', unit: 'ms', ...samples, aim: { timesFloor: 1.5 } }
}
