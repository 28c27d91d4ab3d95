import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { filesContract } from '../testing/runtime-contract/files.ts'
import type { RuntimeWorld } from '../testing/runtime-contract.ts'
import { createRuntimes } from './catalogue.ts'

for (const sandbox of ['bubblewrap', 'local'] as const) {
  filesContract(sandbox, async (): Promise<RuntimeWorld> => {
    const root = await mkdtemp(join(tmpdir(), 'openhands-files-'))
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
