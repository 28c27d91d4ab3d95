import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { limitsContract } from '../testing/runtime-contract/limits.ts'
import { createRuntimes } from './catalogue.ts'

for (const sandbox of ['bubblewrap', 'local'] as const) {
  limitsContract(sandbox, async limits => {
    const root = await mkdtemp(join(tmpdir(), 'openhands-limits-'))
    let count = 0
    return {
      runtimes: createRuntimes({ sandbox, dataDirectory: root, limits: { ...limits, silenceMs: 30_000 } }),
      directory: async () => {
        const directory = join(root, `workspace-${++count}`)
        await mkdir(directory)
        return directory
      },
      [Symbol.asyncDispose]: () => rm(root, { recursive: true }),
    }
  })
}
