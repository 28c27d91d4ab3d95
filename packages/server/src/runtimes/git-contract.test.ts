import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gitContract } from '../testing/runtime-contract/git.ts'
import type { RuntimeWorld } from '../testing/runtime-contract.ts'
import { createRuntimes } from './catalogue.ts'

for (const sandbox of ['bubblewrap', 'local'] as const) {
  gitContract(sandbox, async (): Promise<RuntimeWorld> => {
    const root = await mkdtemp(join(tmpdir(), 'openhands-git-'))
    let count = 0
    return {
      runtimes: createRuntimes({ sandbox, dataDirectory: root, limits: { silenceMs: 60_000 } }),
      directory: async () => {
        const directory = join(root, `workspace-${++count}`)
        await mkdir(directory)
        return directory
      },
      [Symbol.asyncDispose]: () => rm(root, { recursive: true }),
    }
  })
}
