import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { shellContract } from '../testing/runtime-contract/shell.ts'
import type { RuntimeWorld } from '../testing/runtime-contract.ts'
import { createRuntimes } from './catalogue.ts'

for (const sandbox of ['bubblewrap', 'local'] as const) {
  shellContract(`shell over ${sandbox}`, async (): Promise<RuntimeWorld> => {
    const root = await mkdtemp(join(tmpdir(), 'openhands-shell-'))
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
