import { gitContract } from '../testing/runtime-contract/git.ts'
import { temporaryWorld } from '../testing/temporary-world.ts'

for (const sandbox of ['bubblewrap', 'local'] as const)
  gitContract(sandbox, () => temporaryWorld(() => ({ sandbox, limits: { silenceMs: 60_000 } })))
