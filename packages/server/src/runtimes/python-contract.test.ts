import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pythonContract } from '../testing/runtime-contract/python.ts'
import type { RuntimeWorld } from '../testing/runtime-contract.ts'
import { createRuntimes } from './catalogue.ts'

async function world(sandbox: 'bubblewrap' | 'local'): Promise<RuntimeWorld> {
  const root = await mkdtemp(join(tmpdir(), 'openhands-python-'))
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
}

pythonContract('bubblewrap', () => world('bubblewrap'))
pythonContract('local', () => world('local'))
