import { Helper } from '../parts/helper.ts'
import type { SandboxCalls, Started } from '../parts/sandbox-process.ts'
import { type Context, temporaryFolder } from '../parts/server.ts'
import type { Row } from '../report.ts'

const STARTS = 12
const WARM_UP = 200
const COMMANDS = 400
const MANY = 5000

/** What the sandbox alone costs, without a server around it. */
export async function* sandbox(_: Context): AsyncGenerator<Row> {
  await using folder = await temporaryFolder()
  await using helper = new Helper<SandboxCalls>('parts/sandbox-process.ts', [folder.path])
  const started: Started[] = []
  const floor: number[] = []
  for (let round = 0; round <= STARTS; round++) {
    const ours = await helper.call('start')
    const bare = await helper.call('bareStart')
    if (round === 0) continue // the first builds the executor
    started.push(ours)
    floor.push(bare)
  }
  yield {
    name: 'sandbox start → takes commands',
    unit: 'ms',
    ours: started.map(({ ms }) => ms),
    floor,
    aim: { most: 100 },
  }
  yield { name: 'sandbox start, CPU inside', unit: 'ms', ours: started.map(({ cpu }) => cpu) }
  yield { name: 'sandbox memory (proportional)', unit: 'MB', ours: started.map(({ memory }) => memory) }
  yield* roundTrips(helper)
}

async function* roundTrips(helper: Helper<SandboxCalls>): AsyncGenerator<Row> {
  for (const [name, command, aim] of [
    ['builtin command, there and back', 'true', { most: 2 }],
    ['/bin/true, there and back', '/bin/true', undefined],
  ] as const) {
    await helper.call('commands', { command, times: WARM_UP })
    await helper.call('bareCommands', { command, times: WARM_UP })
    const ours = await helper.call('commands', { command, times: COMMANDS })
    const floor = await helper.call('bareCommands', { command, times: COMMANDS })
    yield { name, unit: 'ms', ours, floor, ...(aim ? { aim } : {}) }
  }
  const command = 'true'
  const early = await helper.call('commands', { command, times: COMMANDS })
  await helper.call('commands', { command, times: MANY })
  const late = await helper.call('commands', { command, times: COMMANDS })
  yield { name: `the same after ${MANY.toLocaleString('en')} more commands`, unit: 'ms', ours: late, floor: early }
  const flood = { command: "yes 'forty characters of output in each line' | head -c 50000000", times: 3 }
  const ours = await helper.call('commands', flood)
  yield { name: '50 MB of output', unit: 'ms', ours, floor: await helper.call('bareCommands', flood) }
}
