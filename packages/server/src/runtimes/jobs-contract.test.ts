import { jobsContract } from '../testing/runtime-contract/jobs.ts'
import { temporaryWorld } from '../testing/temporary-world.ts'

for (const sandbox of ['bubblewrap', 'local'] as const)
  jobsContract(`jobs over ${sandbox}`, () => temporaryWorld(() => ({ sandbox, limits: { silenceMs: 2500 } })))
