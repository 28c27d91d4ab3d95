import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runtimeContract } from '../testing/runtime-contract.ts'
import { createRuntimes } from './catalogue.ts'

runtimeContract('bubblewrap', async () => {
  const root = await mkdtemp(join(tmpdir(), 'openhands-bubblewrap-'))
  let count = 0
  return {
    runtimes: createRuntimes({ sandbox: 'bubblewrap', dataDirectory: root, limits: { silenceMs: 2500 } }),
    directory: async () => {
      const directory = join(root, `workspace-${++count}`)
      await mkdir(directory)
      return directory
    },
    [Symbol.asyncDispose]: () => rm(root, { recursive: true }),
  }
})
