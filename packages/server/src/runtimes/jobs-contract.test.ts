import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { jobsContract } from '../testing/runtime-contract/jobs.ts'
import type { RuntimeWorld } from '../testing/runtime-contract.ts'
import { createRuntimes } from './catalogue.ts'

for (const sandbox of ['bubblewrap', 'local'] as const) {
  jobsContract(`jobs over ${sandbox}`, async (): Promise<RuntimeWorld> => {
    const root = await mkdtemp(join(tmpdir(), 'openhands-jobs-'))
    let count = 0
    return {
      runtimes: createRuntimes({ sandbox, dataDirectory: root, limits: { silenceMs: 2500 } }),
      directory: async () => {
        const directory = join(root, `workspace-${++count}`)
        await mkdir(directory)
        return directory
      },
      [Symbol.asyncDispose]: () => rm(root, { recursive: true }),
    }
  })
}
