import { checkpointsContract } from '../testing/runtime-contract/checkpoints.ts'
import { temporaryWorld } from '../testing/temporary-world.ts'

for (const sandbox of ['bubblewrap', 'local'] as const)
  checkpointsContract(sandbox, () => temporaryWorld(() => ({ sandbox, limits: { silenceMs: 60_000 } })))
