import type { FilesCalls, Pair } from '../parts/files-process.ts'
import { Helper } from '../parts/helper.ts'
import { type Context, temporaryFolder } from '../parts/server.ts'
import type { Row } from '../report.ts'

const TIMES = 20
const FILES = 10_000
const ROUNDS = 5

/** What files and checkpoints cost through a sandbox. */
export async function* files(_: Context): AsyncGenerator<Row> {
  await using folder = await temporaryFolder()
  await using helper = new Helper<FilesCalls>('parts/files-process.ts', [folder.path])
  yield rowOf('write 1 MB', await repeated(TIMES, () => helper.call('write', 2 ** 20)))
  yield rowOf('read 1 MB', await repeated(TIMES, () => helper.call('read')))
  await helper.call('fill', FILES)
  for (const changed of [0, 1, 100]) {
    const pairs = await repeated(ROUNDS, () => helper.call('checkpoint', changed))
    yield rowOf(`checkpoint with ${changed} of ${FILES.toLocaleString('en')} files changed`, pairs)
  }
}

async function repeated(times: number, call: () => Promise<Pair>): Promise<readonly Pair[]> {
  const pairs: Pair[] = []
  for (let at = 0; at < times; at++) pairs.push(await call())
  return pairs
}

function rowOf(name: string, pairs: readonly Pair[]): Row {
  return { name, unit: 'ms', ours: pairs.map(({ ours }) => ours), floor: pairs.map(({ bare }) => bare) }
}
