import { Helper } from '../parts/helper.ts'
import type { SandboxCalls, Started } from '../parts/sandbox-process.ts'
import { type Context, temporaryFolder } from '../parts/server.ts'
import type { Row } from '../report.ts'

const STARTS = 12
const WARM_UP = 200
const COMMANDS = 400

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
  await helper.call('commands', WARM_UP)
  await helper.call('bareCommands', WARM_UP)
  const ours = await helper.call('commands', COMMANDS)
  const bare = await helper.call('bareCommands', COMMANDS)
  yield { name: 'builtin command, there and back', unit: 'ms', ours, floor: bare, aim: { most: 2 } }
}
