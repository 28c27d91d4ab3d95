import { after, before } from 'node:test'
import { DockerEngine } from '../testing/docker-engine.ts'
import { noBrowserContract } from '../testing/runtime-contract/browser.ts'
import { egressContract } from '../testing/runtime-contract/egress.ts'
import { filesContract } from '../testing/runtime-contract/files.ts'
import { jobsContract } from '../testing/runtime-contract/jobs.ts'
import { limitsContract } from '../testing/runtime-contract/limits.ts'
import { pythonContract } from '../testing/runtime-contract/python.ts'
import { terminalsContract } from '../testing/runtime-contract/terminals.ts'
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

filesContract('docker', () => world())
jobsContract('jobs over docker', () => world({ limits: { silenceMs: 2500 } }))
terminalsContract('terminals over docker', () => world({ limits: { silenceMs: 2500 } }))
pythonContract('docker', () => world())
noBrowserContract('docker', () => world())
limitsContract('docker', limits => world({ limits: { ...limits, silenceMs: 30_000 } }))
egressContract('docker', egress => world({ egress }))
