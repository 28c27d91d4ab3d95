import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { egressContract } from '../testing/runtime-contract/egress.ts'
import { createRuntimes } from './catalogue.ts'

egressContract('bubblewrap', async egress => {
  const root = await mkdtemp(join(tmpdir(), 'openhands-egress-'))
  let count = 0
  return {
    runtimes: createRuntimes({ sandbox: 'bubblewrap', dataDirectory: root, egress, limits: { silenceMs: 60_000 } }),
    directory: async () => {
      const directory = join(root, `workspace-${++count}`)
      await mkdir(directory)
      return directory
    },
    [Symbol.asyncDispose]: () => rm(root, { recursive: true }),
  }
})
