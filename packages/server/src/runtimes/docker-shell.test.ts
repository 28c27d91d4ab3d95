import { after, before } from 'node:test'
import { DockerEngine } from '../testing/docker-engine.ts'
import { checkpointsContract } from '../testing/runtime-contract/checkpoints.ts'
import { gitContract } from '../testing/runtime-contract/git.ts'
import { portsContract } from '../testing/runtime-contract/ports.ts'
import { shellContract } from '../testing/runtime-contract/shell.ts'
import { streamsContract } from '../testing/runtime-contract/streams.ts'
import type { RuntimeWorld } from '../testing/runtime-contract.ts'
import { temporaryWorld } from '../testing/temporary-world.ts'
import type { RuntimesOptions } from './catalogue.ts'

let engine: DockerEngine
before(async () => {
  engine = await DockerEngine.start()
})
after(() => engine[Symbol.asyncDispose]())

function world(options: Partial<RuntimesOptions> = {}): Promise<RuntimeWorld> {
  const docker = { host: engine.socket, image: engine.image }
  const limits = { silenceMs: 60_000, ...options.limits }
  return temporaryWorld(() => ({ ...options, sandbox: 'docker', docker, limits }))
}

shellContract('the shell over docker', () => world({ limits: { silenceMs: 2500 } }))
gitContract('docker', () => world())
portsContract('docker', () => world())
streamsContract('docker', () => world())
checkpointsContract('docker', () => world())
