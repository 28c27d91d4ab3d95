import { join } from 'node:path'
import type { Area, Place } from '../area.ts'
import type { Answer, Call } from '../calls.ts'
import { Checkpoints } from './checkpoints.ts'
import { Git } from './git-process.ts'
import { CheckpointStore } from './store.ts'

/** Changes of one answer. */
const pageSize = 1000

/** States of the workspace that it can be brought back to. */
export function checkpointsArea({ options }: Place): Area {
  const folder = join(options.state, 'checkpoints')
  const store = new CheckpointStore(new Git(join(folder, 'repository'), options.environment))
  const memoryFile = join(folder, 'files.json')
  const checkpoints = new Checkpoints({ workspace: options.workspace, store, memoryFile })
  const take = async ({ params, signal }: Call): Promise<Answer> => {
    return { value: { ...(await checkpoints.take(params.text('label'), signal)) } }
  }
  const list = async ({ signal }: Call): Promise<Answer> => {
    const kept = await checkpoints.list(signal)
    return { value: { checkpoints: kept.map(({ id, label, taken }) => ({ id, label, taken })) } }
  }
  const restore = async ({ params, signal }: Call): Promise<Answer> => {
    return { value: await checkpoints.restore(params.text('id'), signal) }
  }
  const changes = async ({ params, signal }: Call): Promise<Answer> => {
    const offset = params.number('offset')
    const found = await checkpoints.changes(params.text('id'), signal)
    const page = found.slice(offset, offset + pageSize)
    return { value: { more: found.length > offset + pageSize }, body: Buffer.from(JSON.stringify(page)) }
  }
  const file = async ({ params, signal }: Call): Promise<Answer> => {
    const bytes = await checkpoints.file(params.text('id'), params.text('path'), signal)
    return { value: { exists: bytes !== undefined }, ...(bytes === undefined ? {} : { body: bytes }) }
  }
  return {
    handlers: new Map([
      ['checkpoint_changes', changes],
      ['checkpoint_file', file],
      ['checkpoint_take', take],
      ['checkpoint_list', list],
      ['checkpoint_restore', restore],
    ]),
    close: () => checkpoints.close(),
  }
}
