import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { terminalsContract } from '../testing/runtime-contract/terminals.ts'
import type { RuntimeWorld } from '../testing/runtime-contract.ts'
import { createRuntimes } from './catalogue.ts'

for (const sandbox of ['bubblewrap', 'local'] as const) {
  terminalsContract(`terminals over ${sandbox}`, async (): Promise<RuntimeWorld> => {
    const root = await mkdtemp(join(tmpdir(), 'openhands-terminals-'))
    let count = 0
    return {
      runtimes: createRuntimes({
        sandbox,
        dataDirectory: root,
        // A person's shell reads that person's start-up files, and those of whoever runs the tests may do anything.
        ...(sandbox === 'local' ? { environment: { HOME: root } } : {}),
        limits: { silenceMs: 2500 },
      }),
      directory: async () => {
        const directory = join(root, `workspace-${++count}`)
        await mkdir(directory)
        return directory
      },
      [Symbol.asyncDispose]: () => rm(root, { recursive: true }),
    }
  })
}
