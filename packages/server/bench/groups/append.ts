import type { AppendCalls, Durability, Written } from '../parts/append-process.ts'
import { Helper } from '../parts/helper.ts'
import { type Context, temporaryFolder } from '../parts/server.ts'
import type { Row } from '../report.ts'

const SESSIONS = 200
const ROUNDS = 5
/** Syncing takes milliseconds, so fewer are measured. */
const amounts = { process: { each: 50, rows: 10_000 }, power: { each: 20, rows: 200 } } as const

/** Events kept in a second, each before anybody sees it, by many sessions; beside single rows of a bare database. */
export async function* append(_: Context): AsyncGenerator<Row> {
  await using folder = await temporaryFolder()
  await using helper = new Helper<AppendCalls>('parts/append-process.ts', [folder.path])
  for (const durability of ['process', 'power'] as const satisfies readonly Durability[]) {
    const samples = { ours: [] as number[], floor: [] as number[] }
    const { each, rows } = amounts[durability]
    for (let round = 0; round <= ROUNDS; round++) {
      const ours = await helper.call('append', { durability, sessions: SESSIONS, each })
      const floor = await helper.call('insert', { durability, rows })
      if (round === 0) continue // the first makes the files
      samples.ours.push(perSecond(ours))
      samples.floor.push(perSecond(floor))
    }
    const survives = durability === 'process' ? 'the end of the process' : 'a power cut'
    const name = `events kept by ${SESSIONS} sessions, surviving ${survives}`
    yield { name, unit: '/s', ...samples, ...(durability === 'process' ? { aim: { least: 10_000 } } : {}) }
  }
}

function perSecond({ events, ms }: Written): number {
  return (events * 1000) / ms
}
