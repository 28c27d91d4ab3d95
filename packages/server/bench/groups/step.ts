import { Client, succeed } from '../parts/client.ts'
import type { Helper } from '../parts/helper.ts'
import type { Asked, ModelCalls } from '../parts/model-process.ts'
import { type CpuTime, cpuBetween, cpuOf } from '../parts/processes.ts'
import type { Context } from '../parts/server.ts'
import { startWorld, type World } from '../parts/world.ts'
import { median, type Row } from '../report.ts'

/** Steps that are measured, in blocks: between two of ours the bare loop does one with prompts as long as ours. */
const windows = [
  { around: 10, from: 5, to: 25 },
  { around: 200, from: 180, to: 220 },
  { around: 2000, from: 1980, to: 2020 },
]
const BLOCK = 10
/** Steps of the first session, until the machine code is made: they are told apart. */
const WARM_UP = 300
const command = 'true # {step}'

interface Block {
  readonly ours: CpuTime
  readonly floor: CpuTime
}

/** One long session: from the end of an answer that calls for `true` to the arrival of the next request. */
export async function* step(context: Context): AsyncGenerator<Row> {
  await using world = await startWorld(context)
  const { model, server, loopUrl } = world
  const client = await Client.connect(server.url)
  const floor = await Client.connect(loopUrl)
  const first = await Client.connect(server.url)
  await succeed(first, { id: 'first', command, steps: WARM_UP })
  first.close()
  await succeed(floor, { id: 'first-floor', command, steps: WARM_UP })
  const holds = windows.flatMap(({ from, to }) => rangeOf(from, to, BLOCK).concat(to))
  const steps = Math.max(...holds) + 1
  const session = succeed(client, { id: 'ours', command, steps, holds })
  session.catch(() => undefined) // awaited below, after the holds
  const blocks = new Map<number, readonly Block[]>()
  for (const { around, from, to } of windows) blocks.set(around, await measure(world, floor, [from, to], session))
  await session
  const asked = await model.call('take')
  const [ours, below] = [pauses(asked, 'first', 1, 20), pauses(asked, 'first-floor', 1, 20)]
  yield { name: 'answer → next request, `true`, first 20 steps after a start', unit: 'ms', ours, floor: below }
  yield* overheads(asked)
  yield* cpu(blocks)
}

/** Lets our session go from hold to hold, the floor doing as many steps before each. */
async function measure(
  world: World,
  floor: Client,
  [from, to]: readonly [number, number],
  session: Promise<void>,
): Promise<readonly Block[]> {
  const { model, server, loop } = world
  const blocks: Block[] = []
  let hold = await nextHold(model, session)
  for (const turn of rangeOf(from, to, BLOCK)) {
    await loop.call('pad', { bytes: hold.bytes, steps: turn })
    const floorBefore = cpuOf(loop.pid)
    await succeed(floor, { id: `floor-${turn}`, command, steps: BLOCK })
    const floorCpu = cpuBetween(floorBefore, cpuOf(loop.pid))
    const before = cpuOf(server.pid)
    await model.call('release')
    hold = await nextHold(model, session)
    blocks.push({ ours: cpuBetween(before, cpuOf(server.pid)), floor: floorCpu })
  }
  await model.call('release')
  return blocks
}

/** A session that fails must not leave us waiting for its next hold. */
async function nextHold(model: Helper<ModelCalls>, session: Promise<void>): Promise<Asked> {
  const ended = session.then(() => Promise.reject(new Error('the session ended before its next hold')))
  return await Promise.race([model.call('nextHold'), ended])
}

function* overheads(asked: readonly Asked[]): Generator<Row> {
  const medians: number[] = []
  for (const { around, from, to } of windows) {
    const ours = pauses(asked, 'ours', from, to)
    const floor = rangeOf(from, to, BLOCK).flatMap(turn => pauses(asked, `floor-${turn}`, 0, BLOCK))
    medians.push(median(ours))
    const name = `answer → next request, \`true\`, around step ${around.toLocaleString('en')}`
    yield { name, unit: 'ms', ours, floor, aim: { timesFloor: 1 } }
  }
  const growth = (medians.at(-1) ?? Number.NaN) / (medians[0] ?? Number.NaN)
  yield { name: 'the same: step 2,000 as a multiple of step 10', unit: '×', ours: [growth], aim: { most: 1.5 } }
}

/** Milliseconds from the end of each answer to the next request. */
export function pauses(asked: readonly Asked[], plan: string, from: number, to: number): readonly number[] {
  const byTurn = new Map(asked.filter(each => each.plan === plan).map(each => [each.turn, each]))
  return rangeOf(from, to, 1).map(
    turn => (byTurn.get(turn + 1)?.arrivedAt ?? Number.NaN) - (byTurn.get(turn)?.answeredAt ?? Number.NaN),
  )
}

function* cpu(blocks: ReadonlyMap<number, readonly Block[]>): Generator<Row> {
  for (const [around, each] of blocks) {
    const name = `CPU per step around step ${around.toLocaleString('en')}`
    const floor = [mean(each.map(block => block.floor.tree))]
    const own = [mean(each.map(block => block.ours.own))]
    const tree = [mean(each.map(block => block.ours.tree))]
    yield { name: `${name}, server alone`, unit: 'ms', ours: own, floor, aim: { timesFloor: 1.5 } }
    yield { name: `${name}, with its sandbox`, unit: 'ms', ours: tree, floor, aim: { timesFloor: 1.5 } }
  }
}

function mean(perBlock: readonly number[]): number {
  return perBlock.reduce((sum, each) => sum + each, 0) / perBlock.length / BLOCK
}

function rangeOf(from: number, to: number, by: number): readonly number[] {
  return Array.from({ length: Math.ceil((to - from) / by) }, (_, at) => from + at * by)
}
