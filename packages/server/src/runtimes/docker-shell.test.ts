import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before } from 'node:test'
import { DockerEngine } from '../testing/docker-engine.ts'
import { checkpointsContract } from '../testing/runtime-contract/checkpoints.ts'
import { gitContract } from '../testing/runtime-contract/git.ts'
import { portsContract } from '../testing/runtime-contract/ports.ts'
import { shellContract } from '../testing/runtime-contract/shell.ts'
import { streamsContract } from '../testing/runtime-contract/streams.ts'
import type { RuntimeWorld } from '../testing/runtime-contract.ts'
import { createRuntimes, type RuntimesOptions } from './catalogue.ts'

let engine: DockerEngine
before(async () => {
  engine = await DockerEngine.start()
})
after(() => engine[Symbol.asyncDispose]())

async function world(options: Partial<RuntimesOptions> = {}): Promise<RuntimeWorld> {
  const root = await mkdtemp(join(tmpdir(), 'openhands-docker-'))
  let count = 0
  const docker = { host: engine.socket, image: engine.image }
  const limits = { silenceMs: 60_000, ...options.limits }
  return {
    runtimes: createRuntimes({ ...options, sandbox: 'docker', dataDirectory: root, docker, limits }),
    directory: async () => {
      const directory = join(root, `workspace-${++count}`)
      await mkdir(directory)
      return directory
    },
    [Symbol.asyncDispose]: () => rm(root, { recursive: true }),
  }
}

shellContract('the shell over docker', () => world({ limits: { silenceMs: 2500 } }))
gitContract('docker', () => world())
portsContract('docker', () => world())
streamsContract('docker', () => world())
checkpointsContract('docker', () => world())
