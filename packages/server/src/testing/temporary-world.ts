import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createRuntimes, type RuntimesOptions } from '../runtimes/catalogue.ts'
import type { RuntimeWorld } from './runtime-contract.ts'

/** Sandboxes of one kind on a data directory of their own, which is gone when the world is. */
export async function temporaryWorld(
  options: (root: string) => Omit<RuntimesOptions, 'dataDirectory'>,
): Promise<RuntimeWorld> {
  const root = await mkdtemp(join(tmpdir(), 'openhands-world-'))
  let count = 0
  return {
    runtimes: createRuntimes({ ...options(root), dataDirectory: root }),
    directory: async () => {
      const directory = join(root, `workspace-${++count}`)
      await mkdir(directory)
      return directory
    },
    [Symbol.asyncDispose]: () => rm(root, { recursive: true }),
  }
}
